"""The way of a single packet lies in the way of the set that it is one of."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from itertools import islice
from typing import Any

import pytest

from lvsconf.kernel.families import FAMILIES
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.many import Many
from lvsconf.kernel.replay import replay
from lvsconf.kernel.world import World
from lvsconf.lab.cases import host_of
from lvsconf.lab.directors import Director, draw
from lvsconf.model.fields import DPORT, DST, SPORT, SRC, Field
from lvsconf.packets.drawn import Drawn
from lvsconf.packets.packet import parse_list
from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.space import Space

Raw = dict[str, Any]
SEEDS = 2000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 60
_ADDRESSES = re.compile(r" (?:SRC|DST)=\S+")


def exchanged(packets: Sequence[Raw], numbers: Mapping[Field, int], others: Mapping[Field, int]) -> list[Raw]:
    """The same packets with addresses and ports replaced wherever they stand."""
    family = FAMILIES[ip_address(packets[0]["src"]).version]
    addresses = {family.text(numbers[what]): family.text(others[what]) for what in (SRC, DST) if what in numbers}
    ports = {numbers[what]: others[what] for what in (SPORT, DPORT) if what in numbers}

    def one(raw: Raw) -> Raw:
        found = dict(raw)
        found |= {key: addresses.get(found[key], found[key]) for key in ("src", "dst")}
        found |= {key: ports.get(found[key], found[key]) for key in ("sport", "dport") if key in found}
        if found.get("inner"):
            found["inner"] = one(found["inner"])
        return found

    return [one(raw) for raw in packets]


def ways(worlds: Sequence[World], *, rules: bool) -> set[tuple[object, ...]]:
    """What became of the packets in each world: fates, what left by which interface, and the rules that they met."""
    return {
        tuple(
            (
                result.fate,
                tuple((item["dev"], item.get("proto")) for item in result.egress),
                tuple(_ADDRESSES.sub("", line) for line in result.trace) if rules else (),
            )
            for result in world.results
        )
        for world in worlds
    }


def members(
    space: Space, packets: PacketSet, fields: Sequence[Field], pick: random.Random, count: int
) -> Iterator[dict[Field, int]]:
    """Some of a set, among them such as lie at its borders."""
    for _ in range(count):
        found: dict[Field, int] = {}
        rest = packets
        for what in pick.sample(fields, len(fields)):
            low, high = pick.choice(list(islice(space.intervals(rest, what), 100)))
            found[what] = pick.choice((low, high, pick.randint(low, high)))
            rest &= space.within(what, ((found[what], found[what]),))
        yield found


def of_first_client(director: Director) -> list[Raw]:
    """The packets up to those of which the family is another one; none when the host sends the first."""
    packets = director.packets
    if not packets or packets[0]["in"] is None or "sport" not in packets[0]:
        return []
    version = ip_address(packets[0]["src"]).version
    return [raw for raw in packets if ip_address(raw["src"]).version == version]


@pytest.mark.parametrize("fields", [(SRC, SPORT), (SRC, SPORT, DST, DPORT)], ids=["client", "both ends"])
@pytest.mark.parametrize(
    ("merges", "coarse"), [(False, False), (True, False), (True, True)], ids=["each way", "verdicts", "ends"]
)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_ways_of_a_part_are_those_of_its_packets(
    seed: int, merges: bool, coarse: bool, fields: tuple[Field, ...]
) -> None:
    director = draw(seed)
    packets = of_first_client(director)
    if not packets or len({packets[0]["src"], packets[0]["dst"]}) + len({packets[0]["sport"], packets[0]["dport"]}) < 4:
        return
    kernel = Kernel(host_of(director.files, "6.1.0"), merges=merges)
    first = packets[0]
    numbers = {SRC: int(ip_address(first["src"])), DST: int(ip_address(first["dst"]))}
    numbers |= {SPORT: first["sport"], DPORT: first["dport"]}
    sample = {what: numbers[what] for what in fields}
    family = FAMILIES[ip_address(first["src"]).version]
    many = Many(kernel, family, Space(family.version, nodes=1 << 18), coarse=coarse)

    def walk(drawn: Mapping[Field, Drawn]) -> list[World]:
        return replay(many.kernel, parse_list(exchanged(packets, sample, drawn)))

    (part,) = many.parts(many.space.everything, fields, lambda _: sample, walk, limit=1).parts
    assert many.space.holds(part.packets, {**dict.fromkeys(many.space.fields, 0), **sample})
    if any(result.fate is None for world in part.found for result in world.results):
        return
    # Of worlds that are joined, the rules of one are shown.
    allowed = ways(part.found, rules=not merges)
    for other in [sample, *members(many.space, part.packets, fields, random.Random(seed), 6)]:
        worlds = replay(kernel, parse_list(exchanged(packets, sample, other)))
        assert ways(worlds, rules=not merges) <= allowed, (seed, sample, other)


def test_what_grows_too_large_is_beyond() -> None:
    kernel = Kernel(host_of(draw(0).files, "6.1.0"), merges=True)
    many = Many(kernel, FAMILIES[4], Space(4, nodes=1 << 12))

    def walk(drawn: Mapping[Field, Drawn]) -> None:
        raise MemoryError

    sample = {SRC: 1, DST: 2}
    found = many.parts(many.space.everything, (SRC, DST), lambda _: sample, walk)
    assert not found.parts
    assert found.beyond == many.space.everything


def test_there_is_an_end_to_parts() -> None:
    kernel = Kernel(host_of(draw(0).files, "6.1.0"), merges=True)
    many = Many(kernel, FAMILIES[4], Space(4, nodes=1 << 14))

    def lowest(packets: PacketSet) -> dict[Field, int]:
        return {SRC: next(many.space.intervals(packets, SRC))[0]}

    found = many.parts(many.space.everything, (SRC,), lowest, lambda drawn: int(drawn[SRC]), limit=10)
    assert [part.found for part in found.parts] == list(range(10))
    assert list(many.space.intervals(found.beyond, SRC)) == [(10, 0xFFFFFFFF)]
