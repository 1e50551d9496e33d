"""LVS205: a rule whose packets meet the same end without it."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Finding
from lvsconf.lint.chain_words import LABELS, deleted, finding, labels, lines, place
from lvsconf.lint.context import Context
from lvsconf.lint.generated import is_generated
from lvsconf.lint.registry import check
from lvsconf.questions.redundant_rules import Redundant


@check("LVS205")
def redundant_rule(ctx: Context) -> Iterator[Finding]:
    """All such rules of a table may go together; what programs look after is left out."""
    for table in ctx.tables:
        for found in table.redundant:
            span = place(found.link)
            if found.idle or span is None or is_generated(found.link):
                continue
            yield finding(
                "LVS205",
                span,
                words={"instead": _instead(found)},
                label="changes nothing",
                labels=labels(found.instead, "takes them too ({verdict})") if len(found.instead) <= LABELS else (),
                fix=deleted(ctx, found.link),
            )


def _instead(found: Redundant) -> str:
    policy = found.link.chain.policy
    end = f"the policy ({policy.value})" if policy is not None else "the end of the chain"
    if not found.instead:
        return f"{end} does the same"
    several = found.end or len(found.instead) > 1
    return f"{lines(found.instead)}{f' and {end}' if found.end else ''} {'do' if several else 'does'} the same"
