"""Negated conditions that exclude nothing, alone or together with another rule's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lvsconf.packets.packet_set import PacketSet
from lvsconf.questions.chain_sets import ChainSets, Link
from lvsconf.questions.rule_parts import Part, negates, parts

REMEMBERED = 64
"""So many rules before one are tried for the one that goes with it."""


@dataclass(frozen=True, slots=True)
class Needless:
    """A negated condition that holds for every packet that may come to its chain, whatever the rules are."""

    link: Link
    part: Part


@dataclass(frozen=True, slots=True)
class TakesAll:
    """A rule that takes whatever one before it has left: what one does not exclude the other does not exclude."""

    link: Link
    part: Part
    before: Link
    other: Part


def needless(sets: ChainSets) -> Iterator[Needless]:
    """Every such condition of the rules that packets may match."""
    for name, links in sets.links.items():
        if name not in sets.matched:
            continue
        hooks = sets.at_hooks(name)
        if sets.entered[name] - hooks:
            # A rule on the way has changed packets: they may be unlike any that come to the hook.
            continue
        for link, matched in zip(links, sets.matched[name], strict=True):
            rule = link.rule.rule
            if rule is None or not matched or not negates(rule):
                continue
            for part in parts(rule, sets.family):
                if part.inverted and not hooks - sets.space.bounds(part.pred).lower:
                    yield Needless(link, part)


def takes_all(sets: ChainSets) -> Iterator[TakesAll]:
    """Pairs of rules with the same verdict and one negated condition each that together take every packet."""
    for name, links in sets.links.items():
        before: dict[tuple[str, str], list[tuple[Link, Part, PacketSet]]] = {}
        for link, matched in zip(links, sets.matched.get(name, ()), strict=False):
            part = _only_condition(link, sets.family) if matched else None
            if part is None:
                continue
            excluded = sets.space.everything - sets.space.bounds(part.pred).lower
            if not excluded:
                continue
            known = before.setdefault((part.key, link.deed.end.partition(" ")[0]), [])
            for other, its, excluded_there in known:
                if not excluded & excluded_there:
                    yield TakesAll(link, part, other, its)
                    break
            if len(known) < REMEMBERED:
                known.append((link, part, excluded))


def _only_condition(link: Link, family: int) -> Part | None:
    """The one condition of a rule that ends the way of its packets, where it is negated."""
    rule = link.rule.rule
    if rule is None or not negates(rule) or not (link.deed.end or link.deed.returns) or link.deed.changed:
        return None
    found = list(parts(rule, family))
    return found[0] if len(found) == 1 and found[0].inverted else None
