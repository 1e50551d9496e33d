"""LVS312: no client gets through INPUT to a service."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding
from lvsconf.lint.context import Context
from lvsconf.lint.proof import death_label, finding, on_service
from lvsconf.lint.registry import check
from lvsconf.lint.repairs import accept_line
from lvsconf.questions.losses import Cause


@check("LVS312")
def service_not_accepted(ctx: Context) -> Iterator[Finding]:
    """Every client that was tried, those that rules name included, is stopped before IPVS."""
    for case in ctx.cases(Cause.NOT_ACCEPTED):
        loss = case.loss
        span = ctx.span_of(loss.end)
        if span is None:
            continue
        line = accept_line(loss.service, "INPUT")
        yield finding(
            "LVS312",
            case,
            span,
            words={"service": on_service(case), "segment": loss.segment},
            label=death_label(ctx, loss)[0].text,
            help=f"accept it in INPUT: {line}" if line else "accept the marked packets in INPUT",
        )
