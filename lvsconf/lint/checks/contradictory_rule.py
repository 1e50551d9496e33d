"""LVS203: what a rule asks for cannot all be true of one packet."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding, Label
from lvsconf.lint.chain_words import finding, place
from lvsconf.lint.context import Context
from lvsconf.lint.registry import check
from lvsconf.lint.tables import TableAnswers
from lvsconf.questions.chain_sets import Link
from lvsconf.questions.dead_rules import Why
from lvsconf.questions.rule_parts import Part, parts


@check("LVS203")
def contradictory_rule(ctx: Context) -> Iterator[Finding]:
    """No packet at all matches, whatever its chain."""
    for table in ctx.tables:
        for dead in table.dead:
            span = place(dead.link)
            if dead.why is not Why.NOTHING_MATCHES or span is None:
                continue
            pair = _contradiction(table, dead.link)
            spans = [part.span for part in pair if part.span is not None]
            alone = len(pair) == 1
            yield finding(
                "LVS203",
                spans[-1] if spans else span,
                words={},
                label="no packet is like that" if alone else "no packet is this",
                labels=tuple(Label(each, "and this") for each in spans[:-1]),
            )


def _contradiction(table: TableAnswers, link: Link) -> tuple[Part, ...]:
    """The condition that nothing meets, or the two that exclude each other; none where it takes more of them."""
    sets, rule = table.sets, link.rule.rule
    if sets is None or rule is None:
        return ()
    found = [(part, sets.space.bounds(part.pred).upper) for part in parts(rule, table.family)]
    for at, (part, packets) in enumerate(found):
        if not packets:
            return (part,)
        for other, those in found[:at]:
            if not packets & those:
                return other, part
    return ()
