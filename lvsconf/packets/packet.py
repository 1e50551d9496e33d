"""A packet as people write it in JSON, and the checks on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import inf
from typing import Any

from lvsconf.model.fields import (
    DCCP,
    DPORT,
    DST,
    ICMP,
    ICMPV6,
    PORTED,
    SCTP,
    SCTP_CHUNKS,
    SPORT,
    SRC,
    TCP,
    UDP,
    UDP_LITE,
    Field,
    TcpFlags,
)
from lvsconf.packets.drawn import Drawn, Written

FLAG_LETTERS = {
    "F": TcpFlags.FIN,
    "S": TcpFlags.SYN,
    "R": TcpFlags.RST,
    "P": TcpFlags.PSH,
    "A": TcpFlags.ACK,
    "U": TcpFlags.URG,
}
PROTO_NAMES = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "icmpv6": ICMPV6}
_PAYLOADS = {UDP: 4, UDP_LITE: 4, ICMP: 12, ICMPV6: 12}
"""The zero bytes of a packet whose description names no payload."""
KEYS = frozenset(
    [
        "in",
        "src",
        "dst",
        "proto",
        "sport",
        "dport",
        "flags",
        "type",
        "code",
        "inner",
        "ttl",
        "seq",
        "ack",
        "df",
        "payload",
        "rest",
        "at",
        "chunk",
    ]
)

SCTP_HEADER, SCTP_CHUNK_HEADER = 12, 4
SCTP_CHUNK_FIELDS = {"INIT": 16, "INIT_ACK": 16, "DATA": 12, "SACK": 12, "SHUTDOWN": 4}
"""Bytes of a chunk's own fields (RFC 9260); the other chunks that are sent have none."""
DCCP_LENGTHS = {0: 20, 1: 28, 2: 16, 7: 28}
"""Bytes of a DCCP header by packet type (RFC 4340), 24 for all others."""


class PacketError(ValueError):
    """A packet description that says nothing sendable; the message names the key."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet to inject. `device` None: sent by the host itself. `payload` counts bytes, `at` is in seconds.

    `drawn`: fields whose numbers stand for many.
    """

    device: str | None
    src: IPv4Address | IPv6Address
    dst: IPv4Address | IPv6Address
    proto: int
    sport: int = 0
    dport: int = 0
    flags: int = 0
    type: int = 0
    code: int = 0
    inner: Packet | None = None
    ttl: int = 64
    seq: int = 1000
    ack: int = 0
    window: int = 65535
    df: bool = False
    payload: int = 0
    rest: int = 0x00010001
    at: float = 0.0
    chunk: str | None = None
    text: str | None = None
    drawn: Mapping[Field, Drawn] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def length(self) -> int:
        """Total length of the packet in bytes, its IP header included."""
        inner = self.inner.length if self.inner else 0
        match self.proto:
            case 6:
                upper = 20 + self.payload
            case 17 if self.inner:
                # Generic UDP Encapsulation, four bytes between UDP and what is inside.
                upper = 12 + inner
            case 17 | 136:
                upper = 8 + self.payload
            case 1 | 58:
                upper = 8 + (inner or self.payload)
            case 132:
                fields = SCTP_CHUNK_FIELDS.get(self.chunk or "INIT", 0) + self.payload
                upper = SCTP_HEADER + SCTP_CHUNK_HEADER + fields + -fields % 4
            case 33:
                upper = DCCP_LENGTHS.get(self.type, 24)
            case 47 if self.inner:
                upper = 4 + inner
            case _:
                upper = inner or self.payload
        return (20 if self.src.version == 4 else 40) + upper


def flag_letters(flags: int) -> str:
    """The letters of a TCP flags byte, in the order FSRPAU."""
    return "".join(letter for letter, bit in FLAG_LETTERS.items() if flags & bit)


def _number(raw: Mapping[str, Any], key: str, default: int, top: int) -> int:
    value = raw.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= top:
        raise PacketError(f"{key}: {value!r} is not a number from 0 to {top}")
    return value


def _address(raw: Mapping[str, Any], key: str) -> IPv4Address | IPv6Address:
    value = raw.get(key)
    if not isinstance(value, str):
        raise PacketError(f"{key}: an address is needed")
    try:
        return ip_address(value)
    except ValueError:
        raise PacketError(f"{key}: {value!r} is not an address") from None


def _payload(raw: Mapping[str, Any], default: int) -> int:
    value = raw.get("payload", default)
    if isinstance(value, Mapping) and isinstance(value.get("text"), str) and len(value) == 1:
        try:
            return len(value["text"].encode())
        except UnicodeEncodeError:
            raise PacketError("payload: the text has half a surrogate pair, which no UTF-8 has") from None
    return _number(raw, "payload", default, 65535)


