"""Packets as bytes: built from the packets JSON, read back into what `egress` prints."""

from __future__ import annotations

import ipaddress
import struct
from typing import Any

from lvsconf.lab import transports

Packet = dict[str, Any]

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}
PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}
IPIP, IPV6_IN_IP = 4, 41
FLAGS = "FSRPAU"
KEYS = frozenset(
    {"in", "src", "dst", "proto", "sport", "dport", "flags", "type", "code", "inner"}
    | {"ttl", "seq", "ack", "df", "payload", "rest", "at", "chunk"}
)
DEFAULT_REST = 0x00010001
ICMP_FILLING = 12
UDP_FILLING = 4
# Extension headers whose second byte is their length in units of eight bytes, less one.
IPV6_OPTIONS, IPV6_FRAGMENT = frozenset({0, 43, 60}), 44


class PacketError(ValueError):
    """A packet of the list can't be built."""


def build(packet: Packet, identification: int = 1) -> bytes:
    """The IP packet that an entry of the packets JSON describes, checksums included."""
    unknown = set(packet) - KEYS
    if unknown:
        raise PacketError(f"unknown packet fields: {', '.join(sorted(unknown))}")
    try:
        src, dst = ipaddress.ip_address(packet["src"]), ipaddress.ip_address(packet["dst"])
    except KeyError as error:
        raise PacketError(f"a packet needs {error}") from None
    except ValueError as error:
        raise PacketError(str(error)) from None
    if src.version != dst.version:
        raise PacketError(f"{src} and {dst} are of two families")
    protocol = protocol_number(packet.get("proto", "tcp"))
    payload = _transport(packet, protocol, src.packed, dst.packed)
    ttl = packet.get("ttl", 64)
    if src.version == 6:
        header = struct.pack("!IHBB", 6 << 28, len(payload), protocol, ttl)
        return header + src.packed + dst.packed + payload
    fragment = 0x4000 if packet.get("df") else 0
    fields = (0x45, 0, 20 + len(payload), identification & 0xFFFF, fragment, ttl, protocol)
    header = struct.pack("!BBHHHBBH", *fields, 0) + src.packed + dst.packed
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def protocol_number(proto: str | int) -> int:
    """The number of a protocol of the packets JSON."""
    if isinstance(proto, int):
        return proto
    if proto not in PROTOCOLS:
        raise PacketError(f"unknown protocol {proto!r}")
    return PROTOCOLS[proto]


