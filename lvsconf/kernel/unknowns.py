"""Numbers that the kernel chose and nobody was told: ports that nat took at random, addresses that nobody listed.

In the tuples of flows such a number stands as a negative one of its own, so that what shares it still shares it. It
becomes known when a packet comes in that would be of its flow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lvsconf.kernel.flows import FlowTuple
from lvsconf.kernel.skb import UNKNOWN, Skb
from lvsconf.kernel.vague import Unknown
from lvsconf.kernel.world import World, alike
from lvsconf.model.fields import Field

_LAST_PORT = 0xFFFF


def _parts(flow: FlowTuple) -> tuple[int, int, int, int]:
    return flow.src, flow.sport, flow.dst, flow.dport


def fresh(world: World, low: int, high: int, words: str) -> int:
    """A number from `low` to `high` of which no more is known."""
    number = UNKNOWN - 1 - len(world.unknowns)
    world.unknowns[number] = Unknown(low, high, words)
    return number


def put(skb: Skb, what: Field, number: int) -> None:
    """Give a packet a field's value, or the unknown number that it is."""
    skb.values[what] = None if number < 0 else number
    if number < 0:
        skb.numbers = {**skb.numbers, what: number}
    elif what in skb.numbers:
        skb.numbers = {field: other for field, other in skb.numbers.items() if field is not what}


def look_up(world: World, flow: FlowTuple) -> list[tuple[FlowTuple | None, World]]:
    """The tuple of an entry that a flow has; one branch more for each unknown number that may make it so."""
    if flow in world.entries:
        return [(flow, world)]
    if not world.unknowns:
        return [(None, world)]
    for other in world.entries:
        parts = _differences(flow, other)
        if parts is None:
            continue
        mine, theirs = zip(*parts, strict=True)
        if all(part == UNKNOWN for part in mine) and max(theirs) < UNKNOWN:
            # The packet carries the very number: it was rewritten by this entry, or answers one that was.
            return [(other, world)]
        unknown = world.unknowns.get(theirs[0])
        if len(parts) == 1 and unknown is not None and unknown.may_be(mine[0]):
            return _two_ways(world, flow, theirs[0], mine[0])
    return [(None, world)]


def _differences(flow: FlowTuple, other: FlowTuple) -> list[tuple[int, int]] | None:
    """The parts that may be the same number; None where the tuples are surely not the same."""
    if (flow.proto, flow.family, flow.zone) != (other.proto, other.family, other.zone):
        return None
    found = [(a, b) for a, b in zip(_parts(flow), _parts(other), strict=True) if a != b]
    return found if all(min(pair) < 0 for pair in found) else None


def _two_ways(world: World, flow: FlowTuple, number: int, value: int) -> list[tuple[FlowTuple | None, World]]:
    unknown = world.unknowns[number]
    other = world.fork()
    shown = value if unknown.high <= _LAST_PORT else world.family.text(value)
    world.when.append(f"{unknown.words} is {shown}")
    world.guesses += 1
    _settle(world, number, value)
    other.when.append(f"{unknown.words} is not {shown}")
    other.unknowns[number] = replace(unknown, excluded=unknown.excluded | {value})
    return [(flow, world), *look_up(other, flow)]


def _settle(world: World, number: int, value: int) -> None:
    """The number is known from here on."""

    def told(flow: FlowTuple) -> FlowTuple:
        src, sport, dst, dport = (value if part == number else part for part in _parts(flow))
        return flow._replace(src=src, sport=sport, dst=dst, dport=dport)

    for entry in {id(entry): entry for entry in world.entries.values()}.values():
        entry.orig, entry.reply = told(entry.orig), told(entry.reply)
    world.entries = alike(world.entries, [(told(flow), entry) for flow, entry in world.entries.items()])
    world.expectations = [
        replace(item, master=told(item.master), flow=None if item.flow is None else told(item.flow))
        for item in world.expectations
    ]


def may_be_one_of(world: World, others: Iterable[FlowTuple]) -> bool:
    """Whether the walking packet, of which not all is known, may be of one of those flows; no if all is known."""
    flow = world.skb.flow
    if not is_vague(flow):
        return False
    for other in others:
        parts = _differences(flow, other)
        if parts is not None and all(may_be(world, mine, value) for mine, value in parts):
            return True
    return False


def is_vague(flow: FlowTuple) -> bool:
    """Whether a part of it is unknown."""
    return any(part < 0 for part in _parts(flow))


def may_be(world: World, number: int, value: int) -> bool:
    """Whether a part of a flow may have a value."""
    unknown = world.unknowns.get(number)
    return unknown.may_be(value) if unknown is not None else number in (UNKNOWN, value)


def give_up(world: World, what: str) -> list[World]:
    """A number that nobody knows decides what becomes of the packet."""
    world.when.append(f"a number that nat took at random decides {what}")
    world.lost = True
    return [world]
