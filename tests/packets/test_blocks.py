"""Lists of blocks, ranges and exceptions: exactly what the intervals hold."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.model.preds import Pred
from lvsconf.packets.blocks import Scale, between, complement, listed
from lvsconf.packets.cubes import cubes
from lvsconf.packets.packet_set import Interval
from lvsconf.packets.space import Space
from tests.packets.preds import PREDS, WIDE

NUMBERS = frozenset(range(256))


def numbers(intervals: tuple[Interval, ...] | list[Interval]) -> set[int]:
    return {number for low, high in intervals for number in range(low, high + 1)}


def intervals_of(some: frozenset[int] | set[int]) -> list[Interval]:
    edges = sorted(some)
    starts = [number for number in edges if number - 1 not in some]
    ends = [number for number in edges if number + 1 not in some]
    return list(zip(starts, ends, strict=True))


@pytest.mark.parametrize("scale", [Scale(8), Scale(8, 4, 8)])
@given(some=st.frozensets(st.integers(0, 255), max_size=60) | st.frozensets(st.integers(0, 255)).map(NUMBERS.__sub__))
def test_a_list_holds_what_the_intervals_hold(scale: Scale, some: frozenset[int]) -> None:
    found = listed(intervals_of(some), scale)
    assert numbers(found.items) - numbers(found.exceptions) == some
    assert numbers(found.exceptions) <= numbers(found.items)
    assert all(here[1] < there[0] for here, there in pairwise(found.items))


@given(some=st.frozensets(st.integers(0, 255)))
def test_the_gaps_are_the_rest(some: frozenset[int]) -> None:
    assert numbers(complement(intervals_of(some), (0, 255))) == NUMBERS - some


@given(some=st.frozensets(st.integers(0, 255)), more=st.frozensets(st.integers(0, 255)))
def test_what_lies_between(some: frozenset[int], more: frozenset[int]) -> None:
    found = numbers(between(intervals_of(some), intervals_of(some | more), Scale(8)))
    assert some <= found <= some | more


@given(lower=PREDS, upper=PREDS)
def test_cubes_lie_between(lower: Pred, upper: Pred) -> None:
    space = Space(4, nodes=1 << 14)
    some, most = (space.only(space.bounds(each).upper, WIDE) for each in (lower, upper))
    found = cubes(space, some, some | most, WIDE, 8)
    assert found is not None
    held = space.nothing
    for value, mask in found:
        assert not value & ~mask
        held |= space.masked(WIDE, value, mask)
    assert not some - held
    assert not held - some - most
