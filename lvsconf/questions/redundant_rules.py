"""Rules that may be deleted, all of them together, without any packet's fate becoming another one.

From the last rule of a chain to the first: the packets that a rule takes are led on past it, and must surely meet the
same fate and see nothing else on the way: no log, no mark, no list or limit that keeps count of them. Rules that no
packet matches, and those already found, count as deleted. Chains that a chain calls come before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lvsconf.kernel.chains import LoadedChain
from lvsconf.model.fields import SRC
from lvsconf.model.preds import And, Not, Opaque, Or, Pred, Query, WorldQuestion, all_of
from lvsconf.packets.solve import constraints
from lvsconf.packets.space import PacketSet
from lvsconf.questions.chain_sets import ChainSets, Link
from lvsconf.questions.set_tree import SetTree

BACK = "RETURN"
"""The fate of packets that come to the end of a user chain."""
STEPS = 256
"""So many rules are met on the way of one rule's packets; whoever meets more is not redundant as far as we know."""
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


class _UnsureError(Exception):
    """The packets meet another fate, or something on their way counts or changes them, or is not known."""


class _TooLongError(Exception):
    """Packets meet more rules than are followed."""


@dataclass(slots=True)
class _Way:
    """Where packets led on past a rule have been: the rules of its own chain that took some, and how many were met."""

    steps: int = 0
    instead: list[Link] = field(default_factory=list)
    end: bool = False


