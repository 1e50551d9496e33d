"""Pred for one packet: yes, no or unknown.

A packet is a mapping from Field to its value; the value None is unknown.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, MutableMapping

from lvsconf.model.fields import Field
from lvsconf.model.preds import And, Const, Masked, Not, Opaque, Or, Pred, Query, Within
from lvsconf.packets.index import Interval, candidates, merged

Values = Mapping[Field, int | None]
Answer = bool | None
Test = Callable[[Values], Answer]


Shared = MutableMapping[int, tuple[Pred, Test]]

MANY = 16
"""More intervals, or more ways, than this are looked up instead of tried one by one."""


def compile_pred(pred: Pred, shared: Shared | None = None) -> Test:
    """The function that answers `pred` for a packet: True, False, or None for unknown.

    `shared` has the functions for answers to queries that other Preds have as well, by identity.
    """
    match pred:
        case Const():
            return _constant(pred.value)
        case Masked(what, value, mask):
            return _masked(what, value, mask)
        case Within(what, intervals):
            return _within(what, intervals)
        case Not(inner):
            return _not(compile_pred(inner, shared))
        case And(preds):
            return _all(preds, shared)
        case Or(preds):
            return _any(preds, [compile_pred(item, shared) for item in preds])
        case Query(_, known):
            return _query(known, shared)
        case Opaque(_, one):
            return _opaque(one)


def answer(pred: Pred, values: Values) -> Answer:
    """`pred` for one packet, once. Compile it instead where it is asked often."""
    return compile_pred(pred)(values)


def _constant(value: bool) -> Test:
    return lambda _: value


def _masked(what: Field, value: int, mask: int) -> Test:
    if mask == what.full:

        def exact(values: Values) -> Answer:
            found = values[what]
            return None if found is None else found == value

        return exact

    def masked(values: Values) -> Answer:
        found = values[what]
        return None if found is None else found & mask == value

    return masked


def _within(what: Field, intervals: tuple[tuple[int, int], ...]) -> Test:
    if len(intervals) > MANY:
        return _among(what, merged(intervals))

    if len(intervals) == 1:
        ((lowest, highest),) = intervals

        def between(values: Values) -> Answer:
            found = values[what]
            return None if found is None else lowest <= found <= highest

        return between

    def within(values: Values) -> Answer:
        found = values[what]
        if found is None:
            return None
        for low, high in intervals:  # noqa: SIM110 - a generator costs more than the comparisons
            if low <= found <= high:
                return True
        return False

    return within


def _among(what: Field, intervals: tuple[Interval, ...]) -> Test:
    """`within` for many intervals, sorted and apart."""
    lows = [low for low, _ in intervals]
    highs = [high for _, high in intervals]

    def among(values: Values) -> Answer:
        found = values[what]
        if found is None:
            return None
        position = bisect_right(lows, found) - 1
        return position >= 0 and found <= highs[position]

    return among


def _all(preds: tuple[Pred, ...], shared: Shared | None) -> Test:
    """`and`; the plain comparisons are made first and without a call for each, since they rule most packets out."""
    parts = tuple(_parts(preds))
    plain = tuple((item.field, item.mask, item.value) for item in parts if isinstance(item, Masked))
    tests = [compile_pred(item, shared) for item in parts if not isinstance(item, Masked)]
    rest = None if not tests else tests[0] if len(tests) == 1 else _combined(tests, stops=False)
    if not plain:
        return rest or _constant(True)

    def every(values: Values) -> Answer:
        unknown = False
        for what, mask, value in plain:
            found = values[what]
            if found is None:
                unknown = True
            elif found & mask != value:
                return False
        last = True if rest is None else rest(values)
        return None if unknown and last else last

    return every


def _parts(preds: tuple[Pred, ...]) -> Iterator[Pred]:
    """What has to hold, with what stands in an `and` of its own."""
    for item in preds:
        if isinstance(item, And):
            yield from _parts(item.preds)
        else:
            yield item


def _any(preds: tuple[Pred, ...], tests: list[Test]) -> Test:
    """`or`; of many ways that all name a field, only those that name the packet's value are tried."""
    every = _combined(tests, stops=True)
    table = candidates(preds) if len(preds) > MANY else None
    if table is None:
        return every
    what, starts, places = table.field, table.starts, table.places
    # The ways for one stretch of values are many packets' business.
    known: dict[int, Test] = {}

    def some(values: Values) -> Answer:
        found = values[what]
        if found is None:
            return every(values)
        position = bisect_right(starts, found) - 1
        if position not in known:
            known[position] = _combined([tests[place] for place in places[position]], stops=True)
        return known[position](values)

    return some


def _query(known: Pred | None, shared: Shared | None) -> Test:
    if known is None:
        return lambda _: None
    if shared is None:
        return compile_pred(known)
    found = shared.get(id(known))
    if found is None:
        # The Pred is kept alive so that its identity stays its own.
        found = shared[id(known)] = (known, compile_pred(known, shared))
    return found[1]


def _not(test: Test) -> Test:
    def inverted(values: Values) -> Answer:
        found = test(values)
        return None if found is None else not found

    return inverted


def _combined(tests: list[Test], *, stops: bool) -> Test:
    """`and` stops at the first False, `or` at the first True; unknown wins over going on, never over stopping."""

    def combined(values: Values) -> Answer:
        unknown = False
        for test in tests:
            found = test(values)
            if found is stops:
                return stops
            unknown = unknown or found is None
        return None if unknown else not stops

    return combined


def _opaque(one: Callable[[Mapping[Field, int]], bool | None] | None) -> Test:
    if one is None:
        return lambda _: None

    def known(values: Values) -> Answer:
        return one({what: value for what, value in values.items() if value is not None})

    return known
