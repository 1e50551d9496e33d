"""LVS304: INVALID packets are dropped ahead of the service."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding
from lvsconf.lint.context import Context
from lvsconf.lint.proof import death_label, finding, is_nat, joined, on_service
from lvsconf.lint.registry import check
from lvsconf.lint.repairs import accept_before, state_use
from lvsconf.questions.losses import Cause


@check("LVS304")
def invalid_drop_before_service(ctx: Context) -> Iterator[Finding]:
    """A rule takes INVALID packets before the service is accepted; its FIN and RST are among them."""
    for case in ctx.cases(Cause.INVALID_DROP):
        loss = case.loss
        rule = loss.end.rule if loss.end else None
        use = state_use(rule)
        span = (use.span if use else None) or ctx.span_of(loss.end)
        if span is None:
            continue
        nat = ", or set net.ipv4.vs.conntrack = 1" if is_nat(loss) else ""
        yield finding(
            "LVS304",
            case,
            span,
            words={"service": on_service(case), "segments": joined(case.segments)},
            label=f"the client's {joined(case.segments)} are INVALID on this director",
            labels=death_label(ctx, loss) if use is None else (),
            fix=accept_before(ctx, loss, rule),
            help=f"accept the service above this rule{nat}",
        )
