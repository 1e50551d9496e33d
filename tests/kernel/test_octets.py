"""The bytes that rules see are those that the lab sends."""

from __future__ import annotations

from typing import Any

import pytest

from lvsconf.kernel.octets import of_packet
from lvsconf.kernel.skb import skb_of
from lvsconf.lab.wire import build
from lvsconf.packets.packet import parse

FLOW = {"in": "eth0", "src": "198.51.100.7", "dst": "192.0.2.100"}
PORTS = {"sport": 40000, "dport": 80}
QUOTED = {"src": "192.0.2.100", "dst": "198.51.100.7", "proto": "udp", "sport": 53, "dport": 40000}
PACKETS: list[dict[str, Any]] = [
    {**FLOW, **PORTS, "proto": "tcp"},
    {**FLOW, **PORTS, "proto": "tcp", "flags": "PA", "seq": 2**32 - 1, "ack": 7, "payload": {"text": "GET / é"}},
    {**FLOW, **PORTS, "proto": "tcp", "flags": "", "payload": 3, "ttl": 1, "df": True},
    {**FLOW, **PORTS, "proto": "udp"},
    {**FLOW, **PORTS, "proto": "udp", "payload": {"text": "x"}},
    {**FLOW, "proto": "icmp"},
    {**FLOW, "proto": "icmp", "type": 13, "rest": 0xDEADBEEF, "payload": 20},
    {**FLOW, "proto": "icmp", "type": 3, "code": 3, "rest": 0, "inner": QUOTED},
    {**FLOW, "proto": 47, "payload": 9},
    {**FLOW, "proto": 4, "inner": {**QUOTED, "proto": "tcp"}},
]
FLOW6 = {"in": "eth0", "src": "2001:db8:f::7", "dst": "2001:db8::100"}
QUOTED6 = {"src": "2001:db8::100", "dst": "2001:db8:f::7", "proto": "udp", "sport": 53, "dport": 40000}
PACKETS6: list[dict[str, Any]] = [
    {**FLOW6, **PORTS, "proto": "tcp"},
    {**FLOW6, **PORTS, "proto": "tcp", "flags": "PA", "seq": 7, "ack": 2**32 - 1, "payload": {"text": "GET /"}},
    {**FLOW6, **PORTS, "proto": "udp", "payload": 9, "ttl": 255},
    {**FLOW6, "proto": "icmpv6"},
    {**FLOW6, "proto": "icmpv6", "type": 135, "rest": 0xDEADBEEF, "payload": 20},
    {**FLOW6, "proto": 47, "payload": 9},
]
IDENTIFICATION, HEADER_SUM = {4, 5}, {10, 11}


@pytest.mark.parametrize("packet", PACKETS, ids=str)
def test_as_the_lab_sends_it(packet: dict[str, Any]) -> None:
    sent = build(packet)
    found = of_packet(skb_of(parse(packet), "eth0"))
    assert found is not None
    assert len(found) == len(sent)
    unknown = {place for place, octet in enumerate(found) if octet is None}
    assert [octet for place, octet in enumerate(found) if place not in unknown] == [
        octet for place, octet in enumerate(sent) if place not in unknown
    ]
    expected = IDENTIFICATION | HEADER_SUM
    if "inner" in packet:
        # The quoted or carried packet has a header of its own; its checksum can be told by nobody either.
        start = 28 if packet["proto"] == "icmp" else 20
        expected |= {start + place for place in IDENTIFICATION | HEADER_SUM}
        expected |= {22, 23} if packet["proto"] == "icmp" else set()
        expected |= {start + 20 + 6, start + 20 + 7} if packet["proto"] == "icmp" else {start + 36, start + 37}
    assert unknown == expected


@pytest.mark.parametrize("packet", PACKETS6, ids=str)
def test_of_ipv6_every_byte_is_known(packet: dict[str, Any]) -> None:
    found = of_packet(skb_of(parse(packet), "eth0"))
    assert found is not None
    assert bytes(octet if octet is not None else 0 for octet in found) == build(packet)
    assert None not in found


def test_of_an_error_of_ipv6_the_sums_are_not_known() -> None:
    packet = {**FLOW6, "proto": "icmpv6", "type": 1, "code": 4, "rest": 0, "inner": QUOTED6}
    sent, found = build(packet), of_packet(skb_of(parse(packet), "eth0"))
    assert found is not None
    # The error's own checksum; the quoted packet came from somewhere else: its flow label and its checksum.
    assert {place for place, octet in enumerate(found) if octet is None} == {42, 43, 49, 50, 51, 94, 95}
    assert [octet for octet in found if octet is not None] == [
        sent[place] for place, octet in enumerate(found) if octet is not None
    ]


def test_a_message_of_the_other_family_is_not_looked_into() -> None:
    found = of_packet(skb_of(parse({**FLOW6, "proto": "icmp", "payload": 4}), "eth0"))
    assert found is not None
    assert (len(found), set(found[40:])) == (52, {None})


def test_what_the_host_sends_in_ipv6_has_a_label_of_its_own() -> None:
    found = of_packet(skb_of(parse({**PACKETS6[0], "in": None}), None))
    assert found is not None
    assert found[:4] == [0x60, None, None, None]


def test_what_the_host_sends_has_no_checksum_yet() -> None:
    found = of_packet(skb_of(parse({**PACKETS[0], "in": None}), None))
    assert found is not None
    assert found[36:38] == [None, None]
