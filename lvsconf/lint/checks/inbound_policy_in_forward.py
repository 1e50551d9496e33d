"""LVS307: a rule about a service's requests stands in FORWARD, where they never go."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Certainty, Finding, Label
from lvsconf.lint import registry
from lvsconf.lint.context import Context
from lvsconf.lint.proof import witness
from lvsconf.lint.registry import check
from lvsconf.questions.misplaced import Misplaced, misplaced_in_forward


@check("LVS307")
def inbound_policy_in_forward(ctx: Context) -> Iterator[Finding]:
    """The service's first packet fits the rule, and its path shows that FORWARD is not on it."""
    rule = registry.rule("LVS307")
    for item in misplaced_in_forward(ctx.survey):
        span = item.rule.span
        if span is None:
            continue
        stopped = item.talk.lost is not None
        proven = item.certain
        yield Finding(
            code=rule.code,
            slug=rule.slug,
            severity=rule.severity,
            certainty=Certainty.PROVEN if proven else Certainty.POSSIBLE,
            message=rule.message(service=item.service.name, verdict=item.verdict),
            span=span,
            label="no request of the service ever comes here",
            assumes=() if proven else item.conditions,
            labels=_labels(ctx, item),
            witness=witness(item.talk, item.exchange),
            help=_help(item, stopped),
        )


def _labels(ctx: Context, item: Misplaced) -> tuple[Label, ...]:
    deciding = [step for step in item.exchange.result.steps if step.hook == "LOCAL_IN" and step.table == "filter"]
    decided = next((step for step in deciding if step.verdict in ("ACCEPT", "DROP", "REJECT")), None)
    span = ctx.span_of(decided)
    return (Label(span, f"the request is decided here ({decided.verdict})"),) if decided and span else ()


def _help(item: Misplaced, stopped: bool) -> str:
    if item.verdict == "ACCEPT":
        return (
            "move it to INPUT"
            if stopped
            else "remove it: INPUT decides on requests, FORWARD sees the answers of LVS-NAT"
        )
    return "move it to INPUT: as it stands it stops nobody"
