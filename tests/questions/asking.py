"""What is lost in the conversations with a director's services, in short."""

from __future__ import annotations

from lvsconf.kernel.world import Step
from lvsconf.lint.context import Context
from lvsconf.questions.losses import Loss
from tests.kernel.builders import host_of


def losses(files: dict[str, str]) -> list[Loss]:
    """What is lost in all conversations of all services."""
    found = Context(host_of(files), {}, {}).reports
    return [loss for report in found for loss in report.losses]


def told(found: list[Loss]) -> dict[str, str]:
    """Cause by cause: the segments that are lost, and the rule or policy that takes them."""
    causes: dict[str, tuple[set[str], set[str]]] = {}
    for loss in found:
        segments, places = causes.setdefault(loss.cause.name, (set(), set()))
        segments.add(loss.segment)
        places.add(_place(loss.end))
    return {cause: f"{' '.join(sorted(a))} at {' '.join(sorted(b))}" for cause, (a, b) in causes.items()}


def _place(end: Step | None) -> str:
    if end is None:
        return "no place: it was sent on"
    return f"{end.table}:{end.chain}:{'policy' if end.rule is None else end.number}" if end.table else end.hook
