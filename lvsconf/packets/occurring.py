"""Which packets there can be: what a packet has no header for is 0, and what has names has one of them."""

from __future__ import annotations

from collections.abc import Mapping

from lvsconf.model.fields import (
    CT_DIRECTION,
    CT_STATE,
    DPORT,
    FRAGMENT,
    ICMP,
    ICMP_CODE,
    ICMP_TYPE,
    ICMPV6,
    PKT_TYPE,
    PORTED,
    PROTO,
    SOCKET,
    SPORT,
    TCP,
    TCP_FLAGS,
    TCP_MSS,
    TCP_OPTION_KINDS,
    CtState,
    Field,
    PktType,
    SocketKind,
)
from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.space import Space

NAMES: Mapping[Field, Mapping[int, str]] = {
    CT_STATE: {item.value: item.name for item in CtState},
    CT_DIRECTION: {0: "ORIGINAL", 1: "REPLY"},
    PKT_TYPE: {item.value: item.name.lower() for item in PktType},
    SOCKET: {item.value: item.name.lower() for item in SocketKind},
}
"""Fields whose values are few and have names."""
ICMP_OF = {4: ICMP, 6: ICMPV6}


def occurring(space: Space) -> PacketSet:
    """All packets that can be, as far as the space's fields tell. Their interfaces may have any name."""
    found = space.everything
    for what, names in NAMES.items():
        if what in space.fields:
            found &= space.within(what, [(value, value) for value in names])
    headers = (
        (PORTED, (SPORT, DPORT)),
        ({TCP}, (TCP_FLAGS, TCP_MSS, TCP_OPTION_KINDS)),
        ({ICMP_OF[space.family]}, (ICMP_TYPE, ICMP_CODE)),
    )
    for protocols, fields in headers:
        there = space.everything
        if PROTO not in space.fixed:
            there = space.within(PROTO, [(proto, proto) for proto in protocols])
        elif space.fixed[PROTO] not in (None, *protocols):
            there = space.nothing
        if FRAGMENT in space.fields and FRAGMENT not in space.fixed:
            there &= space.masked(FRAGMENT, 0, FRAGMENT.full)
        for what in fields:
            if what in space.fields and what not in space.fixed:
                found &= there | space.masked(what, 0, what.full)
    return found
