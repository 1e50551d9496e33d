"""LVS101: a service without a real server that takes connections."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding
from lvsconf.lint.context import Context
from lvsconf.lint.proof import finding
from lvsconf.lint.registry import check
from lvsconf.questions.losses import Cause


@check("LVS101")
def no_usable_real_server(ctx: Context) -> Iterator[Finding]:
    """IPVS answers a new connection with ICMP port unreachable, for TCP too."""
    if all(any(server.weight for server in service.servers) for service in ctx.kernel.services):
        return  # a hundred good services need not be talked to
    for case in ctx.cases(Cause.NO_SERVER):
        loss = case.loss
        if loss.service.span is None:
            continue
        why = "all real servers have weight 0" if loss.service.servers else "there is no real server"
        yield finding(
            "LVS101",
            case,
            loss.service.span,
            words={"service": loss.service.name, "why": why},
            label="clients get ICMP port unreachable",
            help="add a real server with a weight, or a sorry server",
        )
