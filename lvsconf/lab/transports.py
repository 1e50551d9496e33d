"""Headers after IP beside those of TCP, UDP and ICMP: SCTP, DCCP, UDP-Lite, GRE and what GUE puts into UDP."""

from __future__ import annotations

import struct
from typing import Any

SCTP, DCCP, UDP_LITE, GRE = 132, 33, 136, 47
WITH_PORTS = (SCTP, DCCP, UDP_LITE)
ETHERTYPES = {4: 0x0800, 6: 0x86DD}
IP_IN_IP = {4: 4, 6: 41}
# RFC 9260, 3.2; the names are those of `-m sctp --chunk-types`.
CHUNK_NAMES = (
    *("DATA", "INIT", "INIT_ACK", "SACK", "HEARTBEAT", "HEARTBEAT_ACK", "ABORT", "SHUTDOWN", "SHUTDOWN_ACK"),
    *("ERROR", "COOKIE_ECHO", "COOKIE_ACK", "ECN_ECNE", "ECN_CWR", "SHUTDOWN_COMPLETE"),
)
CHUNKS = {name: number for number, name in enumerate(CHUNK_NAMES)}
# Both ends have chosen this verification tag, so that every packet fits its association.
TAG = 0x00001000
DCCP_LENGTHS = {0: 20, 1: 28, 2: 16, 7: 28}
CHUNK_HEADS = {
    **dict.fromkeys(("INIT", "INIT_ACK"), struct.pack("!IIHHI", TAG, 65536, 1, 1, 1)),
    "DATA": struct.pack("!IHHI", 1, 0, 0, 0),
    "SACK": struct.pack("!IIHH", 1, 65536, 0, 0),
    "SHUTDOWN": struct.pack("!I", 1),
}


def sctp(packet: dict[str, Any]) -> bytes:
    """An SCTP packet with one chunk, INIT when none is named."""
    name = packet.get("chunk", "INIT")
    if name not in CHUNKS:
        raise ValueError(f"chunk: {name!r} is none of {', '.join(CHUNKS)}")
    head = struct.pack("!HHI", packet.get("sport", 0), packet.get("dport", 0), 0 if name == "INIT" else TAG)
    size = packet.get("payload") or 0
    data = bytes(size) if isinstance(size, int) else str(size["text"]).encode()
    body = CHUNK_HEADS.get(name, b"") + data
    flags = 3 if name == "DATA" else 0
    chunk = struct.pack("!BBH", CHUNKS[name], flags, 4 + len(body)) + body + bytes(-len(body) % 4)
    # The checksum goes out with its low byte first.
    return head + struct.pack("<I", crc32c(head + bytes(4) + chunk)) + chunk


def crc32c(data: bytes) -> int:
    """The CRC of RFC 9260, appendix A."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def gre(inner: bytes) -> bytes:
    """A GRE packet (RFC 2784) without checksum."""
    return struct.pack("!HH", 0, ETHERTYPES[inner[0] >> 4]) + inner


def gue(inner: bytes) -> bytes:
    """What a UDP datagram of Generic UDP Encapsulation holds (include/net/gue.h)."""
    return struct.pack("!BBH", 0, IP_IN_IP[inner[0] >> 4], 0) + inner


def dccp(packet: dict[str, Any]) -> bytes:
    """A DCCP packet (RFC 4340) of `type`, REQUEST when there is none, with long sequence numbers."""
    kind = packet.get("type", 0)
    # X is set: 48 bits of sequence number; REQUEST, RESPONSE and RESET have four bytes more of their own.
    length = DCCP_LENGTHS.get(kind, 24)
    ports = struct.pack("!HH", packet.get("sport", 0), packet.get("dport", 0))
    sequence = int(packet.get("seq", 1000)) & 0xFFFFFFFFFFFF
    head = ports + struct.pack("!BBHBB", length // 4, 0, 0, kind << 1 | 1, 0) + sequence.to_bytes(6, "big")
    if kind not in (0, 2):
        head += bytes(2) + (int(packet.get("ack", 0)) & 0xFFFFFFFFFFFF).to_bytes(6, "big")
    return head + bytes(length - len(head))
