"""A packet on the wire in the words of the JSON contract."""

from __future__ import annotations

from lvsconf.kernel.skb import TUNNELS, Skb
from lvsconf.model.fields import (
    DPORT,
    DST,
    ICMP,
    ICMP_CODE,
    ICMP_TYPE,
    ICMPV6,
    PORTED,
    PROTO,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    TTL,
    UDP,
)
from lvsconf.packets.packet import flag_letters


def describe(skb: Skb) -> dict[str, object]:
    """A packet in the words of the contract's egress; what is not known is left out."""
    values = skb.values
    proto = skb.value(PROTO)
    names = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmpv6", **dict.fromkeys(TUNNELS, "ipip")}
    found: dict[str, object] = {
        "src": skb.text(SRC),
        "dst": skb.text(DST),
        "ttl": values[TTL],
        "proto": names.get(proto, proto),
    }
    if proto in PORTED:
        found |= {"sport": values[SPORT], "dport": values[DPORT]}
    if proto == TCP:
        found["flags"] = flag_letters(skb.value(TCP_FLAGS))
    if proto in (ICMP, ICMPV6):
        found |= {"type": values[ICMP_TYPE], "code": values[ICMP_CODE]}
    if proto in TUNNELS and skb.tunnelled is not None:
        found["inner"] = describe(skb.tunnelled)
    return {key: value for key, value in found.items() if value is not None}
