"""LVS208: a negated condition that every packet at the hook meets."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding
from lvsconf.lint.chain_words import finding, place
from lvsconf.lint.context import Context
from lvsconf.lint.generated import is_generated
from lvsconf.lint.registry import check


@check("LVS208")
def negation_excludes_nothing(ctx: Context) -> Iterator[Finding]:
    """Nothing that it leaves out can ever come to its chain, whatever the other rules are."""
    for table in ctx.tables:
        for found in table.needless:
            if is_generated(found.link) or table.sets is None:
                continue
            if found.link.chain.policy is not None and found.part.key.endswith("-interface"):
                # iptables refuses it here, which the reader has told (LVS019).
                continue
            span = found.part.span or place(found.link)
            homes = " and ".join(
                f"{table.table.name} {name}" for name in sorted(table.sets.homes[found.link.chain.name])
            )
            if span is not None:
                yield finding("LVS208", span, words={"hooks": homes}, label="always true here")
