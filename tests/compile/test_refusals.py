"""Clusters that could not work are refused, at the place that has to change."""

from __future__ import annotations

import pytest

from tests.compile.example import (
    BEHIND_DIRECTOR,
    DIRECTOR,
    DR,
    FAR,
    NAT,
    NEIGHBOUR,
    ONE_ARMED,
    TUN,
    changed,
    cluster,
    refusals,
    service,
)

MORE = "  realserver web2 { address 10.0.0.3; gateway 10.0.0.254 }\n"

CASES = {
    "unknown real server": (
        changed(DR, "to web1", "to wbe1"),
        ["10:57: there is no real server wbe1: expected web1 (did you mean `web1`?) @ wbe1"],
    ),
    "director as real server": (
        changed(DR, "to web1", "to lb1"),
        ["10:57: lb1 is the director: it can't be a real server of its own yet @ lb1"],
    ),
    "host twice": (
        cluster(DIRECTOR, NEIGHBOUR, changed(MORE, "web2", "web1")),
        ["10:14: the host web1 is already defined in line 9 @ web1"],
    ),
    "director's name": (
        changed(DR, "realserver web1", "realserver lb1"),
        [
            "9:14: the host lb1 is already defined in line 2 @ lb1",
            "10:57: there is no real server web1: expected lb1 @ web1",
        ],
    ),
    "service twice": (
        cluster(DIRECTOR, NEIGHBOUR, *[service(f"tcp {port}; method dr; to web1") for port in (80, 81)]),
        ["11:11: the service http is already defined in line 10 @ http"],
    ),
    "endpoint twice": (
        cluster(DIRECTOR, NEIGHBOUR, *[service("tcp 80; method dr; to web1").replace("http", name) for name in "ab"]),
        ["11:36: tcp 192.0.2.100:80 is already defined in line 10 @ 80"],
    ),
    "interface twice": (
        changed(DR, "interface eth1", "interface eth0"),
        ["4:15: the interface eth0 is already defined in line 3 @ eth0"],
    ),
    "route twice": (
        changed(DR, "    allow", "    route 10.9.0.0/16 via 10.0.0.253\n    allow"),
        ["7:11: the route to 10.9.0.0/16 is already defined in line 6 @ 10.9.0.0/16"],
    ),
    "address twice": (
        cluster(DIRECTOR, NEIGHBOUR, changed(MORE, "10.0.0.3", "10.0.0.2")),
        ["10:29: 10.0.0.2 is already an address of web1, in line 9 @ 10.0.0.2"],
    ),
    "real server with the director's address": (
        changed(DR, "address 10.0.0.2", "address 10.0.0.1"),
        ["9:29: 10.0.0.1 is already an address of lb1, in line 4 @ 10.0.0.1"],
    ),
    "VIP of a real server": (
        changed(DR, "192.0.2.100", "10.0.0.2"),
        [
            "10:22: the virtual address 10.0.0.2 is already an address of web1, in line 9"
            " (a virtual address belongs to no host) @ 10.0.0.2"
        ],
    ),
    "VIP of a gateway": (
        changed(DR, "192.0.2.100", "192.0.2.1"),
        ["10:22: the virtual address 192.0.2.1 is a gateway's, in line 5 @ 192.0.2.1"],
    ),
    "VIP inside": (
        changed(DR, "192.0.2.100", "10.0.0.100"),
        [
            "10:22: the virtual address 10.0.0.100 is on the network of eth1, which is inside"
            " (clients come from outside; say `role both` when they also come in by eth1) @ 10.0.0.100"
        ],
    ),
    "VIP is a broadcast address": (
        changed(DR, "192.0.2.100", "192.0.2.255"),
        ["10:22: 192.0.2.255 names the network 192.0.2.0/24, not a host in it @ 192.0.2.255"],
    ),
    "destination twice": (
        changed(DR, "to web1", "to web1, web1:80"),
        ["10:63: web1:80 is already in the service http @ web1:80"],
    ),
    "DR with another port": (
        changed(DR, "to web1", "to web1:8080"),
        [
            "10:57: DR leaves the port as it is: 8080 can't stand for 80"
            " (use `method nat`, or the port of the service) @ web1:8080"
        ],
    ),
    "TUN with another port": (
        changed(TUN, "to web1", "to web1:8080"),
        [
            "10:58: TUN leaves the port as it is: 8080 can't stand for 80"
            " (use `method nat`, or the port of the service) @ web1:8080"
        ],
    ),
    "DR behind a router": (
        cluster(DIRECTOR, FAR, service("tcp 80; method dr; to web1")),
        [
            "10:57: web1 (10.9.1.2) is behind the gateway 10.0.0.254: DR reaches real servers on its own networks only"
            " (the packet keeps the virtual address, a router would send it back; use `method tun`) @ web1"
        ],
    ),
    "DR outside": (
        changed(changed(DR, "address 10.0.0.2", "address 192.0.2.50"), "10.0.0.254 }", "192.0.2.1 }"),
        [
            "10:57: web1 (192.0.2.50) is behind eth0, whose role is outside"
            " (say `role both` when clients and real servers share an interface) @ web1"
        ],
    ),
    "DR without a way": (
        changed(changed(DR, "10.0.0.2;", "172.16.0.2/24;"), "gateway 10.0.0.254 }", "gateway 172.16.0.1 }"),
        [
            "10:57: director lb1 has no way to web1 (172.16.0.2)"
            " (expected its network on an inside interface, or a `route` to it) @ web1"
        ],
    ),
    "NAT without a way": (
        changed(changed(NAT, "10.0.0.2 }", "172.16.0.2/24; gateway 172.16.0.1 }"), ":8080", ""),
        [
            "10:58: director lb1 has no way to web1 (172.16.0.2)"
            " (expected its network on an inside interface, or a `route` to it) @ web1"
        ],
    ),
    "DR without a gateway": (
        cluster(DIRECTOR, BEHIND_DIRECTOR, service("tcp 80; method dr; to web1")),
        [
            "9:14: web1 has no gateway: a real server of DR answers the clients itself"
            " (expected a `gateway` on 10.0.0.0/24 that is not the director) @ web1"
        ],
    ),
    "DR with the director as gateway": (
        changed(DR, "gateway 10.0.0.254 }", "gateway 10.0.0.1 }"),
        [
            "9:47: the gateway of web1 is the director, which drops its answers: their source is its own virtual"
            " address (DR needs another router, so the same host can't serve NAT) @ 10.0.0.1"
        ],
    ),
    "DR and NAT on one host": (
        cluster(
            DIRECTOR,
            BEHIND_DIRECTOR,
            service("tcp 80; method nat; to web1"),
            service("tcp 81; method dr; to web1").replace("http", "more"),
        ),
        [
            "9:14: the gateway of web1 is the director, which drops its answers: their source is its own virtual"
            " address (DR needs another router, so the same host can't serve NAT) @ web1"
        ],
    ),
    "NAT with another gateway": (
        cluster(DIRECTOR, NEIGHBOUR, service("tcp 80; method nat; to web1")),
        [
            "9:47: the gateway of web1 is 10.0.0.254: its answers would not come back through the director"
            " (NAT needs `gateway 10.0.0.1`, which is also what it gets without any) @ 10.0.0.254"
        ],
    ),
    "routed NAT without a gateway": (
        cluster(DIRECTOR, changed(FAR, "; gateway 10.9.1.1", ""), service("tcp 80; method nat; to web1")),
        ["9:14: web1 has no gateway: expected the router that leads its answers to director lb1 @ web1"],
    ),
    "conntrack with DR": (
        changed(DR, "    allow", "    conntrack on\n    allow"),
        [
            "7:15: `conntrack on` breaks the service http: the director sees one direction of it only"
            " (conntrack takes a client's second packet for invalid; leave it off, or use NAT in line 11) @ on"
        ],
    ),
    "one-packet TCP": (
        changed(DR, "tcp 80", "tcp 80; one-packet"),
        ["10:43: `one-packet` is for UDP (a TCP connection has many packets) @ one-packet"],
    ),
    "one-packet NAT": (
        changed(NAT, "tcp 80", "udp 80; one-packet"),
        [
            "10:43: `one-packet` loses the answers of NAT: they would leave with the real server's own address"
            " (use `method dr`, or leave `one-packet` out) @ one-packet"
        ],
    ),
    "gateway elsewhere": (
        changed(DR, "gateway 192.0.2.1\n", "gateway 203.0.113.1\n"),
        [
            "5:13: the gateway 203.0.113.1 is on no network of director lb1"
            " (its networks are 192.0.2.0/24, 10.0.0.0/24) @ 203.0.113.1"
        ],
    ),
    "route to everywhere": (
        changed(DR, "10.9.0.0/16", "0.0.0.0/0"),
        ["6:11: a route to everywhere (write `gateway 10.0.0.254`) @ 0.0.0.0/0"],
    ),
    "route to a neighbour": (
        changed(DR, "10.9.0.0/16", "10.0.0.128/25"),
        [
            "6:11: the route to 10.0.0.128/25 would lead away from a network of director lb1"
            " (its networks are 192.0.2.0/24, 10.0.0.0/24) @ 10.0.0.128/25"
        ],
    ),
    "gateway is the director": (
        changed(DR, "gateway 192.0.2.1\n", "gateway 192.0.2.2\n"),
        ["5:13: the gateway 192.0.2.2 is the director itself @ 192.0.2.2"],
    ),
    "gateway inside": (
        changed(DR, "gateway 192.0.2.1\n", "gateway 10.0.0.254\n"),
        [
            "5:13: the default gateway 10.0.0.254 is behind eth1, which is inside"
            " (clients come in by the interface that the way back to them leaves by) @ 10.0.0.254"
        ],
    ),
    "no outside": (
        changed(ONE_ARMED, "both", "inside").join(("cluster web {\n", "}\n")),
        [
            "2:12: director lb1 has no interface for clients (expected one with `role outside` or `role both`) @ lb1",
            "4:13: the default gateway 10.0.0.254 is behind eth0, which is inside"
            " (clients come in by the interface that the way back to them leaves by) @ 10.0.0.254",
        ],
    ),
    "networks overlap": (
        changed(DR, "address 10.0.0.1/24", "address 192.0.2.129/25"),
        [
            "4:30: 192.0.2.128/25 on eth1 overlaps 192.0.2.0/24 on eth0 (the kernel would use one interface for both)"
            " @ 192.0.2.129/25",
            "6:27: the gateway 10.0.0.254 is on no network of director lb1"
            " (its networks are 192.0.2.0/24, 192.0.2.128/25) @ 10.0.0.254",
            "9:29: 10.0.0.2 is on no network of director lb1: expected its length too"
            " (write `address 10.0.0.2/24` with the right length, or mend the address:"
            " the networks are 192.0.2.0/24, 192.0.2.128/25) @ 10.0.0.2",
        ],
    ),
    "real server is the network": (
        changed(DR, "address 10.0.0.2", "address 10.0.0.255"),
        ["9:29: 10.0.0.255 names the network 10.0.0.0/24, not a host in it @ 10.0.0.255"],
    ),
    "real server's gateway elsewhere": (
        changed(DR, "gateway 10.0.0.254 }", "gateway 10.1.0.1 }"),
        ["9:47: the gateway 10.1.0.1 of web1 is not on its network 10.0.0.0/24 @ 10.1.0.1"],
    ),
    "real server is its own gateway": (
        changed(DR, "gateway 10.0.0.254 }", "gateway 10.0.0.2 }"),
        ["9:47: the gateway of web1 is web1 itself @ 10.0.0.2"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(case: str) -> None:
    text, expected = CASES[case]
    assert refusals(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        DR,
        NAT,
        TUN,
        cluster(DIRECTOR),
        # an equal port may be said, and NAT may name the director
        changed(DR, "to web1", "to web1:80"),
        changed(NAT, "10.0.0.2 }", "10.0.0.2; gateway 10.0.0.1 }"),
        # a tunnel may lead out by the default gateway
        changed(TUN, "    route 10.9.0.0/16 via 10.0.0.254\n", ""),
        # NAT by a router that leads back
        cluster(DIRECTOR, FAR, service("tcp 80; method nat; to web1")),
        # without a default gateway all clients are neighbours
        changed(cluster(DIRECTOR, BEHIND_DIRECTOR, service("tcp 80; method dr; to web1")), "gateway 192.0.2.1\n", "\n"),
        cluster(ONE_ARMED, NEIGHBOUR, service("tcp 80; method dr; to web1")).replace("192.0.2.100", "10.0.0.100"),
    ],
)
def test_not_refused(text: str) -> None:
    assert refusals(text) == []
