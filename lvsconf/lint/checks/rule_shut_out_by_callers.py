"""LVS204: no packet that a rule matches is sent to its chain."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding, Severity
from lvsconf.lint.chain_words import finding, labels, place
from lvsconf.lint.context import Context
from lvsconf.lint.generated import is_generated
from lvsconf.lint.registry import check
from lvsconf.questions.chain_sets import Link
from lvsconf.questions.dead_rules import Dead, Why


@check("LVS204")
def rule_shut_out_by_callers(ctx: Context) -> Iterator[Finding]:
    """The rules that lead to the chain ask for something else, or others before them have taken the packets."""
    for table in ctx.tables:
        for dead in table.dead:
            span = place(dead.link)
            if dead.why is not Why.CALLERS or span is None:
                continue
            mild = not _excluded(dead) or is_generated(dead.link)
            yield finding(
                "LVS204",
                span,
                words={"chain": dead.link.chain.name},
                label="never matches",
                labels=labels(dead.cover, "lets no such packet in" if _excluded(dead) else "takes its packets before"),
                severity=Severity.INFO if mild else None,
            )


def _excluded(dead: Dead) -> bool:
    """Whether the rules that lead there are what excludes the packets."""
    return bool(dead.cover) and all(_leads_to(link, dead.link.chain.name) for link in dead.cover)


def _leads_to(link: Link, chain: str) -> bool:
    return link.deed.called == chain
