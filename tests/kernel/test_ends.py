"""The ends of sets of packets in a chain against the walks of single packets through it."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from lvsconf.gathering import Group
from lvsconf.kernel.chains import LoadedTable, walk
from lvsconf.kernel.ends import End, Ends, Place, certain
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.skb import skb_of
from lvsconf.kernel.world import World
from lvsconf.lab.directors import draw
from lvsconf.model.effects import Verdict
from lvsconf.model.fields import CT_STATE, DPORT, IIF, MARK, PROTO, SRC, TOS, CtState, Field, interface
from lvsconf.model.netfilter import Hook
from lvsconf.packets.packet import parse_list
from lvsconf.packets.packet_set import Bits, Seen
from lvsconf.packets.space import Space
from lvsconf.snapshot import assemble
from lvsconf.source import Source
from tests.kernel.builders import director, host_of

SEEDS = range(60)
DEVICES = {"INPUT": ("eth0", None), "FORWARD": ("eth0", "eth1"), "OUTPUT": (None, "eth1"), "PREROUTING": ("eth1", None)}
SHOWN = (MARK, TOS)
"""Fields that single packets show as they are when they leave the chain."""


def kernel_of(seed: int) -> tuple[Kernel, list[dict[str, object]]]:
    drawn = draw(seed)
    sources = tuple(Source(name, text) for name, text in drawn.files.items())
    return Kernel(assemble(Group("drawn", sources)).host), drawn.packets


def worlds(kernel: Kernel, pick: random.Random, packets: list[dict[str, object]], chain: str) -> list[World]:
    """Packets as they may stand before a chain, with any ctstate and mark."""
    found = []
    for packet in parse_list(packets):
        if packet.src.version == 6:
            continue
        world = World(kernel, [skb_of(packet, packet.device)])
        world.hook = Hook(chain)
        world.set_devices(*DEVICES[chain])
        world.assign(CT_STATE, pick.choice(list(CtState)))
        world.assign(MARK, pick.choice([0, 1, 7]))
        found.append(world)
    return found


def now(what: Field, seen: Seen, before: Mapping[Field, int]) -> int | None:
    """What a field holds behind the chain."""
    return before.get(seen.field, 0) & seen.mask ^ seen.change if isinstance(seen, Bits) else seen


def fits(end: End, before: Mapping[Field, int], there: World, verdict: Verdict) -> bool:
    """Whether a packet that came to the chain so, and leaves it so, has this end."""
    if end.verdict == "?":
        return True
    if end.passes is not (verdict is Verdict.ACCEPT):
        return False
    if not end.passes:
        return True
    changed = dict(end.changed)
    after = {what: now(what, changed[what], before) if what in changed else before.get(what, 0) for what in SHOWN}
    return all(value is None or there.skb.values[what] in (value, None) for what, value in after.items())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_packets_end_is_one_of_those_of_its_set(seed: int) -> None:
    kernel, packets = kernel_of(seed)
    pick = random.Random(seed)
    for name, table in sorted(kernel.tables.items()):
        for chain in sorted(DEVICES.keys() & table.chains.keys()):
            space = Space(4, nodes=1 << 18)
            done = Ends(space, table).run(chain, space.everything)
            ends = done.ends()
            sure = certain(space, ends)
            for world in worlds(kernel, pick, packets, chain):
                before = {what: world.skb.values.get(what) or 0 for what in space.fields}
                before |= {what: world.skb.value(what) for what in SHOWN}
                mine = [end for end, some in ends.items() if space.holds(some, before)]
                settled = [end for end, some in sure.items() if space.holds(some, before)]
                assert set(settled) <= set(mine) and len(settled) <= 1
                for there, verdict in walk(world, table, chain, lambda there, _: [there]):
                    assert any(fits(end, before, there, verdict) for end in mine), f"{name}:{chain} {verdict}"
                    assert all(fits(end, before, there, verdict) for end in settled), f"{name}:{chain} {verdict}"


def table_of(*rules: str, faulty: bool = False) -> LoadedTable:
    return Kernel(host_of(director(rules=list(rules)), faulty=faulty)).tables["filter"]


def test_what_decides() -> None:
    space = Space(4)
    done = Ends(
        space,
        table_of(
            "filter :WEB -",
            "filter -A INPUT -s 198.51.100.0/24 -j WEB",
            "filter -A INPUT -s 198.51.100.128/25 -j DROP",
            "filter -A INPUT -s 198.51.100.0/25 -j ACCEPT",
            "filter -A WEB -s 198.51.100.128/25 -j ACCEPT",
        ),
    ).run("INPUT", space.everything)
    assert list(done.decided) == [
        (Place("WEB", 1), End("ACCEPT")),
        (Place("INPUT", 3), End("ACCEPT")),
        (Place("INPUT", 0), End("ACCEPT")),
    ]


def test_an_unknown_rule_makes_nothing_certain() -> None:
    space = Space(4)
    table = table_of("filter :INPUT DROP", "filter -A INPUT -m time --timestart 08:00:00 -j ACCEPT")
    done = Ends(space, table).run("INPUT", space.everything)
    assert done.ends() == {End("ACCEPT"): space.everything, End("DROP"): space.everything}
    assert not certain(space, done.ends())


def test_what_ends_alike_either_way_is_certain() -> None:
    space = Space(4)
    table = table_of("filter :INPUT DROP", "filter -A INPUT -m time --timestart 08:00:00 -j DROP")
    done = Ends(space, table).run("INPUT", space.everything)
    assert certain(space, done.ends()) == {End("DROP"): space.everything}


def test_a_chain_that_leads_back_to_itself_ends_in_the_unknown() -> None:
    space = Space(4)
    rules = ("filter :A -", "filter :B -", "filter -A INPUT -j A", "filter -A A -j B", "filter -A B -j A")
    done = Ends(space, table_of(*rules, faulty=True)).run("INPUT", space.everything)
    assert done.ends() == {End("?"): space.everything}


def test_interfaces_are_names() -> None:
    space = Space(4)
    done = Ends(space, table_of("filter :INPUT DROP", "filter -A INPUT -i eth+ -j ACCEPT"))
    ends = done.run("INPUT", space.everything).ends()
    packet = {**dict.fromkeys(space.fields, 0), IIF: interface("eth77")}
    assert space.holds(ends[End("ACCEPT")], packet)
    assert not space.holds(ends[End("DROP")], packet)
    assert space.holds(ends[End("DROP")], {**packet, IIF: interface("eth0") >> 8})


def test_a_mark_decides_further_on_and_is_told_at_the_end() -> None:
    space = Space(4)
    files = director(
        rules=[
            "mangle -A PREROUTING -p tcp -m tcp --dport 80 -j MARK --set-mark 1",
            "mangle -A PREROUTING -m mark --mark 1 -s 10.0.0.0/8 -j MARK --set-xmark 0x100/0xff00",
            "mangle -A PREROUTING -m mark --mark 0x101 -j DROP",
        ]
    )
    done = Ends(space, Kernel(host_of(files)).tables["mangle"], {MARK: 0}).run("PREROUTING", space.everything)
    ends = done.ends()
    packet = {**dict.fromkeys(space.fields, 0), PROTO: 6, DPORT: 80}
    assert set(ends) == {End("ACCEPT"), End("ACCEPT", ((MARK, 1),)), End("DROP", ((MARK, 0x101),))}
    assert space.holds(ends[End("DROP", ((MARK, 0x101),))], {**packet, SRC: 10 << 24})
    assert space.holds(ends[End("ACCEPT", ((MARK, 1),))], {**packet, SRC: 11 << 24})


def test_what_is_remembered_is_singular() -> None:
    space = Space(4)
    table = table_of(
        "filter -A INPUT -s 10.0.0.0/8 -m recent --set --name A --mask 255.255.255.255 --rsource",
        "filter -A INPUT -j ACCEPT",
    )
    done = Ends(space, table).run("INPUT", space.everything)
    assert done.ends() == {End("ACCEPT"): space.everything}
    assert list(space.intervals(done.singular, SRC)) == [(10 << 24, (11 << 24) - 1)]