def checksum(data: bytes) -> int:
    """The Internet checksum."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _transport(packet: Packet, protocol: int, src: bytes, dst: bytes) -> bytes:
    if protocol == PROTOCOLS["tcp"]:
        ports = struct.pack("!HH", packet.get("sport", 0), packet.get("dport", 0))
        numbers = struct.pack("!II", packet.get("seq", 1000) & 0xFFFFFFFF, packet.get("ack", 0) & 0xFFFFFFFF)
        head = ports + numbers + struct.pack("!BBHHH", 5 << 4, _flag_bits(packet.get("flags", "S")), 65535, 0, 0)
        return _summed(head + _payload(packet, 0), 16, _pseudo(src, dst, protocol))
    if protocol == PROTOCOLS["udp"]:
        data = transports.gue(build(packet["inner"])) if packet.get("inner") else _payload(packet, UDP_FILLING)
        head = struct.pack("!HHHH", packet.get("sport", 0), packet.get("dport", 0), 8 + len(data), 0)
        return _summed(head + data, 6, _pseudo(src, dst, protocol))
    if protocol in (PROTOCOLS["icmp"], PROTOCOLS["icmpv6"]):
        kind = packet.get("type", 8 if protocol == PROTOCOLS["icmp"] else 128)
        head = struct.pack("!BBHI", kind, packet.get("code", 0), 0, packet.get("rest", DEFAULT_REST))
        data = build(packet["inner"]) if packet.get("inner") else _payload(packet, ICMP_FILLING)
        return _summed(head + data, 2, _pseudo(src, dst, protocol) if protocol == PROTOCOLS["icmpv6"] else None)
    if protocol in transports.WITH_PORTS:
        return _with_ports(packet, protocol, _pseudo(src, dst, protocol))
    if packet.get("inner"):
        inner = build(packet["inner"])
        return transports.gre(inner) if protocol == transports.GRE else inner
    return _payload(packet, 0)


def _with_ports(packet: Packet, protocol: int, pseudo: tuple[bytes, int]) -> bytes:
    if protocol == transports.SCTP:
        try:
            return transports.sctp(packet)
        except ValueError as error:
            raise PacketError(str(error)) from None
    if protocol == transports.DCCP:
        return _summed(transports.dccp(packet), 6, pseudo)
    # The checksum of UDP-Lite covers the whole packet here.
    head = struct.pack("!HHHH", packet.get("sport", 0), packet.get("dport", 0), 0, 0)
    return _summed(head + _payload(packet, UDP_FILLING), 6, pseudo)


def _payload(packet: Packet, default: int) -> bytes:
    payload = packet.get("payload")
    if payload is None:
        return bytes(default)
    if isinstance(payload, dict):
        return str(payload["text"]).encode()
    return bytes(payload)


def _flag_bits(letters: str) -> int:
    try:
        return sum(1 << FLAGS.index(letter) for letter in set(letters))
    except ValueError:
        raise PacketError(f"flags are letters of {FLAGS}, not {letters!r}") from None


def _pseudo(src: bytes, dst: bytes, protocol: int) -> tuple[bytes, int]:
    return src + dst, protocol


def _summed(data: bytes, offset: int, pseudo: tuple[bytes, int] | None) -> bytes:
    """Fill in a checksum; a pseudo header's fields add up alike in both families."""
    prefix = b""
    if pseudo is not None:
        prefix = pseudo[0] + struct.pack("!II", len(data), pseudo[1])
    value = checksum(prefix + data)
    # UDP says "no checksum" with zero.
    if value == 0 and offset == 6:
        value = 0xFFFF
    return data[:offset] + struct.pack("!H", value) + data[offset + 2 :]


def parse(data: bytes) -> Packet:
    """The fields of an IP packet as `egress` names them; what it does not have is left out."""
    if data[0] >> 4 == 6:
        return _parse6(data)
    header = (data[0] & 15) * 4
    total, fragment = struct.unpack_from("!H2xH", data, 2)
    ttl, protocol = data[8], data[9]
    fields = _addresses(data[12:16], data[16:20], ttl)
    return fields | _parse_upper(protocol, data[header:total], first=not fragment & 0x1FFF)


def _parse6(data: bytes) -> Packet:
    length, protocol, ttl = struct.unpack_from("!HBB", data, 4)
    fields = _addresses(data[8:24], data[24:40], ttl)
    rest, first = data[40 : 40 + length], True
    while (protocol in IPV6_OPTIONS or protocol == IPV6_FRAGMENT) and len(rest) >= 8 and first:
        if protocol == IPV6_FRAGMENT:
            first, size = not struct.unpack_from("!H", rest, 2)[0] & 0xFFF8, 8
        else:
            size = 8 * (rest[1] + 1)
        protocol, rest = rest[0], rest[size:]
    return fields | _parse_upper(protocol, rest, first)


def _addresses(src: bytes, dst: bytes, ttl: int) -> Packet:
    return {"src": str(ipaddress.ip_address(src)), "dst": str(ipaddress.ip_address(dst)), "ttl": ttl}


def _parse_upper(protocol: int, data: bytes, first: bool) -> Packet:
    name = PROTOCOL_NAMES.get(protocol, protocol)
    if protocol in (IPIP, IPV6_IN_IP):
        return {"proto": "ipip"} | ({"inner": parse(data)} if first and len(data) >= 20 else {})
    fields: Packet = {"proto": name}
    if not first or len(data) < 4:
        return fields
    if name in ("tcp", "udp", *transports.WITH_PORTS):
        fields["sport"], fields["dport"] = struct.unpack_from("!HH", data)
    if name == "tcp" and len(data) >= 14:
        fields["flags"] = "".join(letter for bit, letter in enumerate(FLAGS) if data[13] >> bit & 1)
    if name in ("icmp", "icmpv6"):
        fields["type"], fields["code"] = data[0], data[1]
    return fields
