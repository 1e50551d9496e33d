"""Networks inside each other, of which the one with the longest prefix decides (ip_set_hash_gen.h mtype_test_cidrs).

The networks of one call lie in each other or apart, and no two cover the same addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple


class Outcome(Enum):
    """What the deciding network says; NONE when there is none."""

    YES = "yes"
    NO = "no"
    NONE = "none"


class Net(NamedTuple):
    """The addresses of a network, whether it says yes, and whether it is sure to be there."""

    first: int
    last: int
    positive: bool = True
    lasting: bool = True


Stretch = tuple[int, int, frozenset[Outcome]]
"""First and last address, and everything that may come out there."""


def covering(nets: Iterable[Net]) -> Iterator[tuple[int, int, Sequence[Net]]]:
    """The addresses that networks cover, cut where these begin and end: first, last, and the networks, widest first."""
    stack: list[Net] = []
    position = 0
    for net in sorted(nets, key=lambda each: (each.first, -each.last)):
        while stack and stack[-1].last < net.first:
            if position <= stack[-1].last:
                yield position, stack[-1].last, stack
            position = stack.pop().last + 1
        if stack and position < net.first:
            yield position, net.first - 1, stack
        position = net.first
        stack.append(net)
    while stack:
        if position <= stack[-1].last:
            yield position, stack[-1].last, stack
        position = stack.pop().last + 1


def outcomes(nets: Iterable[Net]) -> list[Stretch]:
    """What may come out, for each stretch of addresses."""
    return [(first, last, _outcome(stack)) for first, last, stack in covering(nets)]


def _outcome(stack: Sequence[Net]) -> frozenset[Outcome]:
    """From the longest prefix on: what may be gone leaves the word to the next."""
    possible: set[Outcome] = set()
    for net in reversed(stack):
        possible.add(Outcome.YES if net.positive else Outcome.NO)
        if net.lasting:
            return frozenset(possible)
    return frozenset({*possible, Outcome.NONE})


def inside(nets: Iterable[Net]) -> dict[Net, list[Net]]:
    """For each network those that lie in it."""
    found: dict[Net, list[Net]] = {}
    stack: list[Net] = []
    for net in sorted(nets, key=lambda each: (each.first, -each.last)):
        while stack and stack[-1].last < net.first:
            stack.pop()
        for outer in stack:
            found[outer].append(net)
        found[net] = []
        stack.append(net)
    return found
