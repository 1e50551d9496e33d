"""Three-valued answers: what is said of a packet with unknown fields holds however they turn out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.model.fields import IIF, Field, interface
from lvsconf.model.preds import (
    FALSE,
    TRUE,
    And,
    Const,
    Masked,
    Not,
    Opaque,
    Or,
    Pred,
    Within,
    all_of,
    any_of,
    interface_is,
    masked,
    negate,
    one_of,
)
from lvsconf.packets.one import Values, answer

FIRST, SECOND, THIRD = FIELDS = (Field("first", 2), Field("second", 2), Field("third", 1))


def _masked(what: Field) -> st.SearchStrategy[Pred]:
    numbers = st.integers(0, what.full)
    return st.builds(lambda value, mask: Masked(what, value & mask, mask), numbers, numbers)


def _within(what: Field) -> st.SearchStrategy[Pred]:
    pairs = st.tuples(st.integers(0, what.full), st.integers(0, what.full))
    intervals = pairs.map(lambda pair: (min(pair), max(pair)))
    return st.lists(intervals, max_size=2).map(lambda found: Within(what, tuple(found)))


def _reader(what: Field) -> st.SearchStrategy[Pred]:
    """An Opaque that answers from one field, as the extensions' do."""

    def odd(values: Values) -> bool | None:
        return None if what not in values else values[what] % 2 == 1

    return st.just(Opaque(f"{what.name} is odd", odd))


LITERALS = st.one_of(st.booleans().map(Const), *(make(what) for what in FIELDS for make in (_masked, _within, _reader)))


def preds(literals: st.SearchStrategy[Pred]) -> st.SearchStrategy[Pred]:
    def grown(inner: st.SearchStrategy[Pred]) -> st.SearchStrategy[Pred]:
        several = st.lists(inner, max_size=3).map(tuple)
        return st.one_of(inner.map(Not), several.map(And), several.map(Or))

    return st.recursive(literals, grown, max_leaves=8)


KNOWABLE = preds(LITERALS)
ANY = preds(LITERALS | st.just(Opaque("nobody knows")))
PACKETS = st.fixed_dictionaries({what: st.none() | st.integers(0, what.full) for what in FIELDS})


def completions(values: Values) -> Iterator[dict[Field, int]]:
    choices = [range(what.full + 1) if values[what] is None else (values[what],) for what in FIELDS]
    for found in product(*choices):
        yield dict(zip(FIELDS, found, strict=True))


def plainly(pred: Pred, values: dict[Field, int]) -> bool:
    """Two-valued logic, said once more."""
    match pred:
        case Const(value):
            return value
        case Not(inner):
            return not plainly(inner, values)
        case And(items):
            return all(plainly(item, values) for item in items)
        case Or(items):
            return any(plainly(item, values) for item in items)
        case Masked(what, value, mask):
            return values[what] & mask == value
        case Within(what, intervals):
            return any(values[what] in range(low, high + 1) for low, high in intervals)
        case Opaque(_, one):
            return bool(one(values))


@given(ANY, PACKETS)
def test_what_is_answered_holds_for_every_completion(pred: Pred, values: Values) -> None:
    found = answer(pred, values)
    if found is not None:
        assert {answer(pred, whole) for whole in completions(values)} == {found}


@given(KNOWABLE, PACKETS)
def test_a_whole_packet_gets_the_plain_answer(pred: Pred, values: Values) -> None:
    for whole in completions(values):
        assert answer(pred, whole) is plainly(pred, whole)


@given(st.sampled_from(FIELDS).flatmap(lambda what: st.one_of(_masked(what), _within(what))), PACKETS)
def test_one_literal_is_unknown_only_when_its_field_is(pred: Pred, values: Values) -> None:
    assert (answer(pred, values) is None) is (values[pred.field] is None)


@given(st.lists(ANY, max_size=3), PACKETS)
def test_de_morgan(items: list[Pred], values: Values) -> None:
    inverted = tuple(Not(item) for item in items)
    assert answer(Not(And(tuple(items))), values) is answer(Or(inverted), values)
    assert answer(Not(Or(tuple(items))), values) is answer(And(inverted), values)


@given(ANY, PACKETS)
def test_double_negation(pred: Pred, values: Values) -> None:
    assert answer(Not(Not(pred)), values) is answer(pred, values)
    assert answer(negate(negate(pred)), values) is answer(pred, values)
    assert answer(negate(pred), values) is answer(Not(pred), values)
    assert negate(pred, False) is pred


@given(st.lists(ANY, max_size=3), PACKETS)
def test_short_forms_mean_the_same(items: list[Pred], values: Values) -> None:
    assert answer(all_of(items), values) is answer(And(tuple(items)), values)
    assert answer(any_of(items), values) is answer(Or(tuple(items)), values)


@pytest.mark.parametrize(
    ("pred", "expected"),
    [
        (And((Opaque("x"), FALSE)), False),
        (And((Opaque("x"), TRUE)), None),
        (Or((Opaque("x"), TRUE)), True),
        (Or((Opaque("x"), FALSE)), None),
        (Not(Opaque("x")), None),
        (And(()), True),
        (Or(()), False),
        (masked(FIRST, 3, 0), True),
        (Within(FIRST, ()), None),
        (one_of(SECOND, (3, 1)), True),
        (Opaque("sees only what is known", lambda values: set(values) == {SECOND, THIRD}), True),
    ],
)
def test_unknown_decides_nothing_by_itself(pred: Pred, expected: bool | None) -> None:
    assert answer(pred, {FIRST: None, SECOND: 1, THIRD: 0}) is expected


@pytest.mark.parametrize(
    ("pattern", "taken", "refused"),
    [
        ("eth1", ["eth1"], ["eth10", "eth", "eth0", "xeth1", ""]),
        ("eth+", ["eth", "eth1", "eth10", "eth+"], ["et", "wlan0", ""]),
        ("eth1+", ["eth1", "eth10"], ["eth0", "eth", ""]),
        ("+", ["eth1", "eth10", "lo", ""], []),
        ("et+h", ["et+h"], ["eth", "etxh"]),
        ("a-name-of-15-ch", ["a-name-of-15-ch"], ["a-name-of-15-c", "a-name-of-14-ch"]),
    ],
)
def test_interfaces_match_as_in_the_kernel(pattern: str, taken: list[str], refused: list[str]) -> None:
    pred = interface_is(IIF, pattern)
    assert {name: answer(pred, {IIF: interface(name)}) for name in (*taken, *refused)} == {
        **dict.fromkeys(taken, True),
        **dict.fromkeys(refused, False),
    }


NAMES = st.text("eth01", max_size=15)


@given(NAMES, NAMES, st.booleans())
def test_a_plus_at_the_end_makes_a_prefix(pattern: str, name: str, prefix: bool) -> None:
    if not pattern and not prefix:
        return
    expected = name.startswith(pattern) if prefix else name == pattern
    assert answer(interface_is(IIF, pattern + "+" * prefix), {IIF: interface(name)}) is expected
