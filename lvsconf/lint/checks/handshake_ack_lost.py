"""LVS303: only a SYN, or only NEW, is let in; the ACK of the handshake is lost."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding, Fix
from lvsconf.kernel.world import Step
from lvsconf.lint.context import Context
from lvsconf.lint.proof import death_label, finding, on_service
from lvsconf.lint.registry import check
from lvsconf.lint.repairs import accept_before, state_use, without_state
from lvsconf.questions.losses import Cause, Loss
from lvsconf.source import Span


@check("LVS303")
def handshake_ack_lost(ctx: Context) -> Iterator[Finding]:
    """A later packet than the SYN is lost in INPUT because rules ask for flags or states it does not have."""
    for case in ctx.cases(Cause.SYN_ONLY):
        loss = case.loss
        span = _condition(loss.admitted_by) or _condition(loss.end) or ctx.span_of(loss.end)
        if span is None:
            continue
        yield finding(
            "LVS303",
            case,
            span,
            words={"service": on_service(case), "segment": loss.segment},
            label="lets the connection begin" if _condition(loss.admitted_by) else f"the {loss.segment} is NEW here",
            labels=death_label(ctx, loss) if _condition(loss.admitted_by) else (),
            fix=_fix(ctx, loss),
            help="accept the service by address and port, without flags or states",
        )


def _flags_span(step: Step | None) -> Span | None:
    """The `--syn` or `--tcp-flags` of a rule."""
    for use in step.rule.matches if step is not None and step.rule is not None else ():
        for key in ("tcp_flags", "syn"):
            if key in use.arguments:
                return use.arguments[key].span
    return None


def _condition(step: Step | None) -> Span | None:
    """What a rule asks of flags or state."""
    use = state_use(step.rule) if step is not None else None
    return _flags_span(step) or (use.span if use else None)


def _fix(ctx: Context, loss: Loss) -> Fix | None:
    """The rule that dropped the ACK may stand above the one that accepts SYNs: mend ahead of the first of them."""
    killer = loss.end.rule if loss.end else None
    if killer is not None:
        return accept_before(ctx, loss, killer)
    if _flags_span(loss.admitted_by) is None:
        return without_state(ctx, loss)
    return accept_before(ctx, loss, loss.admitted_by.rule if loss.admitted_by else None)
