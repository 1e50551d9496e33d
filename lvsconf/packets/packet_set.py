"""A set of packets as a decision diagram, and what a space is asked with. See space.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from lvsconf.model.fields import Field

if TYPE_CHECKING:
    from oxidd.bdd import BDDFunction

    from lvsconf.packets.space import Space

Interval = tuple[int, int]
"""First and last value."""


class Bits(NamedTuple):
    """What a field holds when it is no longer its own: `(field & mask) ^ change`, of the field as it was at first."""

    field: Field
    mask: int
    change: int


Seen: TypeAlias = int | Bits | None
"""A field's value, where it comes from, or None where nothing is known of it."""
Values = Mapping[Field, Seen]
Known = Mapping[Field, int | None]
NONE: Values = {}
NOTHING_KNOWN: Known = {}


@dataclass(frozen=True, slots=True)
class PacketSet:
    """Some packets of a space. Two sets of one space are equal when they hold the same packets."""

    function: BDDFunction

    def __bool__(self) -> bool:
        return self.function.satisfiable()

    @property
    def size(self) -> int:
        """How many nodes its diagram has: what working with it costs."""
        return self.function.node_count()

    def __and__(self, other: PacketSet) -> PacketSet:
        return PacketSet(self.function & other.function)

    def __or__(self, other: PacketSet) -> PacketSet:
        return PacketSet(self.function | other.function)

    def __sub__(self, other: PacketSet) -> PacketSet:
        # In one go: the complement of a large set alone takes as long as it is large.
        return PacketSet(other.function.imp_strict(self.function))

    def __xor__(self, other: PacketSet) -> PacketSet:
        return PacketSet(self.function ^ other.function)

    def __invert__(self) -> PacketSet:
        return PacketSet(~self.function)


class Bounds(NamedTuple):
    """The packets of which something is certain, and those of which it may be so."""

    lower: PacketSet
    upper: PacketSet


def union(space: Space, sets: Iterable[PacketSet]) -> PacketSet:
    """All packets of some sets; neighbours are joined first, which keeps the diagrams small on the way."""
    level = list(sets)
    while len(level) > 1:
        pairs = [level[at] | level[at + 1] for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0] if level else space.nothing


def spans(function: BDDFunction, first: int, width: int) -> Iterator[Interval]:
    """The values of one field's variables that satisfy a function of no others, in order."""
    todo: list[tuple[BDDFunction, int, int]] = [(function, 0, 0)]
    while todo:
        here, depth, value = todo.pop()
        if not here.satisfiable():
            continue
        free = width - depth
        if here.valid():
            yield value << free, ((value + 1) << free) - 1
            continue
        variable = here.node_var()
        yes, no = (here, here)
        if variable == first + depth:
            yes, no = here.cofactors() or (here, here)
        todo += [(yes, depth + 1, value << 1 | 1), (no, depth + 1, value << 1)]
