"""LVS302: ESTABLISHED is relied on where the director never sees the replies."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding, Label
from lvsconf.lint.context import Context
from lvsconf.lint.proof import death_label, finding, joined, on_service
from lvsconf.lint.registry import check
from lvsconf.lint.repairs import state_use, without_state
from lvsconf.questions.losses import Cause, established_rules


@check("LVS302")
def established_never_matches(ctx: Context) -> Iterator[Finding]:
    """The packet that is lost would pass as ESTABLISHED, but no packet of the service ever is."""
    for case in ctx.cases(Cause.ESTABLISHED_NEVER):
        loss = case.loss
        if loss.end is None:
            continue
        relied = [rule.rule for _, _, rule in established_rules(ctx.survey, loss.end) if rule.rule is not None]
        use = state_use(relied[0]) if relied else None
        span = use.span if use else None
        if span is None:
            continue
        labels = list(death_label(ctx, loss))
        admitting = state_use(loss.admitted_by.rule) if loss.admitted_by else None
        if admitting is not None and admitting.span is not None:
            labels.append(Label(admitting.span, "SYN, ACK and data pass here as NEW; FIN and RST are INVALID"))
        yield finding(
            "LVS302",
            case,
            span,
            words={"service": on_service(case), "segments": joined(case.segments)},
            label="the real servers' replies bypass the director, so this never matches",
            labels=tuple(labels),
            fix=without_state(ctx, loss),
            help="accept the service by address and port, without a state",
        )
