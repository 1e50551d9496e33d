"""LVS311: a firewall mark is set where IPVS can no longer see it."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Certainty, Finding, Label
from lvsconf.lint import registry
from lvsconf.lint.context import Context
from lvsconf.lint.proof import witness
from lvsconf.lint.registry import check
from lvsconf.model.ipvs import FirewallMark
from lvsconf.questions.misplaced import late_marks


@check("LVS311")
def mark_set_too_late(ctx: Context) -> Iterator[Finding]:
    """IPVS reads the mark in LOCAL_IN; no rule that sets it is reached by then."""
    rule = registry.rule("LVS311")
    for item in late_marks(ctx.survey):
        span = item.rule.span
        if span is None or not isinstance(item.service.key, FirewallMark):
            continue
        proven = item.certain
        labels = (Label(item.service.span, "no packet comes here with its mark"),) if item.service.span else ()
        yield Finding(
            code=rule.code,
            slug=rule.slug,
            severity=rule.severity,
            certainty=Certainty.PROVEN if proven else Certainty.POSSIBLE,
            message=rule.message(mark=item.service.key.mark, chain=f"{item.table} {item.chain}"),
            span=span,
            label="IPVS has already looked for the mark when a packet comes here",
            assumes=() if proven else item.conditions,
            labels=labels,
            witness=witness(item.talk, item.exchange),
            help="set the mark in mangle PREROUTING (or mangle INPUT)",
        )
