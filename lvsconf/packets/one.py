"""Pred for one packet: yes, no or unknown.

A packet is a mapping from Field to its value; the value None is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lvsconf.model.fields import Field
from lvsconf.model.preds import And, Const, Masked, Not, Opaque, Or, Pred, Within

Values = Mapping[Field, int | None]
Answer = bool | None
Test = Callable[[Values], Answer]


def compile_pred(pred: Pred) -> Test:
    """The function that answers `pred` for a packet: True, False, or None for unknown."""
    match pred:
        case Const():
            return _constant(pred.value)
        case Masked(what, value, mask):
            return _masked(what, value, mask)
        case Within(what, intervals):
            return _within(what, intervals)
        case Not(inner):
            return _not(compile_pred(inner))
        case And(preds):
            return _combined([compile_pred(item) for item in preds], stops=False)
        case Or(preds):
            return _combined([compile_pred(item) for item in preds], stops=True)
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
    def within(values: Values) -> Answer:
        found = values[what]
        return None if found is None else any(low <= found <= high for low, high in intervals)

    return within


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
