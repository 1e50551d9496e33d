"""Groups of clients against single clients that talk to the same service, and what is said of them."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from lvsconf.kernel.families import FAMILIES
from lvsconf.kernel.host import Kernel
from lvsconf.lab.cases import host_of as any_host
from lvsconf.lab.directors import draw
from lvsconf.model.fields import SPORT, SRC, TCP, UDP
from lvsconf.model.ipvs import Endpoint
from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.space import Space
from lvsconf.questions.conversation import conversations
from lvsconf.questions.endings import ending_of_talk
from lvsconf.questions.reaching import Reaching, joined, usual
from lvsconf.questions.scene import Scene, Target
from tests.kernel.builders import director, host_of

CLIENTS = 5


def member(space: Space, packets: PacketSet, pick: random.Random) -> tuple[int, int]:
    """The source and port of one of a set."""
    found = []
    for what in (SRC, SPORT):
        low, high = pick.choice(list(islice(space.intervals(packets, what), 50)))
        found.append(pick.choice((low, high, pick.randint(low, high))))
        packets &= space.within(what, ((found[-1], found[-1]),))
    return found[0], found[1]


@pytest.mark.parametrize("seed", range(12))
def test_each_client_of_a_group_fares_as_the_group_does(seed: int) -> None:
    kernel = Kernel(any_host(draw(seed).files, "6.1.0"), merges=True)
    pick = random.Random(seed)
    for service in kernel.services[:2]:
        key = service.key
        if not isinstance(key, Endpoint) or key.proto not in (TCP, UDP):
            continue
        family = FAMILIES[key.address.version]
        space = Space(family.version, nodes=1 << 18)
        reaching = Reaching(kernel, family, space)
        target = Target(key.proto, key.address, key.port or 80)
        device = pick.choice(reaching.devices())
        everybody = reaching.everybody()
        groups = list(reaching.groups(target, service, device, everybody))
        rest = everybody & space.by_device([device])
        for group in groups:
            assert not group.packets - rest, "no client is in two groups"
            rest -= group.packets
        assert not rest
        for group in pick.sample(groups, min(len(groups), CLIENTS)):
            address, port = member(space, group.packets, pick)
            scene = Scene(service, target, family.address(address), device, port, at_home=True)
            found = {
                ending_of_talk(talk).key
                for _, talks in conversations(kernel, scene, 8)
                for talk in usual(talks, lambda each: each.world)
            }
            allowed = {ending.key for ending in group.endings}
            assert found <= allowed or (None, "unknown") in allowed


def reaching_of(*rules: str, **more: object) -> Reaching:
    files = director(rules=list(rules), **more)
    return Reaching(Kernel(host_of(files), merges=True), FAMILIES[4], Space(4))


def test_who_is_let_in_reaches_and_who_is_not_does_not() -> None:
    reaching = reaching_of(
        "filter :INPUT DROP",
        "filter -A INPUT -s 198.51.100.0/24 -p tcp -m tcp --dport 22 -j DROP",
        "filter -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
    )
    fib = reaching.kernel.net(FAMILIES[4]).fib
    address = FAMILIES[4].address(min(each for each in fib.local if each >> 24 != 127))
    groups = joined(reaching.groups(Target(TCP, address, 22), None, "eth0", reaching.everybody()))
    lost = {str(group) for group in groups if group.reached is False}
    assert any("filter INPUT rule 1" in said for said in lost)
    reached = [group for group in groups if group.reached is not False]
    assert reached
    for group in reached:
        assert not group.packets & reaching.space.within(SRC, [(0xC6336400, 0xC63364FF)])


def test_a_service_by_mark_is_found_by_its_first_packet() -> None:
    files = director(
        ["-A -f 7 -s rr", "-a -f 7 -r RIP:0 -g -w 1"],
        ["mangle -A PREROUTING -d VIP -p tcp -m multiport --dports 80,443 -j MARK --set-mark 7"],
    )
    kernel = Kernel(host_of(files), merges=True)
    reaching = Reaching(kernel, FAMILIES[4], Space(4))
    (vip,) = [each for each in kernel.net(FAMILIES[4]).fib.local if FAMILIES[4].text(each) == "192.0.2.100"]
    address = FAMILIES[4].address(vip)
    for port, service in ((80, kernel.services[0]), (443, kernel.services[0]), (25, None)):
        assert reaching.service(Target(TCP, address, port)) is service
