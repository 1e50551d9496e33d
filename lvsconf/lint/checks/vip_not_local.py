"""LVS310: the VIP is not an address of the director."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lvsconf.findings import Certainty, Finding
from lvsconf.lint.context import Context
from lvsconf.lint.proof import finding, service_words
from lvsconf.lint.registry import check
from lvsconf.model.host import Role
from lvsconf.questions.losses import Cause


@check("LVS310")
def vip_not_local(ctx: Context) -> Iterator[Finding]:
    """IPVS hooks in at LOCAL_IN: a packet that is not for this host never meets it."""
    seen = set()
    for case in ctx.cases(Cause.NOT_LOCAL):
        for loss in (case.loss, *case.others):
            span = loss.service.span
            if span is None or loss.service.name in seen or not ctx.kernel.fib.known:
                continue
            seen.add(loss.service.name)
            found = finding(
                "LVS310",
                replace(case, loss=loss, others=()),
                span,
                words={"service": service_words(loss), "vip": loss.scene.target.address},
                label="packets for it are not delivered locally, so IPVS never sees them",
                help=f"ip address add {loss.scene.target.address}/32 dev {loss.scene.device}",
            )
            if ctx.host.role is not Role.MASTER:
                assumes = ("this host is the active director (--role master); a standby has no VIP", *found.assumes)
                found = replace(found, certainty=Certainty.POSSIBLE, assumes=assumes)
            yield found
