"""Which packets end otherwise in a built-in chain of one rule set than in that of another, and what decides them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from lvsconf.kernel.chains import LoadedChain, LoadedTable
from lvsconf.kernel.ends import End, Ends, Memo, Place, certain
from lvsconf.model.effects import Verdict
from lvsconf.model.netfilter import BUILT_IN
from lvsconf.packets.packet_set import PacketSet, union
from lvsconf.packets.space import Space
from lvsconf.questions.arriving import arriving

GROUPS = 12
"""So many pairs of rules are told apart in what changed from one end to another."""
UNSURE = 32
"""So many ends are told apart of packets that may have several."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How packets end in a chain: one end, or several where it is unknown which, and what decides.

    `places` are the rules, or 0 for the policy; none where too many decide.
    """

    ends: tuple[End, ...]
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Packets as they come to a chain, whose end is another one now. Where it is not `certain`, it may be."""

    table: str
    chain: str
    packets: PacketSet
    before: Fate
    after: Fate
    certain: bool


Tables = Mapping[str, LoadedTable]


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A chain whose sets of packets grow too large."""

    table: str
    chain: str


def chain_changes(
    space: Space, before: Tables, after: Tables, same: Callable[[str], Collection[str]]
) -> Iterator[Change | NotCompared]:
    """All changes, chain by chain. A table that is missing lets everything pass.

    `same` tells the chains of a table that do the same to every packet.
    """
    for name, builtin in BUILT_IN.items():
        old, new = before.get(name, _empty(name)), after.get(name, _empty(name))
        alike = same(name)
        new = replace(new, chains={**new.chains, **{each: old.chains[each] for each in alike if each in old.chains}})
        for chain in builtin:
            if old.chains[chain] is not new.chains[chain]:
                try:
                    yield from list(_Pair(space, old, new, chain).changes())
                except MemoryError:
                    yield NotCompared(name, chain)


def _empty(name: str) -> LoadedTable:
    return LoadedTable(name, {chain: LoadedChain(chain, Verdict.ACCEPT, (), ()) for chain in BUILT_IN[name]})


class _Pair:
    """The same chain of two rule sets."""

    def __init__(self, space: Space, old: LoadedTable, new: LoadedTable, chain: str) -> None:
        self.space, self.table, self.chain = space, old.name, chain
        self.packets = arriving(space, old.name, chain)
        memo: Memo = {}
        self.old, self.new = (Ends(space, table, memo=memo).run(chain, self.packets) for table in (old, new))

    def changes(self) -> Iterator[Change]:
        asked = self._decided_otherwise()
        before, after = self.old.ends(asked), self.new.ends(asked)
        sure_before, sure_after = certain(self.space, before), certain(self.space, after)
        same = union(self.space, [some & sure_after[end] for end, some in sure_before.items() if end in sure_after])
        rest = asked - same
        for old, gone in sure_before.items():
            gone &= rest
            for new, come in sure_after.items() if gone else ():
                if old != new and gone & come:
                    yield from self._told((old,), (new,), gone & come, sure=True)
                    rest -= come & gone
        if rest:
            yield from self._unsure(rest, before, after)

    def _decided_otherwise(self) -> PacketSet:
        """The packets that are not decided at the same places to the same ends."""
        nothing, old, new = self.space.nothing, self.old.decided, self.new.decided
        pairs = [(old.get(key, nothing), new.get(key, nothing)) for key in dict.fromkeys((*old, *new))]
        return union(self.space, [one ^ other for one, other in pairs if one != other])

    def _unsure(
        self, rest: PacketSet, before: Mapping[End, PacketSet], after: Mapping[End, PacketSet]
    ) -> Iterator[Change]:
        """Packets that may have several ends: those whose ends are others now."""
        ends = [end for end in dict.fromkeys((*before, *after)) if rest & self._of(before, after, end)]
        nothing = self.space.nothing
        differ = union(
            self.space,
            [
                rest
                & (
                    (before.get(end, nothing) - after.get(end, nothing))
                    | (after.get(end, nothing) - before.get(end, nothing))
                )
                for end in ends
            ],
        )
        for some in _told_apart(
            differ, [ends_of.get(end, nothing) for end in ends[:UNSURE] for ends_of in (before, after)]
        ):
            old, new = (tuple(end for end in ends if sets.get(end, nothing) & some) for sets in (before, after))
            yield from self._told(old, new, some, sure=False)

    def _of(self, before: Mapping[End, PacketSet], after: Mapping[End, PacketSet], end: End) -> PacketSet:
        return before.get(end, self.space.nothing) | after.get(end, self.space.nothing)

    def _told(self, old: tuple[End, ...], new: tuple[End, ...], packets: PacketSet, *, sure: bool) -> Iterator[Change]:
        """What changed from some ends to others, by what decides; in one where that would be too many."""
        pairs: list[tuple[tuple[Place, ...], tuple[Place, ...], PacketSet]] = []
        for was, some in self._deciding(self.old, old, packets):
            pairs += [((was,), (now,), both) for now, both in self._deciding(self.new, new, some)]
            if len(pairs) > GROUPS:
                pairs = [((), (), packets)]
                break
        if not sure:
            places = [
                tuple(dict.fromkeys(place for place, _ in self._deciding(done, ends, packets)))
                for done, ends in ((self.old, old), (self.new, new))
            ]
            pairs = [(places[0], places[1], packets)]
        for places_before, places_after, some in pairs:
            yield Change(self.table, self.chain, some, Fate(old, places_before), Fate(new, places_after), sure)

    @staticmethod
    def _deciding(done: Ends, ends: tuple[End, ...], packets: PacketSet) -> Iterator[tuple[Place, PacketSet]]:
        for (place, end), decided in done.decided.items():
            if end in ends and decided & packets:
                yield place, decided & packets
                packets -= decided


def _told_apart(packets: PacketSet, sets: Iterable[PacketSet]) -> list[PacketSet]:
    """The packets in parts that each lie in or outside of each set."""
    parts = [packets] if packets else []
    for each in sets:
        parts = [part for whole in parts for part in (whole & each, whole - each) if part]
    return parts
