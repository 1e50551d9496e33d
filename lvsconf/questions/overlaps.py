"""Which rules of a chain may take packets that another one takes: found by what they ask for, without sets of packets.

A rule that names addresses, ports or interfaces can only share packets with those that name others which overlap, or
none at all. What is not found here surely shares nothing; what is found need not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge

from lvsconf.model.fields import DPORT, DST, IIF, OIF, SPORT, SRC, Field
from lvsconf.model.preds import Masked, Pred
from lvsconf.packets.buckets import literals
from lvsconf.packets.index import Interval, merged
from lvsconf.packets.space import ADDRESSES, BITS

FIELDS = (SRC, DST, DPORT, SPORT, IIF, OIF)
"""What tells rules apart."""

Ranges = Mapping[Field, tuple[Interval, ...]]
"""The values that packets may have, of the fields that are named."""


def ranges(pred: Pred, family: int) -> Ranges:
    """Where the packets of a Pred have to lie."""
    found: dict[Field, tuple[Interval, ...]] = {}
    for literal in literals(pred):
        what = literal.field
        if what not in FIELDS:
            continue
        if isinstance(literal, Masked):
            width = BITS[family] if what in ADDRESSES else what.bits
            # Only a prefix is one interval: what lies below the highest free bit says nothing here.
            spare = (1 << (~literal.mask & (1 << width) - 1).bit_length()) - 1
            mine: tuple[Interval, ...] = ((literal.value & ~spare, literal.value | spare),)
        else:
            mine = merged(literal.intervals)
        # Two conditions on one field: either of them is a bound.
        if what not in found or _size(mine) < _size(found[what]):
            found[what] = mine
    return found


def _size(intervals: Sequence[Interval]) -> int:
    return sum(high - low + 1 for low, high in intervals)


@dataclass(slots=True)
class _Drawer:
    """Rules by the interval of one size that they ask for, as (first value, place) in order."""

    size: int
    lows: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def meeting(self, low: int, high: int) -> tuple[int, int]:
        """The part of the drawer whose intervals share a value with another one."""
        return bisect_left(self.lows, low - self.size + 1), bisect_right(self.lows, high)


class _Shelf:
    """The rules of a chain by what they ask for of one field; those that don't ask are `open`."""

    def __init__(self, what: Field, asked: Sequence[Ranges]) -> None:
        self.open: list[int] = []
        entries: dict[int, list[tuple[int, int]]] = {}
        for place, each in enumerate(asked):
            intervals = each.get(what)
            if intervals is None:
                self.open.append(place)
            else:
                for low, high in intervals:
                    # Intervals of about one size share a drawer.
                    entries.setdefault((high - low).bit_length(), []).append((low, place))
        self.drawers: list[_Drawer] = []
        for bits, found in entries.items():
            found.sort()
            self.drawers.append(_Drawer(1 << bits, [low for low, _ in found], [place for _, place in found]))

    def meeting(self, intervals: Sequence[Interval]) -> list[tuple[_Drawer, int, int]]:
        """The parts of the drawers that share values with some intervals."""
        found = [(drawer, *drawer.meeting(low, high)) for drawer in self.drawers for low, high in intervals]
        return [(drawer, start, end) for drawer, start, end in found if start < end]


class Overlaps:
    """The rules of a chain, given as Preds; they are found by their place from 0 on."""

    def __init__(self, preds: Sequence[Pred], family: int) -> None:
        self._asked = [ranges(pred, family) for pred in preds]
        self._shelves: dict[Field, _Shelf] = {}

    def places(self, wanted: Ranges, start: int, end: int) -> Iterator[int]:
        """The rules from `start` up to `end`, without it, that may take packets in these ranges, in order."""
        best: tuple[int, _Shelf, list[tuple[_Drawer, int, int]]] | None = None
        for what, intervals in wanted.items():
            shelf = self._shelf(what)
            found = shelf.meeting(intervals)
            many = len(shelf.open) + sum(last - first for _, first, last in found)
            if best is None or many < best[0]:
                best = many, shelf, found
        if best is None:
            yield from range(start, end)
            return
        _, shelf, found = best
        named = {place for drawer, first, last in found for place in drawer.places[first:last] if start <= place < end}
        free = (shelf.open[at] for at in range(bisect_left(shelf.open, start), bisect_left(shelf.open, end)))
        for place in merge(sorted(named), free):
            if all(_meet(self._asked[place].get(what), intervals) for what, intervals in wanted.items()):
                yield place

    def _shelf(self, what: Field) -> _Shelf:
        if what not in self._shelves:
            self._shelves[what] = _Shelf(what, self._asked)
        return self._shelves[what]


def _meet(mine: Sequence[Interval] | None, others: Sequence[Interval]) -> bool:
    """Whether some value is in both, where None is any."""
    return mine is None or any(low <= high_ and low_ <= high for low, high in mine for low_, high_ in others)