def _chunk(raw: Mapping[str, Any]) -> str:
    name = raw.get("chunk", "INIT")
    if name not in SCTP_CHUNKS:
        raise PacketError(f"chunk: {name!r} is none of {', '.join(SCTP_CHUNKS)}")
    return str(name)


def _type(raw: Mapping[str, Any], proto: int) -> int:
    if proto in (ICMP, ICMPV6):
        return _number(raw, "type", 8 if proto == ICMP else 128, 255)
    return _number(raw, "type", 0, 15) if proto == DCCP else 0


def _flags(raw: Mapping[str, Any]) -> int:
    letters = raw.get("flags", "S")
    if not isinstance(letters, str) or set(letters) - set(FLAG_LETTERS):
        raise PacketError(f"flags: {letters!r} has letters other than FSRPAU")
    return sum(FLAG_LETTERS[letter] for letter in set(letters))


def _inner(raw: Mapping[str, Any]) -> Packet | None:
    if raw.get("inner") is None:
        return None
    try:
        return parse(raw["inner"], quoted=True)
    except PacketError as error:
        raise PacketError(f"inner: {error}") from None


def _drawn(raw: Mapping[str, Any]) -> Mapping[Field, Drawn]:
    """The numbers of a packet that stands for many."""
    named = ((what, raw.get(key)) for key, what in (("src", SRC), ("dst", DST), ("sport", SPORT), ("dport", DPORT)))
    numbers = ((what, said.number if isinstance(said, Written) else said) for what, said in named)
    return {what: number for what, number in numbers if isinstance(number, Drawn)}


def parse(raw: Any, at: float = 0.0, *, quoted: bool = False) -> Packet:
    """One packet from its JSON object; `at` is the previous packet's time. Raises PacketError."""
    if not isinstance(raw, Mapping):
        raise PacketError(f"{raw!r} is not an object")
    unknown = sorted(set(raw) - KEYS)
    if unknown:
        raise PacketError(f"{unknown[0]!r} is not a key of a packet")
    proto = raw.get("proto")
    if isinstance(proto, str):
        if proto not in PROTO_NAMES:
            raise PacketError(f"proto: {proto!r} is none of {', '.join(PROTO_NAMES)}, nor a number")
        proto = PROTO_NAMES[proto]
    if isinstance(proto, bool) or not isinstance(proto, int) or not 0 <= proto <= 255:
        raise PacketError("proto: tcp, udp, icmp, icmpv6 or a number from 0 to 255 is needed")
    device = raw.get("in")
    if device is not None and not isinstance(device, str):
        raise PacketError(f"in: {device!r} is not an interface name")
    if not quoted and "in" not in raw:
        raise PacketError("in: the interface it comes in by is needed, or null when the host sends it")
    src, dst = _address(raw, "src"), _address(raw, "dst")
    if src.version != dst.version:
        raise PacketError("src and dst are of different families")
    df = raw.get("df", False)
    if not isinstance(df, bool):
        raise PacketError(f"df: {df!r} is neither true nor false")
    ports = proto in PORTED
    moment = raw.get("at", at)
    if isinstance(moment, bool) or not isinstance(moment, int | float) or not at <= moment < inf:
        raise PacketError(f"at: {moment!r} is not a time at or after the previous packet's")
    return Packet(
        device=device,
        src=src,
        dst=dst,
        proto=proto,
        sport=_number(raw, "sport", 0, 65535) if ports else 0,
        dport=_number(raw, "dport", 0, 65535) if ports else 0,
        flags=_flags(raw) if proto == TCP else 0,
        type=_type(raw, proto),
        code=_number(raw, "code", 0, 255) if proto in (ICMP, ICMPV6) else 0,
        inner=_inner(raw),
        ttl=_number(raw, "ttl", 64, 255),
        seq=_number(raw, "seq", 1000, 2**32 - 1),
        ack=_number(raw, "ack", 0, 2**32 - 1),
        df=df,
        payload=_payload(raw, _PAYLOADS.get(proto, 0)),
        rest=_number(raw, "rest", 0x00010001, 2**32 - 1),
        at=float(moment),
        chunk=_chunk(raw) if proto == SCTP else None,
        text=raw["payload"]["text"] if isinstance(raw.get("payload"), Mapping) else None,
        drawn=_drawn(raw),
        raw=dict(raw),
    )


def parse_list(raw: Any) -> tuple[Packet, ...]:
    """A JSON list of packets. Raises PacketError with the index of the first bad one."""
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise PacketError("a JSON list of packets is needed")
    packets: list[Packet] = []
    for index, item in enumerate(raw):
        try:
            packets.append(parse(item, packets[-1].at if packets else 0.0))
        except PacketError as error:
            raise PacketError(f"packet {index}: {error}") from None
    return tuple(packets)


def moved(packet: Packet, **changes: Any) -> Packet:
    """A copy with other values."""
    return replace(packet, **changes)
