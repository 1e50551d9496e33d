"""LVS202: a rule asks for what no packet at its hook has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lvsconf.findings import Certainty, Finding, Severity
from lvsconf.lint.chain_words import finding, place
from lvsconf.lint.context import Context
from lvsconf.lint.generated import is_generated
from lvsconf.lint.registry import check
from lvsconf.lint.tables import TableAnswers
from lvsconf.model.fields import CT_STATE, IIF, OIF
from lvsconf.packets.solve import constraints
from lvsconf.questions.arriving import STATES
from lvsconf.questions.chain_sets import Link
from lvsconf.questions.dead_rules import Why
from lvsconf.questions.rule_parts import Part, parts
from lvsconf.source import Span


@check("LVS202")
def rule_for_another_hook(ctx: Context) -> Iterator[Finding]:
    """None of the hooks from which rules lead here ever has such a packet."""
    for table in ctx.tables:
        for dead in table.dead:
            span = place(dead.link)
            if dead.why is not Why.HOOK or span is None:
                continue
            part = _impossible(table, dead.link)
            if part is not None and dead.link.chain.policy is not None and part.key.endswith("-interface"):
                # iptables refuses it here, which the reader has told (LVS019).
                continue
            hooks = " and ".join(f"{table.table.name} {name}" for name in _homes(table, dead.link))
            yield finding(
                "LVS202",
                part.span if part is not None and part.span is not None else span,
                words={"hooks": hooks},
                label="no packet there is like that",
                severity=Severity.INFO if is_generated(dead.link) else None,
                help=_reason(table, dead.link, part),
            )

        for link in table.only_own:
            span = place(link)
            if span is not None:
                yield _before_conntrack(table, link, span)


def _before_conntrack(table: TableAnswers, link: Link, whole: Span) -> Finding:
    """Without an interface, a ctstate in raw PREROUTING can only be that of packets over lo."""
    rule = link.rule.rule
    tried = parts(rule, table.family) if rule is not None else ()
    state = next((part.span for part in tried if next(constraints(part.pred, CT_STATE), None) is not None), None)
    found = finding(
        "LVS202",
        state or whole,
        words={"hooks": "raw PREROUTING"},
        label="no packet from the network has that state yet",
        severity=Severity.INFO if is_generated(link) else None,
        help=STATES["raw", "PREROUTING"][1],
    )
    assumed = ("the rule is not about what the host sends to itself",)
    return replace(found, certainty=Certainty.POSSIBLE, assumes=assumed)


def _homes(table: TableAnswers, link: Link) -> tuple[str, ...]:
    return tuple(sorted(table.sets.homes[link.chain.name])) if table.sets is not None else ()


def _impossible(table: TableAnswers, link: Link) -> Part | None:
    """The first condition that no packet at the hooks meets."""
    sets, rule = table.sets, link.rule.rule
    if sets is None or rule is None:
        return None
    hooks = sets.at_hooks(link.chain.name)
    return next((part for part in parts(rule, table.family) if not hooks & sets.space.bounds(part.pred).upper), None)


def _reason(table: TableAnswers, link: Link, part: Part | None) -> str:
    homes = _homes(table, link)
    if part is not None and next(constraints(part.pred, CT_STATE), None) is not None:
        return next((STATES[table.table.name, name][1] for name in homes if (table.table.name, name) in STATES), "")
    if part is not None and next(constraints(part.pred, IIF), None) is not None:
        return "packets that the host sends have come in by no interface"
    if part is not None and next(constraints(part.pred, OIF), None) is not None:
        return "packets have no out-interface before they are routed, nor do those for the host"
    return ""
