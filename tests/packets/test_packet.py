"""Packets from JSON: the defaults of the contract, and what each bad value is told."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.packets.packet import FLAG_LETTERS, KEYS, PacketError, flag_letters, parse, parse_list

WHO = {"in": "eth0", "src": "198.51.100.7", "dst": "192.0.2.100"}
TCP = {**WHO, "proto": "tcp"}
UDP = {**WHO, "proto": "udp"}
ICMP = {**WHO, "proto": "icmp"}


@pytest.mark.parametrize(
    ("raw", "key", "expected"),
    [
        (TCP, "device", "eth0"),
        ({**TCP, "in": None}, "device", None),
        (TCP, "src", ip_address("198.51.100.7")),
        (TCP, "dst", ip_address("192.0.2.100")),
        (TCP, "proto", 6),
        (UDP, "proto", 17),
        (ICMP, "proto", 1),
        ({"in": "eth0", "src": "2001:db8::1", "dst": "2001:db8::2", "proto": "icmpv6"}, "proto", 58),
        ({**WHO, "proto": 47}, "proto", 47),
        ({**WHO, "proto": 132}, "chunk", "INIT"),
        ({**WHO, "proto": 132, "chunk": "DATA"}, "chunk", "DATA"),
        ({**WHO, "proto": 33, "type": 3}, "type", 3),
        ({**WHO, "proto": 33}, "type", 0),
        ({**UDP, "payload": {"text": "hello"}}, "text", "hello"),
        (TCP, "chunk", None),
        (TCP, "sport", 0),
        (TCP, "dport", 0),
        (TCP, "flags", 0x02),
        ({**TCP, "flags": ""}, "flags", 0),
        ({**TCP, "flags": "FSRPAU"}, "flags", 0x3F),
        ({**TCP, "flags": "AA"}, "flags", 0x10),
        (UDP, "flags", 0),
        (TCP, "ttl", 64),
        (TCP, "seq", 1000),
        (TCP, "ack", 0),
        (TCP, "window", 65535),
        (TCP, "df", False),
        (TCP, "payload", 0),
        (UDP, "payload", 4),
        (ICMP, "payload", 12),
        ({**UDP, "payload": 0}, "payload", 0),
        ({**UDP, "payload": {"text": "PORT é"}}, "payload", 7),
        (ICMP, "code", 0),
        (ICMP, "rest", 0x00010001),
        (ICMP, "inner", None),
        (TCP, "length", 40),
        (UDP, "length", 32),
        (ICMP, "length", 40),
        ({**ICMP, "payload": 100}, "length", 128),
        ({**ICMP, "inner": {"src": "192.0.2.100", "dst": "198.51.100.7", "proto": "tcp"}}, "length", 68),
        ({**WHO, "proto": 47, "payload": 30}, "length", 50),
        (TCP, "at", 0.0),
    ],
)
def test_values_and_defaults(raw: dict[str, Any], key: str, expected: object) -> None:
    assert getattr(parse(json.loads(json.dumps(raw))), key) == expected


BAD = {
    "in": [7, True, ["eth0"]],
    "src": [None, "", "198.51.100", "198.51.100.7/32", 7],
    "dst": [None, "vip", "192.0.2.256", 7],
    "proto": [None, "TCP", "sctp", 256, -1, True, 6.0, []],
    "sport": [-1, 65536, "80", 80.0, True, None],
    "dport": [-1, 65536, "http", True],
    "flags": ["X", "SYN", "s", 2, None],
    "ttl": [-1, 256, "64", True],
    "seq": [-1, 2**32, "1000"],
    "ack": [-1, 2**32],
    "payload": [-1, 65536, "hello", {"text": 1}, {"text": "a", "more": 1}, {}],
    "rest": [-1, 2**32, "1"],
    "at": [-1, "1", True, None],
}
ICMP_BAD = {"type": [-1, 256, "8"], "code": [-1, 256, True]}
CASES = [(TCP, key, value) for key, values in BAD.items() for value in values]
CASES += [(ICMP, key, value) for key, values in ICMP_BAD.items() for value in values]


@pytest.mark.parametrize(("raw", "key", "value"), CASES)
def test_a_bad_value_is_told_by_its_key(raw: dict[str, Any], key: str, value: object) -> None:
    with pytest.raises(PacketError, match=rf"^{key}: "):
        parse({**raw, key: value})


@pytest.mark.parametrize("key", ["in", "src", "dst", "proto"])
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(PacketError, match=rf"^{key}: "):
        parse({name: value for name, value in TCP.items() if name != key})


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({**TCP, "window": 1}, "'window' is not a key"),
        ({**TCP, "Flags": "S"}, "'Flags' is not a key"),
        ({**TCP, "dst": "2001:db8::1"}, "src and dst are of different families"),
        ([], "is not an object"),
        ("tcp", "is not an object"),
        ({**ICMP, "inner": {**TCP, "flags": "X"}}, "inner: flags: 'X'"),
    ],
)
def test_other_mistakes(raw: object, message: str) -> None:
    with pytest.raises(PacketError, match=message):
        parse(raw)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, "a JSON list of packets"),
        ("[]", "a JSON list of packets"),
        (None, "a JSON list of packets"),
        ([TCP, {**TCP, "ttl": 256}, {}], "^packet 1: ttl: "),
        ([{**TCP, "at": 2}, TCP, {**TCP, "at": 1}], "^packet 2: at: "),
    ],
)
def test_a_bad_list_is_told_by_index(raw: object, message: str) -> None:
    with pytest.raises(PacketError, match=message):
        parse_list(raw)


@given(st.lists(st.none() | st.integers(0, 6) | st.floats(0, 6), max_size=6))
def test_time_never_goes_back(times: list[float | None]) -> None:
    raw = [TCP if time is None else {**TCP, "at": time} for time in times]
    latest, fits = 0.0, True
    for time in times:
        fits = fits and (time is None or time >= latest)
        latest = latest if time is None else time
    if not fits:
        with pytest.raises(PacketError, match=r"^packet \d+: at: "):
            parse_list(raw)
        return
    found = [packet.at for packet in parse_list(raw)]
    assert found == sorted(found)
    assert all(at == time for at, time in zip(found, times, strict=True) if time is not None)


@given(st.sets(st.sampled_from(sorted(FLAG_LETTERS))))
def test_flag_letters_are_read_back(letters: set[str]) -> None:
    found = flag_letters(parse({**TCP, "flags": "".join(letters)}).flags)
    assert found == "".join(letter for letter in "FSRPAU" if letter in letters)


VALUES = st.none() | st.booleans() | st.integers(-1, 2**33) | st.text(max_size=3) | st.just({"text": "a"})


@given(st.dictionaries(st.sampled_from(sorted(KEYS - {"inner"})), VALUES))
def test_nothing_but_packet_errors(raw: dict[str, Any]) -> None:
    """Whatever is asked for is a packet or is told why not, and its numbers are those that were given."""
    asked = {**TCP, **raw}
    try:
        packet = parse(asked)
    except PacketError:
        return
    assert packet.device == asked["in"]
    assert packet.ttl == asked.get("ttl", 64)
    assert packet.seq == asked.get("seq", 1000)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("df", "no"),
        ("df", 2),
        ("at", float("nan")),
        ("at", float("inf")),
        ("inner", "x"),
        ("payload", {"text": "\ud800"}),
    ],
)
def test_a_value_that_nothing_can_be_made_of(key: str, value: object) -> None:
    with pytest.raises(PacketError, match=rf"^{key}: "):
        parse({**TCP, key: value})
