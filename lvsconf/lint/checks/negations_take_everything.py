"""LVS209: two rules with a negated condition each that together take every packet."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding
from lvsconf.lint.chain_words import finding, labels, lines, place, verdict
from lvsconf.lint.context import Context
from lvsconf.lint.registry import check


@check("LVS209")
def negations_take_everything(ctx: Context) -> Iterator[Finding]:
    """A packet that the first one leaves out is not what the second one leaves out."""
    for table in ctx.tables:
        for found in table.taking_all:
            span = place(found.link)
            if span is not None:
                yield finding(
                    "LVS209",
                    found.part.span or span,
                    words={"other": lines((found.before,)), "verdict": verdict(found.link)},
                    label="true of every packet that comes here",
                    labels=labels((found.before,), "takes all others ({verdict})"),
                    help="accept what is meant to pass first, then use one rule for the rest",
                )
