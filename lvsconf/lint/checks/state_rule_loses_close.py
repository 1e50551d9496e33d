"""LVS301: a state rule lets a connection begin and loses its FIN and RST."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding
from lvsconf.lint.context import Context
from lvsconf.lint.proof import death_label, finding, is_nat, joined, on_service
from lvsconf.lint.registry import check
from lvsconf.lint.repairs import state_use, without_state
from lvsconf.questions.losses import Cause


@check("LVS301")
def state_rule_loses_close(ctx: Context) -> Iterator[Finding]:
    """The client's FIN or RST is INVALID in INPUT, and only other states are accepted."""
    for case in ctx.cases(Cause.STATE_LOSES_CLOSE):
        loss = case.loss
        admitted = loss.admitted_by
        use = state_use(admitted.rule) if admitted else None
        span = (use.span if use else None) or ctx.span_of(admitted) or ctx.span_of(loss.end)
        if span is None:
            continue
        nat = ", or set net.ipv4.vs.conntrack = 1" if is_nat(loss) else ""
        yield finding(
            "LVS301",
            case,
            span,
            words={"service": on_service(case), "segments": joined(case.segments)},
            label="SYN, ACK and data are NEW here, FIN and RST are INVALID",
            labels=death_label(ctx, loss),
            fix=without_state(ctx, loss),
            help=f"accept the service by address and port, without a state{nat}",
        )
