"""Telling which Preds of a long list a packet may satisfy, from the values that each of them asks for.

A Pred that names a value is filed under it, in the field where the fewest others name the same. `-s A --dport 80` is
filed under A as a rule, and among a thousand rules about A under the port. A packet's values then lead to the few
Preds that do not surely fail, in order (tuple space search: one dictionary for each field and mask).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lvsconf.model.fields import Field
from lvsconf.model.preds import And, Masked, Pred, Within
from lvsconf.packets.one import Values

BLOCKS = 16
"""In so many blocks with a common prefix may intervals fall that are looked up."""
LEAST = 4
"""A field and mask of fewer Preds is not worth a look-up."""

Block = tuple[Field, int, int]
"""The values of a field that are, under a mask, equal to a value: field, mask, value."""


@dataclass(frozen=True, slots=True)
class _Drawer:
    """The places of Preds by the value they ask for of a field under a mask; `all` has each place once."""

    field: Field
    mask: int
    places: dict[int, tuple[int, ...]]
    all: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Buckets:
    """See the module. `rest` are the places of Preds that are filed nowhere."""

    drawers: tuple[_Drawer, ...]
    rest: tuple[int, ...]

    def among(self, known: Mapping[Field, Collection[int]]) -> list[int]:
        """The same for all packets whose fields have one of some values each; of other fields nothing is known."""
        found = set(self.rest)
        for drawer in self.drawers:
            values = known.get(drawer.field)
            if values is None:
                found.update(drawer.all)
            else:
                for value in values:
                    found.update(drawer.places.get(value & drawer.mask, ()))
        return sorted(found)

    def possible(self, values: Values, start: int = 0) -> Iterable[int]:
        """The places from `start` on of all Preds that do not surely fail, and of few others, in order."""
        found: list[int] = []
        for drawer in self.drawers:
            value = values[drawer.field]
            places = drawer.all if value is None else drawer.places.get(value & drawer.mask)
            if places is not None and places[-1] >= start:
                found += places[bisect_left(places, start) :]
        if not found:
            return self.rest[bisect_left(self.rest, start) :]
        # A Pred with several blocks may be found twice.
        found += self.rest[bisect_left(self.rest, start) :]
        return sorted(set(found))


def buckets(preds: Sequence[Pred], fields: Collection[Field] | None = None) -> Buckets:
    """File Preds, with `fields` under these alone."""
    named = [_blocks(pred, fields) for pred in preds]
    shared = Counter(block for each in named for blocks in each for block in blocks)
    chosen: dict[tuple[Field, int], dict[int, list[int]]] = {}
    homes: list[Sequence[Block]] = []
    for each in named:
        homes.append(min(each, key=lambda blocks: (sum(shared[block] for block in blocks), _width(blocks)), default=()))
    sizes = Counter((what, mask) for home in homes for what, mask, _ in home)
    rest = []
    for place, home in enumerate(homes):
        if not home or any(sizes[what, mask] < LEAST for what, mask, _ in home):
            rest.append(place)
            continue
        for what, mask, value in home:
            chosen.setdefault((what, mask), {}).setdefault(value, []).append(place)
    drawers = (
        _Drawer(what, mask, {value: tuple(each) for value, each in places.items()}, _all(places.values()))
        for (what, mask), places in chosen.items()
    )
    return Buckets(tuple(drawers), tuple(rest))


def _all(places: Iterable[list[int]]) -> tuple[int, ...]:
    return tuple(sorted({place for each in places for place in each}))


def _width(blocks: Sequence[Block]) -> int:
    """How many values they allow, as far as it matters for a choice between fields."""
    return max(what.bits - mask.bit_count() for what, mask, _ in blocks)


def _blocks(pred: Pred, fields: Collection[Field] | None) -> list[Sequence[Block]]:
    """For each value that has to be so for a Pred to hold: the blocks of which it has to lie in one."""
    found: list[Sequence[Block]] = []
    for literal in literals(pred):
        if fields is not None and literal.field not in fields:
            continue
        if isinstance(literal, Masked):
            found.append(((literal.field, literal.mask, literal.value),))
        elif literal.intervals and len(literal.intervals) <= BLOCKS:
            blocks = [block for low, high in literal.intervals for block in _prefixes(literal.field, low, high)]
            if len(blocks) <= BLOCKS:
                found.append(blocks)
    return found


def literals(pred: Pred) -> Iterator[Masked | Within]:
    """What has to hold, each by itself, for a Pred to hold."""
    if isinstance(pred, And):
        for item in pred.preds:
            yield from literals(item)
    elif isinstance(pred, Masked | Within):
        yield pred


def _prefixes(what: Field, low: int, high: int) -> Iterator[Block]:
    """An interval as blocks with a common prefix, at most two of each length."""
    while low <= high:
        largest = 1 << (high - low + 1).bit_length() - 1
        size = min(low & -low or largest, largest)
        yield what, what.full & ~(size - 1), low
        low += size
