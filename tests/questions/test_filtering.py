"""Chains walked by sets of packets against the same chains walked by single packets."""

from __future__ import annotations

import random

import pytest

from lvsconf.gathering import Group
from lvsconf.kernel.chains import LoadedRule, walk
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.skb import skb_of
from lvsconf.kernel.world import World
from lvsconf.lab.directors import draw
from lvsconf.model.effects import Goto, Jump, Reject, Return, Verdict
from lvsconf.model.fields import CT_STATE, IIF, MARK, CtState, Field, interface
from lvsconf.model.host import Host
from lvsconf.model.netfilter import Hook
from lvsconf.packets.packet import parse_list
from lvsconf.packets.space import Bounds, Space
from lvsconf.questions.filtering import Filtering
from lvsconf.snapshot import assemble
from lvsconf.source import Source
from tests.kernel.builders import director, host_of

SEEDS = range(60)
DEVICES = {"INPUT": ("eth0", None), "FORWARD": ("eth0", "eth1"), "OUTPUT": (None, "eth1"), "PREROUTING": ("eth1", None)}


def kernel_of(seed: int) -> tuple[Kernel, Host, list[dict[str, object]]]:
    drawn = draw(seed)
    sources = tuple(Source(name, text) for name, text in drawn.files.items())
    host = assemble(Group("drawn", sources)).host
    return Kernel(host), host, drawn.packets


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


def _changes(rule: LoadedRule) -> bool:
    return any(not isinstance(effect, Verdict | Jump | Goto | Return | Reject) for effect in rule.effects)


def known(world: World, fields: tuple[Field, ...]) -> dict[Field, int]:
    return {what: world.skb.values.get(what) or 0 for what in fields}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_packets_verdict_lies_in_the_sets(seed: int) -> None:
    kernel, _, packets = kernel_of(seed)
    pick = random.Random(seed)
    for name, table in sorted(kernel.tables.items()):
        for chain in sorted(DEVICES.keys() & table.chains.keys()):
            space = Space(4, nodes=1 << 18)
            done = Filtering(space, table).run(chain, Bounds(space.everything, space.everything))
            # Where rules change packets, one that is accepted and one that is dropped may have become alike.
            plain = not any(_changes(rule) for each in table.chains.values() for rule in each.rules)
            assert not plain or not done.accepted.lower & done.dropped.lower
            for world in worlds(kernel, pick, packets, chain):
                ways = walk(world, table, chain, lambda there, _: [there])
                accepted = [verdict is Verdict.ACCEPT for _, verdict in ways]
                for (there, verdict), passes in zip(ways, accepted, strict=True):
                    after = known(there, space.fields)
                    sets = done.accepted if passes else done.dropped
                    assert space.holds(sets.upper, after), f"{name}:{chain} {verdict}"
                    if plain and len(ways) == 1:
                        certain = done.dropped if passes else done.accepted
                        assert not space.holds(certain.lower, after), f"{name}:{chain} {verdict}"


def test_what_each_rule_meets() -> None:
    files = director(
        rules=[
            "filter :WEB -",
            "filter -A INPUT -s 198.51.100.0/24 -j WEB",
            "filter -A INPUT -s 198.51.100.128/25 -j DROP",
            "filter -A INPUT -s 198.51.100.0/25 -j ACCEPT",
            "filter -A WEB -s 198.51.100.128/25 -j ACCEPT",
        ]
    )
    kernel = Kernel(host_of(files))
    space = Space(4)
    done = Filtering(space, kernel.tables["filter"]).run("INPUT", Bounds(space.everything, space.everything))
    matched = {key: bool(met.matched.upper) for key, met in done.met.items()}
    assert matched == {("INPUT", 1): True, ("WEB", 1): True, ("INPUT", 2): False, ("INPUT", 3): True}


def test_an_unknown_rule_makes_nothing_certain() -> None:
    files = director(rules=["filter :INPUT DROP", "filter -A INPUT -m time --timestart 08:00:00 -j ACCEPT"])
    kernel = Kernel(host_of(files))
    space = Space(4)
    done = Filtering(space, kernel.tables["filter"]).run("INPUT", Bounds(space.everything, space.everything))
    assert not done.accepted.lower
    assert not done.dropped.lower
    assert done.accepted.upper == done.dropped.upper == space.everything


def test_a_chain_that_leads_back_to_itself_ends_in_the_unknown() -> None:
    files = director(
        rules=["filter :A -", "filter :B -", "filter -A INPUT -j A", "filter -A A -j B", "filter -A B -j A"]
    )
    kernel = Kernel(host_of(files, faulty=True))
    space = Space(4)
    done = Filtering(space, kernel.tables["filter"]).run("INPUT", Bounds(space.everything, space.everything))
    assert not done.complete
    assert done.accepted.upper == space.everything


def test_interfaces_are_names() -> None:
    files = director(rules=["filter :INPUT DROP", "filter -A INPUT -i eth+ -j ACCEPT"])
    kernel = Kernel(host_of(files))
    space = Space(4)
    done = Filtering(space, kernel.tables["filter"]).run("INPUT", Bounds(space.everything, space.everything))
    packet = {**dict.fromkeys(space.fields, 0), IIF: interface("eth77")}
    assert space.holds(done.accepted.lower, packet)
    assert space.holds(done.dropped.lower, {**packet, IIF: interface("wlan0")})
    assert not space.holds(done.accepted.upper, {**packet, IIF: interface("eth0") >> 8})
