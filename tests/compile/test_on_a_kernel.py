"""Whole conversations through what is built, on a real kernel: every packet arrives, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from lvsconf.lab.replay import Scenario, replay
from tests.compile.example import ARMED, CONNTRACK, DR, NAT, TUN, built
from tests.lab.kernels import SERIES, image

CIP, VIP, RIP = "198.51.100.7", "192.0.2.100", "10.0.0.2"
LISTENING = "".join(f"tcp LISTEN 0 128 0.0.0.0:{port} 0.0.0.0:*\n" for port in (22, 80, 8080))

Packet = dict[str, Any]


def segment(source: str, destination: str, flags: str, device: str | None = "eth0", **more: Any) -> Packet:
    (src, sport), (dst, dport) = (end.split(":") for end in (source, destination))
    ports = {"sport": int(sport), "dport": int(dport)}
    return {"in": device, "src": src, "dst": dst, "proto": "tcp", **ports, "flags": flags, **more}


def request(flags: str, port: int = 40000, **more: Any) -> Packet:
    return segment(f"{CIP}:{port}", f"{VIP}:80", flags, **more)


def answer(flags: str, port: int = 40000) -> Packet:
    return segment(f"{RIP}:8080", f"{CIP}:{port}", flags, "eth1")


def too_big(source: str, destination: str, device: str, inner: Packet) -> Packet:
    error = {"in": device, "src": source, "dst": destination, "proto": "icmp", "type": 3, "code": 4}
    return error | {"rest": 1400, "inner": inner}


CONVERSATION = [request(flags) for flags in ("S", "A", "PA", "FA", "A")]
CLIENT_TOO_BIG = too_big("203.0.113.9", VIP, "eth0", segment(f"{VIP}:80", f"{CIP}:40000", "A", None))

ONE_WAY = [
    *((packet, "forwarded") for packet in CONVERSATION),
    (request("S", 40001), "forwarded"),
    (request("R", 40001, seq=1001), "forwarded"),
    (CLIENT_TOO_BIG, "forwarded"),
]

BOTH_WAYS = [
    *((packet, "forwarded") for packet in (request("S"), answer("SA"), request("A"), request("PA"), answer("PA"))),
    *((packet, "forwarded") for packet in (request("FA"), answer("FA"), request("A"))),
    (request("S", 40001), "forwarded"),
    (answer("RA", 40001), "forwarded"),
    (too_big(RIP, CIP, "eth1", segment(f"{CIP}:40000", f"{RIP}:8080", "A", None)), "forwarded"),
    (CLIENT_TOO_BIG, "forwarded"),
    # a real server can't open connections from the port of its service
    (answer("S", 50000), "dropped"),
]

DIRECTOR = [
    (request("S", 40002, ttl=1), "rejected"),
    (request("FA", 40009), "local"),
    ({"in": "eth0", "src": CIP, "dst": VIP, "proto": "icmp", "type": 8}, "local"),
    (segment(f"{CIP}:1000", f"{VIP}:22", "S"), "dropped"),
]

MANAGEMENT = [
    (segment("192.0.2.9:1000", "192.0.2.2:22", "S"), "local"),
    (segment(f"{CIP}:1000", "192.0.2.2:22", "S"), "dropped"),
]


def one_armed(packets: list[tuple[Packet, str]]) -> list[tuple[Packet, str]]:
    return [({**packet, "in": "eth0"}, fate) for packet, fate in packets]


CASES: dict[str, tuple[str, str, list[tuple[Packet, str]]]] = {
    "dr": (DR, "lb1", [*ONE_WAY, *DIRECTOR, *MANAGEMENT]),
    "tun": (TUN, "lb1", [*ONE_WAY, *DIRECTOR, *MANAGEMENT]),
    "nat": (NAT, "lb1", [*BOTH_WAYS, *DIRECTOR, *MANAGEMENT]),
    "nat with conntrack": (CONNTRACK, "lb1", [*BOTH_WAYS, *DIRECTOR, *MANAGEMENT]),
    "one-armed nat": (
        ARMED,
        "lb1",
        [*one_armed([*BOTH_WAYS, *DIRECTOR]), (segment("10.0.0.77:1000", f"{VIP}:80", "S"), "dropped")],
    ),
    "dr real server": (
        DR,
        "web1",
        [
            (request("S"), "local"),
            (request("FA", 40001), "local"),
            (segment(f"{CIP}:1000", f"{VIP}:22", "S"), "dropped"),
            (segment("10.0.0.1:1000", f"{RIP}:80", "S"), "local"),
            (segment(f"{CIP}:1000", f"{RIP}:80", "S"), "dropped"),
        ],
    ),
    "nat real server": (
        NAT,
        "web1",
        [
            (segment(f"{CIP}:1000", f"{RIP}:8080", "S"), "local"),
            (segment(f"{CIP}:1000", f"{RIP}:22", "S"), "dropped"),
        ],
    ),
}


@pytest.mark.oracle
@pytest.mark.parametrize("series", SERIES)
def test_conversations(series: str) -> None:
    kernel = image(series, f"the conversations of {len(CASES)} built hosts")
    scenarios = []
    for text, host, packets in CASES.values():
        start = f"{host}/"
        files = {path.removeprefix(start): body for path, body in built(text).files.items() if path.startswith(start)}
        scenarios.append(Scenario({**files, "sockets": LISTENING}, [packet for packet, _ in packets]))
    for (name, (_, _, packets)), result in zip(CASES.items(), replay(scenarios, kernel, jobs=1), strict=True):
        assert "error" not in result, name
        found = [answer["outcomes"][0] for answer in result["packets"]]
        fates = [(packet, outcome["fate"]) for (packet, _), outcome in zip(packets, found, strict=True)]
        assert fates == packets, name
        # whatever isn't dropped leads to something that leaves, an answer of the host included
        assert [bool(outcome["egress"]) for outcome in found] == [fate != "dropped" for _, fate in packets], name
