import ipaddress
import struct

import pytest

from lvsconf.lab import transports, wire
from lvsconf.model.fields import SCTP_CHUNKS
from lvsconf.packets.packet import parse

SYN = {"in": "eth0", "src": "198.51.100.7", "dst": "192.0.2.100", "sport": 40000, "dport": 80}


def upper_checksum(data: bytes) -> int:
    """Zero when the checksum of a packet's upper layer is right."""
    if data[0] >> 4 == 6:
        addresses, protocol, upper = data[8:40], data[6], data[40:]
    else:
        addresses, protocol, upper = data[12:20], data[9], data[20:]
    pseudo = b"" if protocol == 1 else addresses + struct.pack("!II", len(upper), protocol)
    return wire.checksum(pseudo + upper)


def test_defaults_of_tcp() -> None:
    data = wire.build(SYN)
    assert len(data) == 40
    assert wire.checksum(data[:20]) == 0
    assert upper_checksum(data) == 0
    assert data[8] == 64
    assert data[6:8] == b"\0\0"
    assert struct.unpack_from("!HHIIBBH", data, 20) == (40000, 80, 1000, 0, 0x50, 2, 65535)


@pytest.mark.parametrize(
    "fields",
    [
        {"proto": "udp"},
        {"proto": "udp", "payload": {"text": "odd"}},
        {"proto": "tcp", "flags": "FA", "payload": 7},
        {"proto": "icmp", "type": 8},
        {"proto": "icmp", "type": 3, "code": 4, "inner": SYN},
    ],
)
def test_checksums(fields: wire.Packet) -> None:
    data = wire.build(SYN | fields)
    assert wire.checksum(data[:20]) == 0
    assert upper_checksum(data) == 0
    assert struct.unpack_from("!H", data, 2)[0] == len(data)


@pytest.mark.parametrize("fields", [{}, {"proto": "udp"}, {"proto": "icmpv6", "type": 128}])
def test_checksums_of_ipv6(fields: wire.Packet) -> None:
    data = wire.build(SYN | {"src": "2001:db8::7", "dst": "2001:db8::100"} | fields)
    assert upper_checksum(data) == 0
    assert struct.unpack_from("!H", data, 4)[0] == len(data) - 40


def test_payload_defaults() -> None:
    assert len(wire.build(SYN | {"proto": "udp"})) == 20 + 8 + 4
    assert len(wire.build(SYN | {"proto": "icmp", "type": 8})) == 20 + 8 + 12
    assert wire.build(SYN | {"proto": "icmp", "type": 8})[24:28] == b"\0\1\0\1"
    assert len(wire.build(SYN | {"proto": 99})) == 20
    assert wire.build(SYN | {"proto": "udp", "payload": {"text": "hello"}}).endswith(b"hello")
    assert wire.build(SYN | {"df": True})[6:8] == b"\x40\0"


def test_icmp_error_quotes_a_whole_packet() -> None:
    inner = {"src": "192.0.2.100", "dst": "198.51.100.7", "proto": "tcp", "sport": 80, "dport": 40000}
    data = wire.build(SYN | {"proto": "icmp", "type": 3, "code": 4, "inner": inner, "rest": 1400})
    assert data[24:28] == struct.pack("!I", 1400)
    assert data[28:] == wire.build(inner)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"flgs": "S"}, "unknown packet fields: flgs"),
        ({"flags": "X"}, "flags are letters"),
        ({"proto": "sctp"}, "unknown protocol"),
        ({"dst": "2001:db8::1"}, "two families"),
        ({"dst": "nowhere"}, "nowhere"),
    ],
)
def test_what_cannot_be_built(fields: wire.Packet, complaint: str) -> None:
    with pytest.raises(wire.PacketError, match=complaint):
        wire.build(SYN | fields)


def test_parse_gives_what_egress_prints() -> None:
    assert wire.parse(wire.build(SYN | {"flags": "PA", "ttl": 9})) == {
        "src": "198.51.100.7",
        "dst": "192.0.2.100",
        "ttl": 9,
        "proto": "tcp",
        "sport": 40000,
        "dport": 80,
        "flags": "PA",
    }
    echo = wire.parse(wire.build(SYN | {"proto": "icmp", "type": 8}))
    assert echo == {"src": SYN["src"], "dst": SYN["dst"], "ttl": 64, "proto": "icmp", "type": 8, "code": 0}
    assert wire.parse(wire.build(SYN | {"proto": 99}))["proto"] == 99


def test_parse_of_tunnels() -> None:
    outer = wire.parse(wire.build({"src": "10.0.0.1", "dst": "10.0.0.2", "proto": 4, "inner": SYN | {"ttl": 63}}))
    assert outer["proto"] == "ipip"
    assert outer["inner"]["ttl"] == 63
    assert outer["inner"]["dport"] == 80


def test_parse_of_later_fragments_and_extension_headers() -> None:
    later = bytearray(wire.build(SYN))
    later[6:8] = b"\0\x08"
    assert wire.parse(bytes(later)) == {"src": SYN["src"], "dst": SYN["dst"], "ttl": 64, "proto": "tcp"}
    addresses = ipaddress.ip_address("fe80::1").packed + ipaddress.ip_address("ff02::16").packed
    report = bytes([58, 0, 5, 2, 0, 0, 1, 0]) + bytes([143, 0, 0, 0])
    data = struct.pack("!IHBB", 6 << 28, len(report), 0, 1) + addresses + report
    assert wire.parse(data)["type"] == 143


INNER = {**SYN, "proto": "tcp"}
OTHERS: list[wire.Packet] = [
    *({"proto": 132, "chunk": name, "payload": size} for name in transports.CHUNKS for size in (0, 5)),
    *({"proto": 33, "type": kind} for kind in range(10)),
    {"proto": 136},
    {"proto": 136, "payload": {"text": "odd"}},
    {"proto": 47, "inner": INNER},
    {"proto": "udp", "inner": INNER},
    {"proto": 4, "inner": INNER},
    {"proto": 50, "payload": 20},
    {"proto": "icmp", "type": 3, "inner": {**INNER, "proto": "udp", "inner": INNER}},
]


@pytest.mark.parametrize("fields", OTHERS, ids=str)
def test_the_engine_knows_how_long_a_packet_is(fields: wire.Packet) -> None:
    packet = SYN | fields
    assert parse(packet).length == len(wire.build(packet))


@pytest.mark.parametrize("fields", [each for each in OTHERS if each["proto"] in (33, 136)], ids=str)
def test_checksums_of_others(fields: wire.Packet) -> None:
    assert upper_checksum(wire.build(SYN | fields)) == 0


def test_sctp() -> None:
    assert transports.CHUNKS == SCTP_CHUNKS
    # RFC 3720, B.4.
    assert transports.crc32c(bytes(32)) == 0x8A9136AA
    data = wire.build(SYN | {"proto": 132, "chunk": "COOKIE_ECHO"})
    assert data[20:28] == struct.pack("!HHI", 40000, 80, transports.TAG)
    assert struct.unpack_from("<I", data, 28)[0] == transports.crc32c(data[20:28] + bytes(4) + data[32:])
    assert data[32:] == b"\x0a\0\0\4"
    assert wire.build(SYN | {"proto": 132})[24:28] == bytes(4)
    assert wire.parse(data) == {
        "src": SYN["src"],
        "dst": SYN["dst"],
        "ttl": 64,
        "proto": 132,
        "sport": 40000,
        "dport": 80,
    }


def test_unknown_chunk() -> None:
    with pytest.raises(wire.PacketError):
        wire.build(SYN | {"proto": 132, "chunk": "INTI"})
