"""Pred for sets of packets: a lower and an upper set.

The packets are those of a grid. Some fields have one value for all of them; some are axes, cut into intervals so
that a packet's cell tells what the rules at hand say of it; any other field may have any value. A set of packets is an
integer with a bit for each cell. A Pred holds for every packet of the cells in its lower set, and for no packet of a
cell outside its upper set; where nothing is unknown and no interval is cut through, the two are the same.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lvsconf.model.fields import DST, SRC, Field
from lvsconf.model.preds import And, Const, Masked, Not, Opaque, Or, Pred, Query, Within
from lvsconf.packets.one import Test, Values

Interval = tuple[int, int]
Bounds = tuple[int, int]
"""The lower and the upper set."""

IPV4 = (1 << 32) - 1
FEW = 16
"""So many values of a field are told one by one."""


def intervals(literal: Masked | Within) -> tuple[Interval, ...] | None:
    """The values that a literal takes; None where its mask leaves gaps."""
    if isinstance(literal, Within):
        return literal.intervals
    top, mask, value = literal.field.full, literal.mask, literal.value
    if literal.field in (SRC, DST):
        # The grid is one of IPv4 packets, whose addresses take the low 32 bits.
        if value > IPV4:
            return ()
        top, mask = IPV4, mask & IPV4
    free = top & ~mask
    return ((value, value | free),) if free & (free + 1) == 0 else None


def cut(universe: Iterable[Interval], literals: Iterable[Masked | Within]) -> tuple[Interval, ...]:
    """The universe in pieces that no literal cuts through, but for those whose masks leave gaps."""
    starts: set[int] = set()
    for literal in literals:
        for low, high in intervals(literal) or ():
            starts |= {low, high + 1}
    points = sorted(starts)
    pieces: list[Interval] = []
    for low, high in universe:
        for point in points[bisect_right(points, low) : bisect_right(points, high)]:
            pieces.append((low, point - 1))
            low = point
        pieces.append((low, high))
    return tuple(pieces)


def joined(pieces: Sequence[Interval]) -> tuple[Interval, ...]:
    """Half as many pieces, each with its neighbour and what lies between them."""
    return tuple((pair[0][0], pair[-1][1]) for pair in (pieces[at : at + 2] for at in range(0, len(pieces), 2)))


def few(axes: Mapping[Field, Sequence[Interval]]) -> dict[Field, tuple[int, ...]]:
    """The values of those fields that have few."""
    return {
        what: tuple(low for low, _ in pieces)
        for what, pieces in axes.items()
        if len(pieces) <= FEW and all(low == high for low, high in pieces)
    }


@dataclass(frozen=True)
class Axis:
    """A field that the packets of a grid differ in, and its disjoint intervals in order."""

    field: Field
    pieces: tuple[Interval, ...]

    @cached_property
    def _lows(self) -> list[int]:
        return [low for low, _ in self.pieces]

    @cached_property
    def _highs(self) -> list[int]:
        return [high for _, high in self.pieces]

    def touched(self, low: int, high: int) -> tuple[int, int]:
        """The pieces that meet an interval: the index of the first, and of the first behind the last."""
        return bisect_left(self._highs, low), bisect_right(self._lows, high)

    def within(self, low: int, high: int) -> tuple[int, int]:
        """The pieces that lie in an interval."""
        return bisect_left(self._lows, low), bisect_right(self._highs, high)


class OneCell:
    """A grid of a single cell, whose axes are just not known: enough to tell what nothing at all can match."""

    def __init__(
        self, values: Values, test: Callable[[Pred], Test], few: Mapping[Field, tuple[int, ...]] | None = None
    ) -> None:
        """`values` are the fields that all packets share, None for the others; `test` compiles a Pred.

        `few` are the values of fields that have one of several.
        """
        self.full = 1
        self._values, self._test = dict(values), test
        self.known = {**(few or {}), **{what: (value,) for what, value in values.items() if value is not None}}

    def bounds(self, pred: Pred, state: Mapping[Field, int | None]) -> Bounds:
        """As those of a grid."""
        self._values.update(state)
        found = self._test(pred)(self._values)
        return int(found is True), int(found is not False)

    def held(self, what: Field, within: Sequence[Interval]) -> int:
        """The packets of which a field surely lies in one of some intervals."""
        value = self._values[what]
        return int(value is not None and any(low <= value <= high for low, high in within))

    def tells(self, what: Field) -> bool:
        """Whether something is said of a field."""
        return self._values[what] is not None


class Grid:
    """All packets that the axes span. `loose` are the bits of fields that are not the same in all packets."""

    def __init__(self, axes: Sequence[Axis], fixed: Mapping[Field, int], loose: Mapping[Field, int]) -> None:
        self.axes = {axis.field: axis for axis in axes}
        self._fixed, self._loose = fixed, loose
        self._strides: dict[Field, int] = {}
        self.size = 1
        for axis in axes:
            self._strides[axis.field] = self.size
            self.size *= len(axis.pieces)
        self.full = (1 << self.size) - 1
        self._repeats = {
            axis.field: self.full // ((1 << self._strides[axis.field] * len(axis.pieces)) - 1) if self.full else 0
            for axis in axes
        }
        self._known: dict[tuple[Field, int, int], int] = {}
        self._sets: dict[int, tuple[Within, Bounds]] = {}

    def bounds(self, pred: Pred, state: Mapping[Field, int | None]) -> Bounds:
        """The lower and the upper set of a Pred; `state` are fields that are the same in all packets just now."""
        match pred:
            case Const(value):
                return (self.full, self.full) if value else (0, 0)
            case Not(inner):
                lower, upper = self.bounds(inner, state)
                return self.full ^ upper, self.full ^ lower
            case And(preds):
                return self._all(preds, state)
            case Or(preds):
                lower = upper = 0
                for item in preds:
                    some, most = self.bounds(item, state)
                    lower, upper = lower | some, upper | most
                return lower, upper
            case Masked() | Within():
                return self._literal(pred, state)
            case Query(_, known):
                return (0, self.full) if known is None else self.bounds(known, state)
            case Opaque():
                return 0, self.full

    def _all(self, preds: tuple[Pred, ...], state: Mapping[Field, int | None]) -> Bounds:
        lower = upper = self.full
        for item in preds:
            some, most = self.bounds(item, state)
            lower, upper = lower & some, upper & most
            if not upper:
                break
        return lower, upper

    def _literal(self, literal: Masked | Within, state: Mapping[Field, int | None]) -> Bounds:
        what = literal.field
        if what in self.axes:
            if isinstance(literal, Masked) or len(literal.intervals) <= FEW:
                return self._on_axis(literal)
            # A set that many rules ask.
            known = self._sets.get(id(literal))
            if known is None:
                known = self._sets[id(literal)] = (literal, self._on_axis(literal))
            return known[1]
        value = state[what] if what in state else self._fixed.get(what)
        return self._settled(literal, value, self._loose.get(what, 0))

    def _on_axis(self, literal: Masked | Within) -> Bounds:
        found = intervals(literal)
        if found is None:
            return 0, self.full
        axis = self.axes[literal.field]
        lower = upper = 0
        for low, high in found:
            lower |= self._span(literal.field, *axis.within(low, high))
            upper |= self._span(literal.field, *axis.touched(low, high))
        return lower, upper

    def _settled(self, literal: Masked | Within, value: int | None, loose: int) -> Bounds:
        """A literal about a field that all packets share but for its loose bits; None is any value."""
        if value is None:
            return 0, self.full
        if isinstance(literal, Within):
            if loose:
                return 0, self.full
            holds = any(low <= value <= high for low, high in literal.intervals)
        else:
            holds = (value ^ literal.value) & literal.mask & ~loose == 0
            if holds and literal.mask & loose:
                return 0, self.full
        return (self.full, self.full) if holds else (0, 0)

    def _span(self, what: Field, first: int, beyond: int) -> int:
        """The packets whose field lies in one of the pieces from `first` on."""
        if len(self.axes[what].pieces) > FEW:
            # Hardly two rules name the same sources, and what they name takes room.
            return self._block(what, first, beyond)
        key = (what, first, beyond)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._block(what, first, beyond)
        return found

    def _block(self, what: Field, first: int, beyond: int) -> int:
        if first >= beyond:
            return 0
        stride = self._strides[what]
        return (((1 << stride * (beyond - first)) - 1) << stride * first) * self._repeats[what]

    def held(self, what: Field, within: Sequence[Interval]) -> int:
        """The packets of which an axis surely lies in one of some intervals that are sorted and apart."""
        axis = self.axes[what]
        found = 0
        for low, high in within:
            found |= self._block(what, *axis.within(low, high))
        return found

    @property
    def known(self) -> dict[Field, tuple[int, ...]]:
        """The values of each field that has few."""
        shared = {what: (value,) for what, value in self._fixed.items() if what not in self._loose}
        return {**few({what: axis.pieces for what, axis in self.axes.items()}), **shared}

    def tells(self, what: Field) -> bool:
        """Whether something is said of a field."""
        return what in self.axes or what in self._fixed

    def having(self, what: Field, low: int, high: int | None = None) -> int:
        """The packets that may have a value from `low` to `high` in an axis."""
        return self._span(what, *self.axes[what].touched(low, low if high is None else high))

    def some(self, packets: int) -> dict[Field, Interval]:
        """One packet of a set that is not empty: the piece of each axis."""
        index = (packets & -packets).bit_length() - 1
        found = {}
        for what, axis in self.axes.items():
            index, place = divmod(index, len(axis.pieces))
            found[what] = axis.pieces[place]
        return found
