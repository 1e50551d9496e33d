"""LVS305: vs/conntrack=1 with state rules on LVS-DR or LVS-TUN."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding, Label
from lvsconf.lint.context import Context
from lvsconf.lint.proof import death_label, finding, on_service
from lvsconf.lint.registry import check
from lvsconf.lint.repairs import state_use, without_state
from lvsconf.model.ipvs import ForwardingMethod
from lvsconf.questions.losses import Cause

KEY = "net.ipv4.vs.conntrack"


@check("LVS305")
def conntrack_on_one_way_service(ctx: Context) -> Iterator[Finding]:
    """Conntrack keeps an entry that never sees a reply, and calls the ACK INVALID."""
    for case in ctx.cases(Cause.CONNTRACK_ONE_WAY):
        loss = case.loss
        span = ctx.span_of_setting(KEY) or ctx.span_of(loss.end)
        if span is None or loss.server is None:
            continue
        labels = list(death_label(ctx, loss))
        use = state_use(loss.admitted_by.rule) if loss.admitted_by else None
        if use is not None and use.span is not None:
            labels.append(Label(use.span, "the SYN is NEW; what follows is INVALID for 120 s"))
        methods = {server.method for service in ctx.kernel.services for server in service.servers}
        also = "" if ForwardingMethod.NAT in methods else f", and set {KEY} = 0: only LVS-NAT gains by it"
        yield finding(
            "LVS305",
            case,
            span,
            words={"service": on_service(case), "segment": loss.segment},
            label="conntrack sees only the client's half of the connection",
            labels=tuple(labels),
            fix=without_state(ctx, loss),
            help=f"accept the service by address and port, without a state{also}",
        )
