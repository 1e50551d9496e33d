"""LVS210: rules of different verdict that take packets in common, so that their order decides."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding
from lvsconf.lint.chain_words import finding, labels, lines, place
from lvsconf.lint.context import Context
from lvsconf.lint.registry import check


@check("LVS210")
def order_dependent_rule(ctx: Context) -> Iterator[Finding]:
    """Neither is a special case of the other; packets that both match meet the fate of the first."""
    for table in ctx.tables:
        for found in table.correlated:
            span = place(found.link)
            if span is not None:
                yield finding(
                    "LVS210",
                    span,
                    words={"before": lines(found.before) + (" and others" if found.more else "")},
                    label="would take some of its packets if it came first",
                    labels=labels(found.before, "{verdict}"),
                )
