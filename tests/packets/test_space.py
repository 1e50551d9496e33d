"""Decision diagrams against the plain meaning of Preds."""

from __future__ import annotations

from ipaddress import IPv4Address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.model.fields import DST, MARK, PROTO, SRC, Field
from lvsconf.model.preds import And, Not, Opaque, Pred, Within, equals, masked
from lvsconf.packets.one import answer
from lvsconf.packets.space import Space
from tests.packets.preds import KNOWN, PARTLY, PREDS, WIDE, completions, holds

SMALL = 1 << 14
NUMBERS = st.integers(0, WIDE.full)


def padded(space: Space, packet: dict[Field, int]) -> dict[Field, int]:
    return {**dict.fromkeys(space.fields, 0), **packet}


@given(pred=PREDS, packet=KNOWN)
def test_a_pred_without_unknowns_is_exact(pred: Pred, packet: dict[Field, int]) -> None:
    space = Space(4, nodes=SMALL)
    lower, upper = space.bounds(pred)
    assert lower == upper
    assert space.holds(lower, padded(space, packet)) is holds(pred, packet)


@given(pred=PREDS, packet=PARTLY)
def test_fixed_fields_count_in_all_packets(pred: Pred, packet: dict[Field, int | None]) -> None:
    """A field of which nothing is known makes bounds that every packet it may be lies in."""
    space = Space(4, packet, SMALL)
    lower, upper = space.bounds(pred)
    whole = space.everything
    found = {holds(pred, each) for each in completions(packet)}
    if answer(pred, packet) is not None:
        assert found == {answer(pred, packet)}
    assert lower in (space.nothing, whole)
    assert upper in (space.nothing, whole)
    assert lower == space.nothing or found == {True}
    assert upper == whole or found == {False}


def test_the_unknown_is_never_certain() -> None:
    space = Space(4, nodes=SMALL)
    unknown = Opaque("nobody knows")
    here = equals(PROTO, 6)
    lower, upper = space.bounds(And((here, unknown)))
    assert not lower
    assert upper == space.bounds(here).upper
    lower, upper = space.bounds(Not(And((here, unknown))))
    assert lower == ~space.bounds(here).lower
    assert upper == space.everything


@given(packet=KNOWN, value=NUMBERS, mask=NUMBERS, pred=PREDS)
def test_an_assignment_moves_every_packet(packet: dict[Field, int], value: int, mask: int, pred: Pred) -> None:
    """The packets afterwards are exactly the moved ones (xt_mark.c mark_tg)."""
    space = Space(4, nodes=SMALL)
    before = space.bounds(pred).upper
    after = space.assigned(before, WIDE, value, mask)
    origins = [{**packet, WIDE: old} for old in range(WIDE.full + 1) if (old & ~mask) ^ value == packet[WIDE]]
    assert space.holds(after, padded(space, packet)) is any(holds(pred, each) for each in origins)


@given(pairs=st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)), max_size=6))
def test_the_intervals_of_a_set_are_its_addresses(pairs: list[tuple[int, int]]) -> None:
    space = Space(4, nodes=SMALL)
    wanted = tuple((min(pair), max(pair)) for pair in pairs)
    found = list(space.intervals(space.bounds(Within(SRC, wanted)).upper, SRC))
    assert all(high + 1 < low for (_, high), (low, _) in pairwise(found))
    edges = {edge + step for interval in (*wanted, *found) for edge in interval for step in (-1, 0, 1)}
    for number in edges:
        inside = any(low <= number <= high for low, high in wanted)
        assert inside is any(low <= number <= high for low, high in found)


def test_classes_go_with_the_same_rest() -> None:
    space = Space(4, nodes=SMALL)
    one, two, web = (int(IPv4Address(text)) for text in ("192.0.2.1", "192.0.2.2", "203.0.113.80"))
    packets = (space.bounds(Within(SRC, ((one, two),))).upper) & space.bounds(equals(DST, web)).upper
    classes = {tuple(space.intervals(values, SRC)): rest for values, rest in space.classes(packets, SRC)}
    assert classes[(one, two),] == space.bounds(equals(DST, web)).upper
    assert not classes[(0, one - 1), (two + 1, 2**32 - 1)]
    assert space.swapped(space.swapped(packets, SRC, DST), SRC, DST) == packets


def test_classes_need_the_fields_before_settled() -> None:
    space = Space(4, nodes=SMALL)
    with pytest.raises(ValueError, match=r"before ip\.dst"):
        space.classes(space.bounds(equals(SRC, 1)).upper, DST)


def test_what_grows_too_large_is_said() -> None:
    space = Space(4, nodes=2000)
    with pytest.raises(MemoryError):
        space.bounds(And(tuple(Not(masked(MARK, number * 7919 & 0x55555555, 0x55555555)) for number in range(4000))))


@given(one=PREDS, other=PREDS)
def test_a_shared_packet_is_in_both_sets(one: Pred, other: Pred) -> None:
    space = Space(4, nodes=SMALL)
    first, second = space.bounds(one).upper, space.bounds(other).upper
    usual = space.shared(second, space.everything, ()) or []
    found = space.shared(first, second, usual)
    if found is not None:
        values = space.values(found)
        assert space.holds(first & second, values)
        assert values.keys() == set(space.fields)
    if first and not first - second:
        assert found is not None
    if not first & second:
        assert found is None
