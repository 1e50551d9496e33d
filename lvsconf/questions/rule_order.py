"""Rules whose order decides: they take packets in common, neither is part of the other, and their ends differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lvsconf.questions.chain_sets import ChainSets, Link
from lvsconf.questions.set_tree import SetTree

PASSES = "ACCEPT"
SHOWN = 3
"""So many rules before one are named."""
PAIRS = 10_000
"""So many pairs of rules are looked at in a table."""


@dataclass(frozen=True, slots=True)
class Correlated:
    """A rule and those before it, of the other verdict, with which it shares packets. `more`: there are others."""

    link: Link
    before: tuple[Link, ...]
    more: bool


class RuleOrder:
    """The answer for one table. `complete`: all pairs were looked at."""

    def __init__(self, sets: ChainSets) -> None:
        self.sets = sets
        self.complete = True
        self._left = PAIRS

    def rules(self) -> Iterator[Correlated]:
        """Every rule that would take packets of others if it stood before them, and they some of its own."""
        for name, links in self.sets.links.items():
            if name in self.sets.matched:
                yield from self._of_chain(name, links)

    def _of_chain(self, name: str, links: tuple[Link, ...]) -> Iterator[Correlated]:
        matched, nothing = self.sets.matched[name], self.sets.space.nothing
        trees: dict[bool, SetTree] = {}
        for passes in (False, True):
            mine = [
                each.packets if self._ends(link, passes) else nothing for link, each in zip(links, matched, strict=True)
            ]
            trees[passes] = SetTree(mine)
        for link in links:
            if not link.deed.end or not link.deed.alike or not matched[link.number - 1]:
                continue
            own, most = self.sets.bounds(link.rule)
            if own != most:
                continue
            found: list[Link] = []
            for at, _ in trees[link.deed.end != PASSES].meeting(own, 0, link.number - 1):
                self._left -= 1
                if self._left < 0:
                    self.complete = False
                    return
                other = self.sets.bounds(links[at].rule).lower
                if own - other and other - own:
                    found.append(links[at])
                if len(found) > SHOWN:
                    break
            if found:
                yield Correlated(link, tuple(islice(found, SHOWN)), len(found) > SHOWN)

    def _ends(self, link: Link, passes: bool) -> bool:
        some, most = self.sets.bounds(link.rule)
        return bool(link.deed.end) and link.deed.alike and (link.deed.end == PASSES) is passes and some == most
