"""A packet's field values as the JSON of a packet list has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lvsconf.kernel.families import Family
from lvsconf.model.fields import (
    DPORT,
    DST,
    ICMP_CODE,
    ICMP_TYPE,
    IIF,
    PORTED,
    PROTO,
    PROTOCOLS,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    TTL,
    Field,
    interface_name,
)
from lvsconf.packets.packet import PROTO_NAMES, flag_letters

ORDINARY_TTL = 64
"""What a packet has that says nothing else; nobody sends one with 0."""


def packet_of(family: Family, values: Mapping[Field, int]) -> dict[str, Any]:
    """A packet to replay. A field that is missing is 0; without an in-interface the host sends it."""
    proto = values.get(PROTO, 0)
    device = values.get(IIF, 0)
    name = PROTOCOLS.get(proto, "")
    found: dict[str, Any] = {
        "in": interface_name(device) if device else None,
        "src": family.text(values.get(SRC, 0)),
        "dst": family.text(values.get(DST, 0)),
        "proto": name if name in PROTO_NAMES else proto,
    }
    if proto in PORTED:
        found |= {"sport": values.get(SPORT, 0), "dport": values.get(DPORT, 0)}
    if proto == TCP:
        found["flags"] = flag_letters(values.get(TCP_FLAGS, 0))
    if proto == family.icmp:
        found |= {"type": values.get(ICMP_TYPE, 0), "code": values.get(ICMP_CODE, 0)}
    if values.get(TTL, 0) not in (0, ORDINARY_TTL):
        found["ttl"] = values[TTL]
    return found
