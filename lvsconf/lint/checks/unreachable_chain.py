"""LVS206: a chain that no packet comes to."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding
from lvsconf.lint.chain_words import finding, labels
from lvsconf.lint.context import Context
from lvsconf.lint.generated import chain_is_generated
from lvsconf.lint.registry import check


@check("LVS206")
def unreachable_chain(ctx: Context) -> Iterator[Finding]:
    """No rule leads there, or only rules that never match."""
    for table in ctx.tables:
        # In the words of the dump: LoadedChain has no place.
        named = ctx.host.rules[table.family].tables[table.table.name].chains
        for found in table.unreached:
            chain = named.get(found.chain.name)
            if chain is None or chain.span is None or chain_is_generated(chain.name):
                continue
            why = "the rules that lead there never match" if found.callers else "no rule leads there"
            yield finding(
                "LVS206",
                chain.span,
                words={"chain": chain.name, "why": why},
                label=f"{len(chain.rules)} rule{'s' * (len(chain.rules) != 1)} without packets" if chain.rules else "",
                labels=labels(found.callers, "never matches"),
            )
