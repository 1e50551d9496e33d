"""Numbers that note what is asked of them: what they answer is what an int answers, for all of the set they note."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.kernel.flows import FlowTuple
from lvsconf.model.fields import DF, DPORT, IPVS_PROPERTY, SPORT, SRC, Field
from lvsconf.model.preds import Pred
from lvsconf.packets.asked import Asking
from lvsconf.packets.drawn import Drawn, Facts, Keyed, address4, among, plain
from lvsconf.packets.one import answer, compile_pred
from lvsconf.packets.space import Space
from lvsconf.packets.ways import compiled
from tests.packets.preds import PARTLY, PREDS, WIDE

PORTS = st.integers(0, 0xFFFF)
QUESTIONS: dict[str, Callable[[int, int], object]] = {
    "==": lambda number, other: number == other,
    "!=": lambda number, other: number != other,
    "<": lambda number, other: number < other,
    "<=": lambda number, other: other <= number,
    ">": lambda number, other: number > other,
    ">=": lambda number, other: other >= number,
    "bool": lambda number, _: bool(number),
    "&": lambda number, other: number & 0xFF00 == other & 0xFF00,
    "& &": lambda number, other: number & 0xFFF0 & other,
    "^": lambda number, other: number ^ other == 7,
    "|": lambda number, other: (number | 0xFF) == other | 0xFF,
    "netmap": lambda number, other: other & 0xFF00 | number & 0xFF,
    "& ^ <": lambda number, other: (number & 0xFF ^ 0x5500) < other,
    "+": lambda number, other: number + other,
    ">>": lambda number, _: number >> 8,
    "hash": lambda number, other: number in {other, 80, 443},
    "among": lambda number, other: among(number, frozenset({other, 80, 443})),
    "between": lambda number, other: other <= number <= other + 100,
}


@pytest.mark.parametrize("name", QUESTIONS)
@given(number=PORTS, other=PORTS, third=PORTS)
def test_a_question_is_answered_alike_for_all_that_are_noted(name: str, number: int, other: int, third: int) -> None:
    ask = QUESTIONS[name]
    facts = Facts(Space(4, nodes=1 << 12))
    found = ask(Drawn(facts, SPORT, number), other)
    expected = ask(number, other)
    # What comes of bits is a drawn number again, which has noted nothing yet.
    assert (plain(found) if isinstance(found, int) else found) == expected
    noted = {**dict.fromkeys(facts.space.fields, 0), SPORT: number}
    assert facts.space.holds(facts.packets, noted)
    for candidate in {third, other, number ^ 1, number + 1 & 0xFFFF}:
        if facts.space.holds(facts.packets, {**noted, SPORT: candidate}):
            there = ask(candidate, other)
            if isinstance(found, Drawn):
                assert there == (candidate & found.mask) ^ found.change
            else:
                assert there == expected


@given(one=PORTS, other=PORTS, candidate=PORTS)
def test_two_drawn_numbers(one: int, other: int, candidate: int) -> None:
    facts = Facts(Space(4, nodes=1 << 12))
    assert (Drawn(facts, SPORT, one) == Drawn(facts, DPORT, other)) is (one == other)
    noted = {**dict.fromkeys(facts.space.fields, 0), SPORT: one, DPORT: other}
    assert facts.space.holds(facts.packets, noted)
    for changed in ({SPORT: candidate}, {DPORT: candidate}, {SPORT: candidate, DPORT: candidate}):
        there = {**noted, **changed}
        if facts.space.holds(facts.packets, there):
            assert (there[SPORT] == there[DPORT]) is (one == other)


def test_the_same_number_needs_no_question() -> None:
    facts = Facts(Space(4, nodes=1 << 12))
    one, other = Drawn(facts, SPORT, 7), Drawn(facts, SPORT, 7)
    assert (one == other, one <= other, one >= other, one < other, one > other) == (True, True, True, False, False)
    assert facts.packets == facts.space.everything


def test_a_network_asks_for_its_bits_alone() -> None:
    facts = Facts(Space(4, nodes=1 << 12))
    assert address4(Drawn(facts, SRC, 0x0A010203)) in IPv4Network("10.0.0.0/8")
    assert list(facts.space.intervals(facts.packets, SRC)) == [(0x0A000000, 0x0AFFFFFF)]


def flow(facts: Facts, src: int, sport: int) -> FlowTuple:
    return FlowTuple(Drawn(facts, SRC, src), Drawn(facts, SPORT, sport), 9, 80, 6)


def test_a_table_finds_what_is_the_same_for_all_without_a_question() -> None:
    facts = Facts(Space(4, nodes=1 << 12))
    table: Keyed[FlowTuple, str] = Keyed([(flow(facts, 1, 2), "mine")])
    assert table.get(flow(facts, 1, 2)) == "mine"
    assert table.get(FlowTuple(5, 5, 5, 5, 17)) is None
    assert facts.packets == facts.space.everything


def test_a_table_notes_what_makes_the_difference() -> None:
    facts = Facts(Space(4, nodes=1 << 12))
    table: Keyed[FlowTuple, str] = Keyed([(FlowTuple(7, 7, 9, 80, 6), "other")])
    assert table.get(flow(facts, 1, 2)) is None
    assert list(facts.space.intervals(facts.packets, SRC)) == [(0, 6), (8, 0xFFFFFFFF)]
    assert table.pop(FlowTuple(7, 7, 9, 80, 6)) == "other"
    table[flow(facts, 1, 2)] = "mine"
    assert table.get(FlowTuple(1, 2, 9, 80, 6)) == "mine"
    assert list(facts.space.intervals(facts.packets, SRC)) == [(1, 1)]


@given(pred=PREDS, packet=PARTLY, mask=st.integers(1, 7), change=st.integers(0, 7), counted=st.integers(0, 1))
def test_a_pred_is_answered_alike_for_all_that_are_noted(
    pred: Pred, packet: dict[Field, int | None], mask: int, change: int, counted: int
) -> None:
    asking = Asking(Space(4, nodes=1 << 14))
    facts = asking.begin()
    wide = packet[WIDE] or 0

    def seen(number: int, bit: int) -> dict[Field, int | None]:
        return {**packet, WIDE: number & mask ^ change, DF: bit}

    drawn = {**packet, WIDE: Drawn(facts, WIDE, wide, mask, change), DF: Drawn(facts, IPVS_PROPERTY, counted)}
    found = asking.test(pred)(drawn)
    assert found == answer(pred, seen(wide, counted))
    for number, bit in product(range(8), range(2)):
        place = {**dict.fromkeys(asking.space.fields, 0), WIDE: number, IPVS_PROPERTY: bit}
        if asking.space.holds(facts.packets, place):
            assert answer(pred, seen(number, bit)) == found
        else:
            assert (number, bit) != (wide, counted)


@given(listed=st.lists(PREDS, max_size=5), packet=PARTLY, start=st.integers(0, 5))
def test_the_first_that_holds_is_the_same_for_all_that_are_noted(
    listed: list[Pred], packet: dict[Field, int | None], start: int
) -> None:
    asking = Asking(Space(4, nodes=1 << 14))
    facts = asking.begin()
    wide = packet[WIDE] or 0
    start = min(start, len(listed))
    one = compiled(listed, compile_pred)
    found = asking.ways(listed).first({**packet, WIDE: Drawn(facts, WIDE, wide)}, start)
    assert found == one.first({**packet, WIDE: wide}, start)
    for number in range(8):
        place = {**dict.fromkeys(asking.space.fields, 0), WIDE: number}
        if asking.space.holds(facts.packets, place):
            assert one.first({**packet, WIDE: number}, start) == found
        else:
            assert number != wide
