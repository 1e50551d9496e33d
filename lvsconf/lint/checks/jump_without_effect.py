"""LVS207: a rule leads to a chain that does nothing with its packets."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding
from lvsconf.lint.chain_words import finding, place
from lvsconf.lint.context import Context
from lvsconf.lint.generated import is_generated
from lvsconf.lint.registry import check


@check("LVS207")
def jump_without_effect(ctx: Context) -> Iterator[Finding]:
    """They surely come back as they were, and no rule there counts, logs or changes them."""
    for table in ctx.tables:
        for found in table.redundant:
            span, called = place(found.link), found.link.deed.called
            if not found.idle or span is None or called is None or is_generated(found.link):
                continue
            empty = not table.table.chains[called].rules
            yield finding(
                "LVS207",
                span,
                words={"chain": called, "why": "has no rules" if empty else "sends all of its packets back"},
                label="changes nothing",
            )
