"""A packet as the bytes that rules see (skb->data at the IP header), as far as they are known.

As lab/wire.py sends it: an IP header without options, no TCP options, zero bytes for a payload. Never known are the
identification of the IPv4 header, which no packet description names, its checksum, the flow label of what the host
itself sends in IPv6, and the transport's checksum there (CHECKSUM_PARTIAL).
"""

from __future__ import annotations

from lvsconf.kernel.skb import Skb
from lvsconf.kernel.world import World
from lvsconf.model.fields import (
    DF,
    DPORT,
    DST,
    ICMP,
    ICMP_CODE,
    ICMP_TYPE,
    ICMPV6,
    LENGTH,
    PROTO,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    TCP_MSS,
    TCP_OPTION_KINDS,
    TOS,
    TTL,
    UDP,
    Field,
)
from lvsconf.model.questions import BytesQuestion, Octets

Bytes = list[int | None]
UNKNOWN: Bytes = [None, None]


def holds(world: World, question: BytesQuestion) -> list[tuple[bool, World]]:
    """Ask the packet's bytes."""
    found = of_packet(world.skb)
    answer = question.holds(found) if found is not None else None
    if answer is None:
        return world.unsure(str(question), False, True)
    return [(answer, world)]


def of_packet(skb: Skb) -> Octets | None:
    """All bytes; None where not even their number is known."""
    length, source, destination = (skb.values[what] for what in (LENGTH, SRC, DST))
    if length is None or source is None or destination is None:
        return None
    header = _header6(skb, length) if skb.family.version == 6 else _header4(skb)
    rest = [*header, *_summed(skb, _transport(skb))]
    return [*rest, *[None] * (length - len(rest))][:length]


def _header4(skb: Skb) -> Bytes:
    return [
        0x45,
        skb.values[TOS],
        *_number(skb, LENGTH, 2),
        *UNKNOWN,
        None if skb.values[DF] is None else skb.value(DF) << 6,
        0,
        skb.values[TTL],
        skb.values[PROTO],
        *UNKNOWN,
        *_number(skb, SRC, 4),
        *_number(skb, DST, 4),
    ]


def _header6(skb: Skb, length: int) -> Bytes:
    """The traffic class stands across two bytes, before the flow label (include/uapi/linux/ipv6.h)."""
    traffic = skb.values[TOS]
    label = None if skb.device in _OWN else 0
    return [
        0x60 | traffic >> 4 if traffic is not None else None,
        (traffic & 0xF) << 4 if traffic is not None and label is not None else None,
        label,
        label,
        *(length - skb.family.header).to_bytes(2, "big"),
        skb.values[PROTO],
        skb.values[TTL],
        *_number(skb, SRC, 16),
        *_number(skb, DST, 16),
    ]


_OWN = (None, "lo")
"""Where a packet of the host itself comes from."""
_SUMS = {TCP: 16, UDP: 6, ICMP: 2, ICMPV6: 2}
"""Where the checksum of a transport header stands."""


def _summed(skb: Skb, segment: Bytes) -> Bytes:
    """The segment with its checksum, where a sender elsewhere put it and all the rest is known."""
    proto = skb.value(PROTO)
    place = _SUMS.get(proto)
    if place is None or skb.device in _OWN:
        return segment
    width = skb.family.bits // 8
    pseudo = [*_number(skb, SRC, width), *_number(skb, DST, width), 0, proto, *len(segment).to_bytes(2, "big")]
    summed = [*([] if proto == ICMP else pseudo), *segment[:place], *segment[place + 2 :]]
    if None in summed or len(segment) < place + 2:
        return segment
    total = sum((value or 0) << (0 if index % 2 else 8) for index, value in enumerate(summed))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    found = ~total & 0xFFFF
    if proto == UDP and found == 0:
        found = 0xFFFF
    return [*segment[:place], found >> 8, found & 0xFF, *segment[place + 2 :]]


def _number(skb: Skb, what: Field, width: int) -> Bytes:
    value = skb.values[what]
    return [None] * width if value is None else list(value.to_bytes(16, "big")[-width:])


def _transport(skb: Skb) -> Bytes:
    proto = skb.values[PROTO]
    if proto == TCP:
        return _tcp(skb)
    if proto == UDP:
        size = list((8 + len(_payload(skb))).to_bytes(2, "big"))
        return [*_number(skb, SPORT, 2), *_number(skb, DPORT, 2), *size, *UNKNOWN, *_payload(skb)]
    if proto == skb.family.icmp:
        return _icmp(skb)
    if proto in (ICMP, ICMPV6):
        # Of the other family's messages no more is known than how long they are.
        return []
    if skb.tunnelled is not None:
        return list(of_packet(skb.tunnelled) or ())
    return _payload(skb)


def _tcp(skb: Skb) -> Bytes:
    numbers = [*skb.seq.to_bytes(4, "big"), *skb.ack.to_bytes(4, "big")]
    options: Bytes = []
    kinds = skb.values[TCP_OPTION_KINDS]
    if kinds is None or kinds not in (0, 1 << 2):
        return [*_number(skb, SPORT, 2), *_number(skb, DPORT, 2), *numbers]
    if kinds:
        options = [2, 4, *_number(skb, TCP_MSS, 2)]
    window = skb.window.to_bytes(2, "big")
    words = (20 + len(options)) // 4
    head = [words << 4, skb.values[TCP_FLAGS], *window, *UNKNOWN, 0, 0]
    return [*_number(skb, SPORT, 2), *_number(skb, DPORT, 2), *numbers, *head, *options, *_payload(skb)]


def _icmp(skb: Skb) -> Bytes:
    head = [skb.values[ICMP_TYPE], skb.values[ICMP_CODE], *UNKNOWN, *skb.rest.to_bytes(4, "big")]
    if skb.inner is not None:
        return [*head, *(of_packet(skb.inner) or ())]
    return [*head, *_payload(skb)]


def _payload(skb: Skb) -> Bytes:
    """The text it was given, or zero bytes; what the host put into a packet of its own is not known."""
    return list(skb.said.encode()) if skb.said else [0] * skb.payload
