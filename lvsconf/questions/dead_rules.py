"""Rules that no packet can match, and what stands in their way; chains that no packet comes to.

What is said is sure: where a match is unknown, packets go both ways, so a rule whose set is not exact never makes
another one dead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import combinations, islice

from lvsconf.kernel.chains import LoadedChain
from lvsconf.model.fields import CT_STATE, IIF
from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.solve import constraints
from lvsconf.questions.arriving import LOOPED
from lvsconf.questions.chain_sets import ChainSets, Link
from lvsconf.questions.overlaps import Overlaps, ranges

CANDIDATES = 48
"""So many rules are tried together; of more, only those that really take the packets now."""


class Why(Enum):
    """What stands in the way of a rule."""

    NOTHING_MATCHES = "no packet at all matches it"
    HOOK = "no packet that comes to its hooks matches it"
    COVERED = "the rules before it end all packets that match it"
    CALLERS = "the rules that lead to its chain send it no packet that matches it"


@dataclass(frozen=True, slots=True)
class Dead:
    """A rule that never matches. `cover` are the rules that together end its packets, `packets` those that they take.

    With CALLERS `cover` are the rules that lead to its chain, or those before them.
    """

    link: Link
    why: Why
    packets: PacketSet
    cover: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreached:
    """A chain that no packet comes to. `callers` are the rules that would lead there."""

    chain: LoadedChain
    callers: tuple[Link, ...]


class DeadRules:
    """The answers for one table."""

    def __init__(self, sets: ChainSets) -> None:
        self.sets = sets
        self._overlaps: dict[str, Overlaps] = {}

    def rules(self) -> Iterator[Dead]:
        """Every rule that no packet can match, of the chains that packets come to, in the order of the chains."""
        for name, links in self.sets.links.items():
            for link, matched in zip(links, self.sets.matched.get(name, ()), strict=False):
                if not matched:
                    yield self._explained(link)

    def chains(self) -> Iterator[Unreached]:
        """The user chains that no packet comes to."""
        for name, chain in self.sets.table.chains.items():
            if chain.policy is None and name not in self.sets.matched:
                yield Unreached(chain, tuple(self.sets.callers.get(name, ())))

    def only_own(self) -> Iterator[Link]:
        """Rules of raw PREROUTING that match nothing but what the host sends to itself, without saying so."""
        sets = self.sets
        if sets.table.name != "raw":
            return
        own = sets.space.bounds(LOOPED).upper
        for name, matched in sets.matched.items():
            if sets.homes[name] != {"PREROUTING"}:
                continue
            for link, packets in zip(sets.links[name], matched, strict=True):
                said = next(constraints(link.rule.pred, IIF), None)
                if not packets or said is not None or next(constraints(link.rule.pred, CT_STATE), None) is None:
                    continue
                if not packets.packets - own:
                    yield link

    def _explained(self, link: Link) -> Dead:
        sets, name = self.sets, link.chain.name
        wanted = sets.bounds(link.rule).upper
        if not wanted:
            return Dead(link, Why.NOTHING_MATCHES, wanted)
        here = wanted & sets.at_hooks(name)
        if not here and not self._changed_before(name):
            return Dead(link, Why.HOOK, wanted)
        target = wanted & sets.entered[name]
        if target:
            return Dead(link, Why.COVERED, target, self._cover(link, target))
        return Dead(link, Why.CALLERS, here, self._at_callers(name, here))

    def _changed_before(self, name: str) -> bool:
        """Whether a packet may come to a chain that is unlike all that arrive at its hooks."""
        return bool(self.sets.entered[name] - self.sets.at_hooks(name))

    def _cover(self, link: Link, target: PacketSet) -> tuple[Link, ...]:
        """A smallest set of rules before the given one that end all of these packets, one without needless members
        where there are many to choose from."""
        links = self.sets.links[link.chain.name]
        found = list(islice(self._taking(link, target), CANDIDATES + 1))
        if len(found) > CANDIDATES:
            matched = self.sets.matched[link.chain.name]
            really = ((at, each & matched[at].packets) for at, each in self._taking(link, target))
            found = [(at, each) for at, each in really if each]
        return tuple(links[at] for at in self._smallest(found, target))

    def _taking(self, link: Link, target: PacketSet) -> Iterator[tuple[int, PacketSet]]:
        """The rules before the given one that end some of these packets, if they come to them: place and packets."""
        name, links = link.chain.name, self.sets.links[link.chain.name]
        if name not in self._overlaps:
            self._overlaps[name] = Overlaps([each.rule.pred for each in links], self.sets.family)
        for at in self._overlaps[name].places(ranges(link.rule.pred, self.sets.family), 0, link.number - 1):
            if shared := target & self.sets.ended(links[at]):
                yield at, shared

    def _smallest(self, candidates: list[tuple[int, PacketSet]], target: PacketSet) -> tuple[int, ...]:
        if self.sets.space.nothing != target - self._union(each for _, each in candidates):
            return ()
        for size in (1, 2) if len(candidates) <= CANDIDATES else (1,):
            for chosen in combinations(candidates, size):
                if not target - self._union(each for _, each in chosen):
                    return tuple(at for at, _ in chosen)
        return self._greedy(candidates, target)

    def _greedy(self, candidates: list[tuple[int, PacketSet]], target: PacketSet) -> tuple[int, ...]:
        """What takes most of the rest each time; then none that the others can do without."""
        chosen: dict[int, PacketSet] = {}
        rest, left = target, list(candidates)
        while rest and left:
            at, ended = max(left, key=lambda item: self.sets.space.count(rest & item[1]))
            chosen[at] = ended
            rest -= ended
            left = [item for item in left if rest & item[1]]
        for at in sorted(chosen):
            if not target - self._union(ended for other, ended in chosen.items() if other != at):
                del chosen[at]
        return tuple(sorted(chosen))

    def _at_callers(self, name: str, wanted: PacketSet) -> tuple[Link, ...]:
        """The rules that lead to a chain and let none of these packets in; for a single one that would, the rules
        before it that end them."""
        callers = [link for link in self.sets.callers.get(name, ()) if link.chain.name in self.sets.matched]
        willing = [link for link in callers if wanted & self.sets.bounds(link.rule).upper]
        if not willing:
            return tuple(callers)
        if len(willing) > 1:
            return ()
        (link,) = willing
        target = wanted & self.sets.bounds(link.rule).upper & self.sets.entered[link.chain.name]
        return self._cover(link, target) if target else ()

    def _union(self, sets: Iterable[PacketSet]) -> PacketSet:
        found = self.sets.space.nothing
        for each in sets:
            found |= each
        return found
