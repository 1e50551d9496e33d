"""Finding the few of many ways that a packet's value allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lvsconf.model.fields import Field
from lvsconf.model.preds import And, Masked, Pred, Within

Interval = tuple[int, int]
"""First and last value."""

_ROOM = 8
"""An index may have so many times more entries than there are ways: nested ways stand in several places."""


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same values in sorted intervals that neither overlap nor touch."""
    found: list[Interval] = []
    for low, high in sorted(intervals):
        if found and low <= found[-1][1] + 1:
            if high > found[-1][1]:
                found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Table:
    """From `starts[i]` up to the next start, the ways at `places[i]` are the only ones; the first start is 0."""

    field: Field
    starts: tuple[int, ...]
    places: tuple[tuple[int, ...], ...]


def candidates(preds: Sequence[Pred]) -> Table | None:
    """The table for the field that cuts the ways best; None when no field is named by all of them."""
    named = [dict(_named(pred)) for pred in preds]
    common = [what for what in named[0] if all(what in each for each in named)]
    tables = [_table(what, [each[what] for each in named]) for what in common]
    return min((table for table in tables if table), key=lambda table: max(map(len, table.places)), default=None)


def _named(pred: Pred) -> Iterator[tuple[Field, tuple[Interval, ...]]]:
    """The fields that have to lie in some intervals for a Pred to hold."""
    match pred:
        case And(preds):
            for item in preds:
                yield from _named(item)
        case Within(what, intervals):
            yield what, intervals
        case Masked(what, value, mask):
            spare = what.full ^ mask
            if not spare & (spare + 1):  # a prefix
                yield what, ((value, value | spare),)
        case _:
            return


def _table(what: Field, ways: Sequence[tuple[Interval, ...]]) -> Table | None:
    events: list[tuple[int, int, int]] = []
    for place, intervals in enumerate(ways):
        for low, high in merged(intervals):
            events += [(low, 1, place), (high + 1, 0, place)]
    room = _ROOM * len(events)
    starts: list[int] = [0]
    places: list[tuple[int, ...]] = [()]
    open_places: set[int] = set()
    now = 0
    for value, begins, place in sorted(events):
        if value != now:
            room -= len(open_places)
            if room < 0:
                return None
            places[-1] = tuple(sorted(open_places))
            starts.append(value)
            places.append(())
            now = value
        if begins:
            open_places.add(place)
        else:
            open_places.discard(place)
    return Table(what, tuple(starts), tuple(places))
