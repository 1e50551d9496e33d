"""Finding a packet that a Pred holds for: boundary witnesses and clients that a rule lets in.

Not a decision procedure: it follows the shape of the Pred, and whoever uses the packet asks the Pred again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lvsconf.model.fields import DST, SRC, Field
from lvsconf.model.preds import And, Const, Masked, Not, Opaque, Or, Pred, Query, Within
from lvsconf.packets.one import Values, answer

Assignment = dict[Field, int | None]


def solve(pred: Pred, base: Values) -> Assignment | None:
    """`base` with as few changes as the Pred's shape suggests so that it holds; None when that fails."""
    found = dict(base)
    _satisfy(pred, found, True)
    return found if answer(pred, found) else None


def _satisfy(pred: Pred, found: Assignment, wanted: bool) -> None:
    match pred:
        case Const() | Opaque():
            return
        case Query(_, known):
            if known is not None:
                _satisfy(known, found, wanted)
        case Not(inner):
            _satisfy(inner, found, not wanted)
        case And(preds) | Or(preds):
            if isinstance(pred, And) is wanted:
                for item in preds:
                    _satisfy(item, found, wanted)
            elif answer(pred, found) is not wanted:
                _first(preds, found, wanted)
        case Masked(what, value, mask):
            _masked(what, value, mask, found, wanted)
        case Within(what, intervals):
            _within(what, intervals, found, wanted)


def _first(preds: tuple[Pred, ...], found: Assignment, wanted: bool) -> None:
    """One of several is enough: the first that can be had."""
    for item in preds:
        trial = dict(found)
        _satisfy(item, trial, wanted)
        if answer(item, trial) is wanted:
            found.update(trial)
            return


def _masked(what: Field, value: int, mask: int, found: Assignment, wanted: bool) -> None:
    old = found.get(what) or 0
    if (old & mask == value) is wanted and found.get(what) is not None:
        return
    if not wanted:
        found[what] = old ^ (mask & -mask)
        return
    fresh = (old & ~mask) | value
    if what in (SRC, DST) and mask != what.full and fresh & ~mask & 0xFFFFFFFF == 0 and fresh < 1 << 32:
        # A host address inside the network looks more natural than the network's own.
        spare = ~mask & 0xFFFFFFFF
        fresh |= (spare & 10) or (spare & -spare)
    found[what] = fresh


def _within(what: Field, intervals: tuple[tuple[int, int], ...], found: Assignment, wanted: bool) -> None:
    old = found.get(what)
    inside = old is not None and any(low <= old <= high for low, high in intervals)
    if inside is wanted:
        return
    if wanted:
        if intervals:
            found[what] = intervals[0][0]
        return
    for candidate in (*(high + 1 for _, high in intervals), *(low - 1 for low, _ in intervals)):
        if 0 <= candidate <= what.full and not any(low <= candidate <= high for low, high in intervals):
            found[what] = candidate
            return


def constraints(pred: Pred, what: Field | None = None) -> Iterator[Masked | Within]:
    """Every literal of a Pred that speaks of a field, or of any, negated or not."""
    match pred:
        case Masked() | Within():
            if what is None or pred.field is what:
                yield pred
        case Query(_, known):
            if known is not None:
                yield from constraints(known, what)
        case Not(inner):
            yield from constraints(inner, what)
        case And(preds) | Or(preds):
            for item in preds:
                yield from constraints(item, what)
        case Const() | Opaque():
            return


def speaks_of(pred: Pred, fields: Mapping[Field, object] | frozenset[Field]) -> bool:
    """Whether a Pred looks at one of the fields."""
    return any(next(constraints(pred, what), None) is not None for what in fields)
