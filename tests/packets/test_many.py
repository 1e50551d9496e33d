"""Sets of packets against single ones: the answer for a packet lies within the answer for the set that holds it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lvsconf.model.fields import CT_DIRECTION, DF, DPORT, IPVS_PROPERTY, SPORT, SRC, TCP_FLAGS, TTL, Field
from lvsconf.model.preds import Masked, Not, Opaque, Pred, Within, equals, masked
from lvsconf.packets.many import IPV4, Axis, Grid, OneCell, cut, intervals, joined
from lvsconf.packets.one import compile_pred
from lvsconf.packets.solve import constraints
from tests.packets.preds import KNOWN, PREDS, WIDE, holds

NUMBERS = st.integers(0, WIDE.full)


def spans(what: Field, pred: Pred, join: bool) -> Axis:
    pieces = cut([(0, what.full)], constraints(pred, what))
    return Axis(what, joined(pieces) if join else pieces)


@given(pred=PREDS, packet=KNOWN, join=st.booleans())
def test_a_packet_lies_between_the_sets(pred: Pred, packet: dict[Field, int], join: bool) -> None:
    """Two fields are axes, one is shared, one is anything."""
    axes = [spans(WIDE, pred, join), spans(DF, pred, join)]
    grid = Grid(axes, {CT_DIRECTION: packet[CT_DIRECTION]}, {})
    lower, upper = grid.bounds(pred, {})
    cell = grid.having(WIDE, packet[WIDE]) & grid.having(DF, packet[DF])
    assert cell.bit_count() == 1
    found = holds(pred, packet)
    assert not lower & cell or found
    assert upper & cell or not found
    assert lower & ~upper == 0


@given(pred=PREDS, packet=KNOWN)
def test_uncut_axes_are_exact(pred: Pred, packet: dict[Field, int]) -> None:
    values = {what: [equals(what, value) for value in range(what.full + 1)] for what in packet}
    axes = [Axis(what, tuple((each.value, each.value) for each in those)) for what, those in values.items()]
    grid = Grid(axes, {}, {})
    gaps = any(intervals(item) is None for item in constraints(pred, WIDE))
    assume(not gaps)
    lower, upper = grid.bounds(pred, {})
    cell = grid.full
    for what, value in packet.items():
        cell &= grid.having(what, value)
    assert lower == upper
    assert bool(upper & cell) is holds(pred, packet)
    assert {what: (value, value) for what, value in packet.items()} == grid.some(cell)


@given(pred=PREDS, packet=KNOWN, shared=st.sets(st.sampled_from([WIDE, DF, CT_DIRECTION])))
def test_one_cell_says_no_more_than_is_known(pred: Pred, packet: dict[Field, int], shared: set[Field]) -> None:
    values = {what: value if what in shared else None for what, value in packet.items()}
    lower, upper = OneCell(values, compile_pred).bounds(pred, {IPVS_PROPERTY: packet[IPVS_PROPERTY]})
    assert lower <= holds(pred, packet) <= upper


@given(low=NUMBERS, high=NUMBERS, mask=NUMBERS, value=NUMBERS)
def test_the_intervals_of_a_literal_are_its_values(low: int, high: int, mask: int, value: int) -> None:
    for literal in (Within(WIDE, ((min(low, high), max(low, high)),)), Masked(WIDE, value & mask, mask)):
        found = intervals(literal)
        if found is not None:
            values = {each for first, last in found for each in range(first, last + 1)}
            assert values == {each for each in range(WIDE.full + 1) if holds(literal, {WIDE: each})}


ADDRESS = 0xC0000264


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        (equals(SRC, ADDRESS), ((ADDRESS, ADDRESS),)),
        (masked(SRC, ADDRESS, 0xFFFFFF00), ((0xC0000200, 0xC00002FF),)),
        (masked(SRC, ADDRESS, 0x000000FF), None),
        (equals(SRC, ADDRESS << 64), ()),
        (Within(DPORT, ((80, 80), (443, 443))), ((80, 80), (443, 443))),
    ],
)
def test_intervals_of_addresses_and_ports(literal: Masked | Within, expected: object) -> None:
    assert intervals(literal) == expected


def test_pieces_are_cut_where_literals_begin_and_end() -> None:
    literals = [Within(SPORT, ((1024, 5000),)), Within(SPORT, ((20, 20), (5000, 6000)))]
    pieces = cut([(1, 19), (21, SPORT.full)], literals)
    assert pieces == ((1, 19), (21, 1023), (1024, 4999), (5000, 5000), (5001, 6000), (6001, 65535))
    assert joined(pieces) == ((1, 1023), (1024, 5000), (5001, 65535))


def test_bits_that_packets_differ_in_are_unknown() -> None:
    grid = Grid([], {TCP_FLAGS: 0x02}, {TCP_FLAGS: 0xC0})
    sides = {
        masked(TCP_FLAGS, 0x02, 0x17): (1, 1),
        masked(TCP_FLAGS, 0x12, 0x17): (0, 0),
        masked(TCP_FLAGS, 0x40, 0x40): (0, 1),
        masked(TCP_FLAGS, 0x50, 0x50): (0, 0),
        Within(TCP_FLAGS, ((2, 2),)): (0, 1),
    }
    assert {pred: grid.bounds(pred, {}) for pred in sides} == sides


def test_what_is_not_said_is_anything() -> None:
    grid = Grid([Axis(SRC, ((0, IPV4),))], {}, {})
    for pred in (equals(TTL, 64), Opaque("the hour")):
        assert grid.bounds(pred, {}) == grid.bounds(Not(pred), {}) == (0, 1)
        assert grid.bounds(pred, {TTL: 64}) == ((1, 1) if pred == equals(TTL, 64) else (0, 1))
    assert grid.tells(SRC)
    assert not grid.tells(TTL)
