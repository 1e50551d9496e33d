"""Packets found for a Pred are packets that it holds for."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.model.fields import CT_STATE, DPORT, DST, PROTO, SRC, TCP_FLAGS, Field
from lvsconf.model.preds import FALSE, TRUE, And, Masked, Not, Opaque, Or, Pred, Within, equals, masked, one_of
from lvsconf.packets.one import Values, answer
from lvsconf.packets.solve import constraints, solve, speaks_of

FIELDS = (SRC, DST, DPORT, PROTO, CT_STATE, TCP_FLAGS)


_WHOLE = 2**32 - 1
"""All bits of an IPv4 address."""


def _numbers(what: Field) -> st.SearchStrategy[int]:
    return st.integers(0, min(what.full, 2**32 - 1))


def _literal(what: Field) -> st.SearchStrategy[Pred]:
    numbers = _numbers(what)
    span = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
    if what in (SRC, DST):
        masks = st.integers(0, 32).map(lambda bits: _WHOLE ^ ((1 << bits) - 1))
    else:
        # At least one bit: `masked` makes no other Preds.
        masks = numbers.map(lambda mask: mask | 1)
    bits = st.builds(lambda value, mask: masked(what, value, mask), numbers, masks)
    return bits | st.lists(span, min_size=1, max_size=2).map(lambda found: Within(what, tuple(found)))


LITERALS = st.sampled_from(FIELDS).flatmap(_literal)


def _grown(inner: st.SearchStrategy[Pred]) -> st.SearchStrategy[Pred]:
    several = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(inner.map(Not), several.map(And), several.map(Or))


PREDS = st.recursive(LITERALS | st.sampled_from([TRUE, FALSE, Opaque("nobody knows")]), _grown, max_leaves=8)
WHOLE = st.fixed_dictionaries({what: _numbers(what) for what in FIELDS})
PARTLY = st.fixed_dictionaries({what: st.none() | _numbers(what) for what in FIELDS})


@given(PREDS, PARTLY)
def test_the_pred_holds_for_what_is_found(pred: Pred, base: Values) -> None:
    before = dict(base)
    found = solve(pred, base)
    assert base == before
    if found is not None:
        assert answer(pred, found) is True
        changed = {what for what in FIELDS if found[what] != base[what]}
        assert all(speaks_of(pred, frozenset({what})) for what in changed)


@given(PREDS, WHOLE)
def test_a_packet_that_fits_is_left_alone(pred: Pred, base: Values) -> None:
    if answer(pred, base):
        assert solve(pred, base) == base


@given(st.tuples(*(_literal(what) for what in FIELDS)), PARTLY)
def test_one_condition_for_each_field_can_always_be_had(literals: tuple[Pred, ...], base: Values) -> None:
    assert solve(And(literals), base) is not None
    assert solve(Not(Or(tuple(Not(item) for item in literals))), base) is not None


@given(st.tuples(*(_literal(what) for what in FIELDS)), WHOLE)
def test_one_alternative_that_can_be_had_is_enough(literals: tuple[Pred, ...], base: Values) -> None:
    assert solve(Or((FALSE, Opaque("nobody knows"), *literals)), base) is not None


def _network(text: str, bits: int) -> Pred:
    return masked(SRC, int(IPv4Address(text)), _WHOLE ^ ((1 << (32 - bits)) - 1))


@pytest.mark.parametrize(
    ("pred", "what", "old", "expected"),
    [
        (equals(DPORT, 80), DPORT, 22, 80),
        (Not(equals(DPORT, 80)), DPORT, 80, 81),
        (Within(DPORT, ((1000, 2000),)), DPORT, 80, 1000),
        (Not(Within(DPORT, ((0, 65534),))), DPORT, 80, 65535),
        (Not(Within(DPORT, ((1, 65535),))), DPORT, 80, 0),
        (Not(Within(DPORT, ((0, 65535),))), DPORT, 80, None),
        (one_of(CT_STATE, (1, 2)), CT_STATE, 3, 1),
        (_network("203.0.113.0", 24), SRC, None, int(IPv4Address("203.0.113.10"))),
        (_network("203.0.113.0", 24), SRC, int(IPv4Address("192.0.2.3")), int(IPv4Address("203.0.113.3"))),
        (_network("203.0.113.4", 31), SRC, 0, int(IPv4Address("203.0.113.5"))),
        (_network("203.0.113.4", 32), SRC, 1, int(IPv4Address("203.0.113.4"))),
        (Masked(TCP_FLAGS, 2, 0x17), TCP_FLAGS, 0x28, 0x2A),
        (Masked(TCP_FLAGS, 2, 0x17), TCP_FLAGS, None, 0x02),
        (And((equals(DPORT, 80), equals(DPORT, 81))), DPORT, 80, None),
        (Opaque("nobody knows"), DPORT, 80, None),
        (FALSE, DPORT, 80, None),
        (TRUE, DPORT, 80, 80),
    ],
)
def test_values_at_the_edges(pred: Pred, what: Field, old: int | None, expected: int | None) -> None:
    found = solve(pred, {what: old})
    assert (found and found[what]) == expected


def test_a_mask_with_holes_can_be_had() -> None:
    assert solve(Masked(SRC, 10 << 24, 0xFF0000FD), {SRC: 1 << 24}) is not None


@given(PREDS)
def test_constraints_are_the_literals_of_their_field(pred: Pred) -> None:
    for what in FIELDS:
        found = list(constraints(pred, what))
        assert all(item.field is what for item in found)
        assert speaks_of(pred, frozenset({what})) is bool(found)
        assert list(constraints(Not(pred), what)) == found
