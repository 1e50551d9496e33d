"""LVS401: LVS-NAT on a host that does not forward."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Applicability, Finding
from lvsconf.lint.context import Context
from lvsconf.lint.proof import finding, on_service
from lvsconf.lint.registry import check
from lvsconf.lint.repairs import set_sysctl
from lvsconf.questions.losses import Cause

KEY = "net.ipv4.ip_forward"


@check("LVS401")
def nat_without_forwarding(ctx: Context) -> Iterator[Finding]:
    """Requests need no forwarding, the real servers' answers do."""
    for case in ctx.cases(Cause.NO_FORWARDING):
        loss = case.loss
        device = str(loss.exchange.packet["in"])
        per_interface = f"net.ipv4.conf.{device}.forwarding"
        listed = [key for key in (per_interface, KEY, "net.ipv4.conf.all.forwarding") if ctx.span_of_setting(key)]
        key = listed[0] if listed else KEY
        span = ctx.span_of_setting(key) or ctx.first_line("sysctl") or loss.service.span
        if span is None:
            continue
        yield finding(
            "LVS401",
            case,
            span,
            words={"service": on_service(case), "segment": loss.segment},
            label=f"the real server's {loss.segment} comes in by {device} and is dropped by routing",
            fix=set_sysctl(ctx, key, "1", f"set {key} = 1", Applicability.SAFE),
            help=f"set {KEY} = 1",
        )
