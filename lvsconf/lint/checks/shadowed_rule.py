"""LVS201: the rules before one take every packet that it matches."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding, Severity
from lvsconf.lint.chain_witness import WITNESSES, witness
from lvsconf.lint.chain_words import deleted, finding, labels, lines, place, verdict
from lvsconf.lint.context import Context
from lvsconf.lint.generated import is_generated
from lvsconf.lint.registry import check
from lvsconf.questions.dead_rules import Why


@check("LVS201")
def shadowed_rule(ctx: Context) -> Iterator[Finding]:
    """Every packet that would match ends at a rule before; the packets of unknown matches count as going on there."""
    shown = 0
    for table in ctx.tables:
        for dead in table.dead:
            span = place(dead.link)
            sets = table.sets
            if dead.why is not Why.COVERED or span is None or sets is None:
                continue
            proof = None
            if shown < WITNESSES:
                proof = witness(ctx, sets, dead)
                shown += 1
            same = {verdict(link) for link in dead.cover} == {verdict(dead.link)}
            yield finding(
                "LVS201",
                span,
                words={"cover": _taker(lines(dead.cover), len(dead.cover)) if dead.cover else "rules before it take"},
                label="never matches",
                labels=labels(dead.cover, "takes its packets ({verdict})" if len(dead.cover) == 1 else "{verdict}"),
                severity=Severity.INFO if is_generated(dead.link) else None,
                witness=proof,
                fix=deleted(ctx, dead.link),
                help="delete it: the rules before do the same" if same else "move it up if it is meant, else delete it",
            )


def _taker(words: str, count: int) -> str:
    return f"{words} before it takes" if count == 1 else f"{words} before it together take"
