"""Snapshots that contradict themselves: each contradiction is told, and the engine goes on without raising."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from lvsconf.gathering import Group
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import outcomes, replay
from lvsconf.packets.packet import parse_list
from lvsconf.snapshot import HostInput, assemble
from lvsconf.source import Source
from tests.kernel.builders import Packets, director

SERVICES = ("-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -m -w 1", "-a -t VIP:80 -r FAR:80 -g -w 1")
RULES = (
    "filter -A INPUT -m set --match-set seen src -j ACCEPT",
    "filter -A INPUT -p tcp -m tcp --dport 80 -j SET --add-set seen src",
    "mangle -A PREROUTING -m rpfilter --validmark -j MARK --set-mark 1",
    "mangle -A PREROUTING -m addrtype --dst-type LOCAL -j TEE --gateway RIP2",
)
PACKETS = ("> S", "< SA RIP:80>CIP:40000", "> A", "> udp CIP:5000>VIP:53", "> icmp:8 CIP>VIP")


def read(files: dict[str, str]) -> HostInput:
    return assemble(Group("host", tuple(Source(f"host/{name}", text) for name, text in sorted(files.items()))))


def files() -> dict[str, str]:
    return director(services=SERVICES, rules=RULES, sets=["create seen hash:ip"], settings=["eth1.rp_filter=1"])


def _missing_interface(data: dict[str, Any]) -> None:
    data["ip-address.json"] = [link for link in data["ip-address.json"] if link["ifname"] != "eth1"]


def _stray_gateway(data: dict[str, Any]) -> None:
    data["ip-route.json"].append({"dst": "198.18.0.0/16", "gateway": "203.0.113.200", "dev": "eth1"})


def _twice(data: dict[str, Any]) -> None:
    outside, inside = (link for link in data["ip-address.json"] if link["ifname"] != "lo")
    inside["addr_info"] += [entry for entry in outside["addr_info"] if entry["prefixlen"] < 32]


def _empty_table(data: dict[str, Any]) -> None:
    data.setdefault("ip-rule.json", []).append({"priority": 7, "src": "all", "fwmark": "0x1", "table": "77"})


FAULTS = {
    "LVS061": _missing_interface,
    "LVS062": _stray_gateway,
    "LVS063": _twice,
    "LVS064": _empty_table,
    "LVS065": _missing_interface,
}


def spoilt(codes: list[str]) -> dict[str, str]:
    told = files()
    data = {name: json.loads(text) for name, text in told.items() if name.endswith(".json")}
    for code in codes:
        FAULTS[code](data)
    return told | {name: json.dumps(found) for name, found in data.items()}


def test_a_sound_host_is_sound() -> None:
    assert [problem.message for problem in read(files()).problems] == []


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_each_is_told_with_its_place(code: str) -> None:
    found = [problem for problem in read(spoilt([code])).problems if problem.code == code]
    assert found
    assert all(problem.span.file.startswith("host/") and problem.span.line >= 1 for problem in found)


@pytest.mark.parametrize("seed", range(40))
def test_the_engine_goes_on(seed: int) -> None:
    """Any of them together, and parts of the host taken away: every packet meets a fate, or it is said why not."""
    pick = random.Random(seed)
    told = spoilt([code for code in FAULTS if code not in ("LVS063",) and pick.random() < 0.5])
    for name in list(told):
        if pick.random() < 0.2:
            del told[name]
    reader = Packets()
    packets = parse_list([reader.read(line) for line in PACKETS])
    for each in outcomes(replay(Kernel(read(told).host), packets), len(packets)):
        assert each.outcomes
        assert all(way.fate is not None or way.when for way in each.outcomes)


def test_a_real_server_of_the_other_family_gets_nothing() -> None:
    told = files() | {"ipvsadm.rules": "-A -t 192.0.2.100:80 -s rr\n-a -t 192.0.2.100:80 -r [2001:db8::2]:80 -m -w 1\n"}
    found = read(told)
    assert [problem.code for problem in found.problems] == ["LVS032"]
    packets = parse_list([Packets().read("> S")])
    (way,) = outcomes(replay(Kernel(found.host), packets), 1)[0].outcomes
    assert way.fate == "rejected"
