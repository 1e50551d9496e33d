"""Twins of a world share nothing that changes."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lvsconf.kernel.flows import Connection, Entry, Last, Template, Window
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import inject, start
from lvsconf.kernel.skb import RouteResult, Skb
from lvsconf.kernel.world import World
from lvsconf.model.fields import Field
from lvsconf.model.preds import Opaque
from lvsconf.packets.packet import Packet, parse_list
from tests.kernel import drawn
from tests.kernel.builders import director, host_of, packets

RECORDS = (World, Skb, Entry, Window, Last, Connection, Template)
"""What the engine changes in place."""
REPLACED = (RouteResult, Field)
"""What could be changed in place, and never is."""


def picture(value: Any, seen: dict[int, int]) -> Any:
    """Everything that can be reached, as plain values; a record that is reached again is its number."""
    if isinstance(value, RECORDS):
        if id(value) in seen:
            return f"#{seen[id(value)]}"
        seen[id(value)] = len(seen)
        names = [each.name for each in fields(value) if each.name != "kernel"]
        return (type(value).__name__, *((name, picture(getattr(value, name), seen)) for name in names))
    if isinstance(value, dict):
        return [(picture(key, seen), picture(each, seen)) for key, each in value.items()]
    if isinstance(value, list | tuple):
        return [picture(each, seen) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    return repr(value)


def changing(value: Any, found: dict[int, Any]) -> dict[int, Any]:
    """Every object that can be reached and changed in place, by its id."""
    if id(value) in found:
        return found
    if isinstance(value, RECORDS):
        found[id(value)] = value
        for each in fields(value):
            # What has become of packets is told, and not touched again.
            if each.name not in ("kernel", "results", "egress"):
                changing(getattr(value, each.name), found)
    elif isinstance(value, dict | list | set):
        found[id(value)] = value
        for each in [*value.keys(), *value.values()] if isinstance(value, dict) else value:
            changing(each, found)
    elif is_dataclass(value):
        frozen = type(value).__dataclass_params__.frozen
        assert frozen or type(value) in REPLACED, f"a twin has to have its own {type(value).__name__}"
    return found


def conversation(seed: int, odd: bool) -> tuple[Kernel, tuple[Packet, ...]]:
    made = (drawn.odd if odd else drawn.usual)(seed)
    return Kernel(host_of(made.files)), parse_list(made.packets)


def walk(world: World, packets: tuple[Packet, ...]) -> list[World]:
    worlds = [world]
    for packet in packets:
        worlds = [after for each in worlds for after in inject(each, packet)]
    return worlds


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.booleans(), st.integers(0, 14))
def test_a_twin_is_equal_and_goes_its_own_way(seed: int, odd: bool, cut: int) -> None:
    kernel, sent = conversation(seed, odd)
    whole = walk(start(kernel), sent)
    for world in walk(start(kernel), sent[:cut]):
        twin = world.fork()
        before = picture(world, {})
        assert picture(twin, {}) == before
        gone = walk(world, sent[cut:])
        assert picture(twin, {}) == before, "what the one did has changed the other"
        again = walk(twin, sent[cut:])
        assert [each.results for each in again] == [each.results for each in gone]
    if len(whole) == 1:
        assert [each.results for each in again] == [each.results for each in whole]


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.booleans())
def test_twins_share_no_record(seed: int, odd: bool) -> None:
    kernel, sent = conversation(seed, odd)
    for world in walk(start(kernel), sent):
        one, other = changing(world, {}), changing(world.fork(), {})
        assert [one[key] for key in one.keys() & other.keys()] == []


def unknown_world() -> World:
    """A world in the middle of a packet's walk, with every kind of record."""
    services = ("-A -t VIP:80 -s rr -p 60", "-a -t VIP:80 -r RIP:80 -m -w 1 -x 1", "-a -t VIP:80 -r RIP2:80 -m -w 1")
    files = director(services, ["filter -A INPUT -m conntrack --ctstate NEW"], ["vs.conntrack=1"], listening=["tcp 81"])
    world = start(Kernel(host_of(files)))
    for packet in parse_list(packets("> S", "< SA RIP2:80>CIP:40000", "> S CIP:40000>VIP:81")):
        (world,) = inject(world, packet)
    assert world.entries
    assert world.connections
    assert world.templates
    assert world.schedulers
    return world


def test_a_split_by_what_is_unknown_gives_twins_that_say_so() -> None:
    world = unknown_world()
    yes, no = world.split(Opaque("the weather"))
    assert yes is not None
    assert no is not None
    assert yes is world
    assert (yes.when[-1], no.when[-1]) == ("the weather matches", "not: the weather matches")
    before = picture(no, {})
    yes.assign(next(iter(yes.skb.values)), 5)
    yes.entries.clear()
    yes.when.append("more")
    yes.assumed["fact"] = 1
    for connection in yes.connections.values():
        connection.tcp = "??"
    for template in yes.templates.values():
        template.expires = -1
    for state in yes.schedulers.values():
        state.append("?")
    assert picture(no, {}) == before


def test_a_fact_is_settled_once() -> None:
    world = unknown_world()
    worlds = [there for _, there in world.settle("the weather", [(0, "rain"), (1, "sun"), (2, "snow")])]
    assert [each.when[-1] for each in worlds] == ["rain", "sun", "snow"]
    assert [each.settle("the weather", [(0, "rain"), (1, "sun")]) for each in worlds] == [
        [(value, each)] for value, each in enumerate(worlds)
    ]
    assert [len(each.when) for each in worlds] == [len(world.when)] * 3
