"""Rules that may be deleted, all of them together, without any packet's fate becoming another one.

From the last rule of a chain to the first: the packets that a rule takes are led on past it, and must surely meet the
same fate and see nothing else on the way: no log, no mark, no list or limit that keeps count of them. Rules that no
packet matches, and those already found, count as deleted. Chains that a chain calls come before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from lvsconf.kernel.chains import LoadedChain
from lvsconf.packets.packet_set import PacketSet
from lvsconf.questions.chain_sets import ChainSets, Link
from lvsconf.questions.led_on import BACK, STEPS, LedOn, TooLongError, UnsureError, end_of
from lvsconf.questions.met import Met
from lvsconf.questions.overlaps import Overlaps, Ranges, ranges

TRIED = 64
"""For so many of the rules behind it that may take a rule's packets one is led on by itself."""
ALL_STEPS = 200_000
"""So many are met on the ways of all rules of a table."""

Fates = dict[str, PacketSet]


@dataclass(frozen=True, slots=True)
class Redundant:
    """A rule that changes nothing. `instead` are rules behind it that take its packets, `end`: so does the chain's end.

    `idle`: the chain it leads to does nothing with them.
    """

    link: Link
    idle: bool
    instead: tuple[Link, ...] = ()
    end: bool = False


@dataclass(slots=True)
class _Way:
    """Where packets led on past a rule have been: the rules of its own chain that took some, and how many were met.

    `ranges` has all of them. What a step costs is how many nodes it may have to look at.
    """

    ranges: Ranges
    cost: int = 0
    steps: int = 0
    instead: list[Link] = field(default_factory=list)
    end: bool = False


class RedundantRules:
    """The answer for one table. `given_up` counts the rules whose packets were not followed to their end."""

    def __init__(self, sets: ChainSets) -> None:
        self.sets = sets
        self.given_up = 0
        self._steps = 0
        self._room = sets.space.nodes
        self._gone: dict[str, set[int]] = {}
        self._one = LedOn(sets, self._gone)
        self._overlaps: dict[str, Overlaps] = {}

    def rules(self) -> Iterator[Redundant]:
        """Every such rule, chain by chain from those that call no other, the last rule first."""
        for name in reversed(self.sets.order):
            if name in self.sets.matched:
                yield from self._of_chain(self.sets.table.chains[name])

    def _of_chain(self, chain: LoadedChain) -> Iterator[Redundant]:
        matched, links = self.sets.matched[chain.name], self.sets.links[chain.name]
        gone = self._gone[chain.name] = {link.number for link, met in zip(links, matched, strict=True) if not met}
        last = True
        for link in reversed(links):
            if link.number in gone:
                continue
            if link.deed.goes_on or self._one.keeps_count(link) or (last and link.rule.tail):
                # The last rule for all packets says what its chain's end would do too: that is how people write it.
                last = False
                continue
            last = False
            found = self._redundant(link, matched[link.number - 1])
            if found is not None:
                gone.add(link.number)
                yield found

    def _redundant(self, link: Link, met: Met) -> Redundant | None:
        try:
            # Single packets are led on in no time, and for most rules they show that they are not.
            way = _Way(ranges(link.rule.pred, self.sets.family))
            if any(self._one.differs(link, self.sets.space.values(packet)) for packet in self._tried(link, met, way)):
                return None
            way.cost = 0 if self.sets.names_source(link) else met.packets.size
            return self._compared(link, met.packets, way)
        except UnsureError:
            return None
        except TooLongError:
            self.given_up += 1
            return None

    def _tried(self, link: Link, met: Met, way: _Way) -> Iterator[Sequence[bool]]:
        """Packets that a rule takes: one, some that the chain it leads to takes, and some that rules behind it take."""
        yield met.packet
        places = [(link.chain, link.number)]
        if link.deed.called is not None:
            places.insert(0, (self.sets.table.chains[link.deed.called], 0))
        others = (other for chain, start in places for other in self._behind(chain, start, way))
        for other in islice(others, TRIED):
            if other.deed.end and other.deed.end == link.deed.end:
                continue
            packet = met.one_of(self._seen(other))
            if packet is not None:
                yield packet

    def _compared(self, link: Link, packets: PacketSet, way: _Way) -> Redundant:
        """Raises UnsureError where the packets meet another fate without the rule."""
        own, idle = self._deed(link, packets, way)
        rest = packets - idle
        if not rest:
            return Redundant(link, idle=True)
        way.steps = 0
        self._walk(link.chain, link.number, rest, way, own)
        return Redundant(link, False, tuple(way.instead), way.end)

    def _deed(self, link: Link, packets: PacketSet, way: _Way) -> tuple[Fates, PacketSet]:
        """The fates that a rule makes of packets, and those that just come back. Raises UnsureError, TooLongError."""
        what = link.deed
        if what.changed or not what.alike or what.goes_on:
            raise UnsureError
        if what.end:
            return {what.end: packets}, self.sets.space.nothing
        if what.called is None:
            return {end_of(link.chain): packets}, self.sets.space.nothing
        found = self._walk(self.sets.table.chains[what.called], 0, packets, way)
        idle = found.pop(BACK, self.sets.space.nothing)
        if not what.goto:
            return found, idle
        end = end_of(link.chain)
        found[end] = found.get(end, self.sets.space.nothing) | idle
        return found, self.sets.space.nothing

    def _behind(self, chain: LoadedChain, start: int, way: _Way) -> Iterator[Link]:
        """The rules of a chain behind the first so many that may meet the packets."""
        name, links = chain.name, self.sets.links[chain.name]
        if name not in self._overlaps:
            self._overlaps[name] = Overlaps(self._one.seen[name], self.sets.family)
        gone = self._gone[name]
        for place in self._overlaps[name].places(way.ranges, start, len(links)):
            if place + 1 not in gone:
                yield links[place]

    def _walk(self, chain: LoadedChain, start: int, packets: PacketSet, way: _Way, own: Fates | None = None) -> Fates:
        """What becomes of packets that come to a chain's rules behind the first so many.

        Raises UnsureError as soon as some meet another end than their `own`.
        """
        found: Fates = {}
        nothing = self.sets.space.nothing
        for link in self._behind(chain, start, way):
            if not packets:
                break
            self._room -= way.cost
            if self._room < 0:
                raise TooLongError
            seen = packets & self._seen(link)
            if not seen:
                continue
            way.steps += 1
            self._steps += 1
            if way.steps > STEPS or self._steps > ALL_STEPS:
                raise TooLongError
            if self._one.keeps_count(link):
                raise UnsureError
            some, most = self.sets.bounds(link.rule)
            if packets & (most - some):
                raise UnsureError
            fates, back = self._deed(link, seen, way)
            if own is not None and fates:
                way.instead.append(link)
            for fate, each in fates.items():
                self._check(own, fate, each)
                found[fate] = found.get(fate, nothing) | each
            packets = (packets - seen) | back
        if packets:
            self._check(own, end_of(chain), packets)
            way.end = way.end or own is not None
            found[end_of(chain)] = found.get(end_of(chain), nothing) | packets
        return found

    def _check(self, own: Fates | None, fate: str, packets: PacketSet) -> None:
        if own is not None and packets - own.get(fate, self.sets.space.nothing):
            raise UnsureError

    def _seen(self, link: Link) -> PacketSet:
        """The packets that may match a rule, or be counted by it."""
        return self.sets.space.bounds(self._one.seen[link.chain.name][link.number - 1]).upper
