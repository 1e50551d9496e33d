"""LVS399: a packet of a service is lost in a way that no other rule describes."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding
from lvsconf.lint.context import Context
from lvsconf.lint.proof import death_label, finding, on_service
from lvsconf.lint.registry import check
from lvsconf.questions.losses import Cause, Loss


@check("LVS399")
def service_packet_lost(ctx: Context) -> Iterator[Finding]:
    """The conversation does not come through; the path says where it ends."""
    for case in ctx.cases(Cause.OTHER):
        loss = case.loss
        span = ctx.span_of(loss.end) or loss.service.span
        if span is None or (loss.end is not None and loss.end.verdict == "unknown rules"):
            continue
        label = death_label(ctx, loss)
        yield finding(
            "LVS399",
            case,
            span,
            words={"service": on_service(case), "segment": loss.segment, "end": _end(loss)},
            label=label[0].text if label else "",
            help="follow the path: lvsconf trace shows each step",
        )


def _end(loss: Loss) -> str:
    """Where it ends; a packet that leaves all the same leaves with the wrong addresses."""
    if loss.end is not None:
        return loss.end.text
    leaving = [item for item in loss.exchange.result.egress if item.get("proto") != "icmp"]
    return f"it leaves from {leaving[-1].get('src')} to {leaving[-1].get('dst')}" if leaving else "it goes nowhere"