class RedundantRules:
    """The answer for one table. `given_up` counts the rules whose packets were not followed to their end."""

    def __init__(self, sets: ChainSets) -> None:
        self.sets = sets
        self.given_up = 0
        self._steps = 0
        self._room = sets.space.nodes // 4
        self._kept: dict[str, list[Link]] = {}
        self._kept_trees: dict[str, SetTree] = {}
        self._trees: dict[str, SetTree] = {}

    def rules(self) -> Iterator[Redundant]:
        """Every such rule, chain by chain from those that call no other, the last rule first."""
        for name in reversed(self.sets.order):
            if name in self.sets.matched:
                yield from self._of_chain(self.sets.table.chains[name])

    def _of_chain(self, chain: LoadedChain) -> Iterator[Redundant]:
        matched, links = self.sets.matched[chain.name], self.sets.links[chain.name]
        gone = {link.number for link, met in zip(links, matched, strict=True) if not met}
        last = True
        for link in reversed(links):
            if link.number in gone:
                continue
            if link.deed.goes_on or _keeps_count(link.rule.pred) or (last and link.rule.tail):
                # The last rule for all packets says what its chain's end would do too: that is how people write it.
                last = False
                continue
            last = False
            found = self._redundant(link, matched[link.number - 1], gone)
            if found is not None:
                gone.add(link.number)
                yield found
        self._kept[chain.name] = [link for link in links if link.number not in gone]

    def _redundant(self, link: Link, packets: PacketSet, gone: set[int]) -> Redundant | None:
        try:
            # A few packets are led on in no time, and for most rules they show that it is not.
            self._compared(link, self.sets.space.some(packets), gone)
            self._afford(link)
            return self._compared(link, packets, gone)
        except _UnsureError:
            return None
        except _TooLongError:
            self.given_up += 1
            return None

    def _afford(self, link: Link) -> None:
        """Packets from everywhere are compared with all there is in a chain. Raises _TooLongError."""
        if next(constraints(link.rule.pred, SRC), None) is None:
            union = self._tree(link.chain.name).union
            self._room -= self.sets.space.size(union) if union is not None else 0
            if self._room < 0:
                raise _TooLongError

    def _tree(self, name: str) -> SetTree:
        """The packets that each rule of a chain sees."""
        tree = self._trees.get(name)
        if tree is None:
            tree = self._trees[name] = SetTree([self._seen(each) for each in self.sets.links[name]])
        return tree

    def _compared(self, link: Link, packets: PacketSet, gone: set[int]) -> Redundant:
        """Raises _UnsureError where the packets meet another fate without the rule."""
        own, idle = self._deed(link, packets, _Way())
        rest = packets - idle
        if not rest:
            return Redundant(link, idle=True)
        way = _Way()
        self._led_on(link, rest, gone, way, own)
        return Redundant(link, False, tuple(way.instead), way.end)

    def _deed(self, link: Link, packets: PacketSet, way: _Way) -> tuple[Fates, PacketSet]:
        """The fates that a rule makes of packets, and those that just come back. Raises _UnsureError, _TooLongError."""
        what = link.deed
        if what.changed or not what.alike or what.goes_on:
            raise _UnsureError
        if what.end:
            return {what.end: packets}, self.sets.space.nothing
        if what.called is None:
            return {_end(link.chain): packets}, self.sets.space.nothing
        found = self._fates(self.sets.table.chains[what.called], packets, way)
        idle = found.pop(BACK, self.sets.space.nothing)
        if not what.goto:
            return found, idle
        end = _end(link.chain)
        found[end] = found.get(end, self.sets.space.nothing) | idle
        return found, self.sets.space.nothing

    def _fates(self, chain: LoadedChain, packets: PacketSet, way: _Way) -> Fates:
        """What becomes of packets in a called chain."""
        kept = self._kept[chain.name]
        tree = self._kept_trees.get(chain.name)
        if tree is None:
            tree = self._kept_trees[chain.name] = SetTree([self._seen(link) for link in kept])
        met = (kept[at] for at, _ in tree.meeting(packets, 0, len(kept)))
        return self._walk(chain, met, packets, way)

    def _led_on(self, link: Link, packets: PacketSet, gone: set[int], way: _Way, own: Fates) -> None:
        """Lead a rule's packets past it. Raises _UnsureError as soon as some meet another end than their `own`."""
        name = link.chain.name
        links = self.sets.links[name]
        met = (links[at] for at, _ in self._tree(name).meeting(packets, link.number, len(links)))
        self._walk(link.chain, (each for each in met if each.number not in gone), packets, way, own)

    def _walk(
        self, chain: LoadedChain, links: Iterator[Link], packets: PacketSet, way: _Way, own: Fates | None = None
    ) -> Fates:
        found: Fates = {}
        nothing = self.sets.space.nothing
        for link in links:
            if not packets:
                break
            seen = packets & self._seen(link)
            if not seen:
                continue
            way.steps += 1
            self._steps += 1
            if way.steps > STEPS or self._steps > ALL_STEPS:
                raise _TooLongError
            if _keeps_count(link.rule.pred):
                raise _UnsureError
            some, most = self.sets.bounds(link.rule)
            if packets & (most - some):
                raise _UnsureError
            fates, back = self._deed(link, seen, way)
            if own is not None and fates:
                way.instead.append(link)
            for fate, each in fates.items():
                self._check(own, fate, each)
                found[fate] = found.get(fate, nothing) | each
            packets = (packets - seen) | back
        if packets:
            self._check(own, _end(chain), packets)
            way.end = way.end or own is not None
            found[_end(chain)] = found.get(_end(chain), nothing) | packets
        return found

    def _check(self, own: Fates | None, fate: str, packets: PacketSet) -> None:
        if own is not None and packets - own.get(fate, self.sets.space.nothing):
            raise _UnsureError

    def _seen(self, link: Link) -> PacketSet:
        """The packets that may match a rule, or be counted by it."""
        pred = link.rule.pred
        return self.sets.space.bounds(_before_count(pred) if _keeps_count(pred) else pred).upper


def _end(chain: LoadedChain) -> str:
    """The fate of packets at a chain's end."""
    return BACK if chain.policy is None else chain.policy.value


def _keeps_count(pred: Pred) -> bool:
    """Whether asking may leave traces, or nobody knows: limits and lists that count the packets that ask."""
    match pred:
        case Opaque():
            return True
        case Query(question, _):
            return isinstance(question, WorldQuestion) or getattr(question, "counted", False)
        case Not(inner):
            return _keeps_count(inner)
        case And(preds) | Or(preds):
            return any(map(_keeps_count, preds))
        case _:
            return False


def _before_count(pred: Pred) -> Pred:
    """What a packet has to pass before the first match that keeps count: matches are asked in the order they stand."""
    if not isinstance(pred, And):
        return all_of(()) if _keeps_count(pred) else pred
    before: list[Pred] = []
    for item in pred.preds:
        if _keeps_count(item):
            before.append(_before_count(item))
            break
        before.append(item)
    return all_of(before)
