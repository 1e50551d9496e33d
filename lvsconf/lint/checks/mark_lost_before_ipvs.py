"""LVS313: packets of a firewall-mark service have another mark when IPVS looks."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding, Label
from lvsconf.lint.context import Context
from lvsconf.lint.proof import finding
from lvsconf.lint.registry import check
from lvsconf.model.ipvs import FirewallMark
from lvsconf.questions.losses import Cause


@check("LVS313")
def mark_lost_before_ipvs(ctx: Context) -> Iterator[Finding]:
    """A rule marks the packet for the service, a later one marks it again: MARK does not end the walk."""
    for case in ctx.cases(Cause.NOT_SCHEDULED):
        loss = case.loss
        steps = [step for step in loss.exchange.result.steps if step.verdict == "SET" and step.rule is not None]
        span = ctx.span_of(steps[-1]) if steps else None
        if span is None or not isinstance(loss.service.key, FirewallMark):
            continue
        earlier = [ctx.span_of(step) for step in steps[:-1]]
        labels = tuple(Label(place, "marked for the service here") for place in earlier if place is not None)
        yield finding(
            "LVS313",
            case,
            span,
            words={"mark": loss.service.key.mark},
            label="this is the mark that IPVS sees",
            labels=labels,
            help="mark each packet once, or use masks: --set-xmark VALUE/MASK",
        )
