"""LVS314 and LVS315: what must get through does not, and what must not does."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Certainty, Finding, Witness
from lvsconf.lint import registry
from lvsconf.lint.context import Context
from lvsconf.lint.proof import path_words
from lvsconf.lint.registry import check
from lvsconf.model.statements import Statement
from lvsconf.questions.asking import Answer, Asked, who_reaches
from lvsconf.questions.endings import Shown
from lvsconf.questions.reaching import Group

CLIENT_PORTS = ((1024, 65535),)
"""Where clients send from: those of the system's own ports are nobody's that a statement is about."""
LINES = 2
"""So many lines say who is concerned."""


@check("LVS314")
def lost(ctx: Context) -> Iterator[Finding]:
    """Somebody who must get through does not."""
    yield from _violated(ctx, "LVS314", reaches=True)


@check("LVS315")
def passed(ctx: Context) -> Iterator[Finding]:
    """Somebody who must not get through does."""
    yield from _violated(ctx, "LVS315", reaches=False)


def _violated(ctx: Context, code: str, *, reaches: bool) -> Iterator[Finding]:
    for statement in ctx.host.statements:
        if statement.reaches is not reaches:
            continue
        try:
            answer = who_reaches(ctx.kernel, _asked(statement))
        except MemoryError:
            ctx.notes.append(f"unknown: {statement.text} (the sets of packets of these rules grow too large)")
            continue
        wrong = [group for group in answer.groups if group.reached is not reaches]
        wrong.sort(key=lambda group: group.reached is None)
        if wrong:
            yield _finding(code, statement, answer, wrong)


def _asked(statement: Statement) -> Asked:
    return Asked(
        statement.address.version,
        statement.proto,
        statement.address,
        statement.port,
        sources=statement.sources,
        source_ports=CLIENT_PORTS if statement.port is not None else (),
        devices=statement.devices,
    )


def _witness(shown: Shown) -> Witness | None:
    if shown.result is None:
        return None
    return Witness(shown.packets, len(shown.packets) - 1, shown.trace, path_words(shown.result))


def _finding(code: str, statement: Statement, answer: Answer, wrong: list[Group]) -> Finding:
    """One finding for a statement: about those of whom it is surest, and whoever else it is true of."""
    from lvsconf.packets.set_text import describe

    rule = registry.rule(code)
    worst = wrong[0]
    proven = worst.reached is not None
    said = describe(answer.space, worst.packets, ways=LINES, within=answer.within)
    whose = "; ".join(said.ways) + (" and more" if said.more else "")
    more = [f"also: {group}" for group in wrong[1:3]]
    conditions = dict.fromkeys(text for ending in worst.endings for text in ending.conditions)
    return Finding(
        code=code,
        slug=rule.slug,
        severity=rule.severity,
        certainty=Certainty.PROVEN if proven else Certainty.POSSIBLE,
        message=rule.message(statement=statement.text, ending=str(worst), verb="does" if proven else "may"),
        span=statement.span,
        label="everybody" if whose == "anything" else whose,
        assumes=() if proven else tuple(conditions) or ("what is unknown decides it",),
        witness=_witness(worst.shown),
        help="; ".join(more),
    )
