"""What packets of somebody whom no rule singles out look like, most natural first.

The addresses are those that documentation uses (RFC 5737, RFC 3849), which no rule set should name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    ICMP,
    ICMP_TYPE,
    ICMPV6,
    IIF,
    OIF,
    PROTO,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    TTL,
    UDP,
    CtState,
    Field,
    TcpFlags,
    interface,
)

CLIENTS = tuple(IPv4Address(text) for text in ("198.51.100.7", "203.0.113.7", "192.0.2.77", "8.8.4.4"))
"""Clients that nobody's rules single out."""
CLIENTS6 = tuple(IPv6Address(text) for text in ("2001:db8:51::7", "2001:db8:113::7", "2001:db8::77"))
SERVERS = tuple(IPv4Address(text) for text in ("192.0.2.100", "203.0.113.80", "198.51.100.80"))
"""What they ask for, where rules name no address."""
SERVERS6 = tuple(IPv6Address(text) for text in ("2001:db8::100", "2001:db8:113::80", "2001:db8:51::80"))
NOT_CLIENTS = tuple(IPv4Network(text) for text in ("0.0.0.0/32", "127.0.0.0/8", "224.0.0.0/3"))
"""Nobody sends from here: no address, loopback, groups and what is reserved."""
ODD = {
    family: tuple((int(net.network_address), int(net.broadcast_address)) for net in map(ip_network, networks))
    for family, networks in (
        (4, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")),
        (6, ("::/8", "fe80::/9", "ff00::/8")),
    )
}
"""Addresses that are not those of ordinary hosts."""
CLIENT_PORT = 40000
"""The source port of clients, where no rule asks for another."""
HIGH_PORTS = 32768
"""Where Linux takes source ports from (net.ipv4.ip_local_port_range)."""
PORTS = (80, 443, 22, 53, 25, 8080, 8443, 3306)
"""Ports that services have."""

NATURAL: Mapping[int, Mapping[Field, Sequence[int]]] = {
    family: {
        PROTO: (TCP, UDP, icmp),
        CT_STATE: tuple(map(int, (CtState.NEW, CtState.ESTABLISHED, CtState.RELATED, CtState.UNTRACKED))),
        SRC: tuple(map(int, clients)),
        DST: tuple(map(int, servers)),
        IIF: tuple(map(interface, ("eth0", "eth1", "ens3", "wlan0"))),
        OIF: tuple(map(interface, ("eth1", "eth0", "ens4", "wlan0"))),
        TTL: (64, 63, 128),
    }
    for family, icmp, clients, servers in ((4, ICMP, CLIENTS, SERVERS), (6, ICMPV6, CLIENTS6, SERVERS6))
}
"""The values of fields that do not hang on others. The order is that in which they are chosen."""

OF_PROTOCOL: Mapping[int, Mapping[Field, Sequence[int]]] = {
    TCP: {
        DPORT: PORTS,
        SPORT: (CLIENT_PORT, HIGH_PORTS),
        TCP_FLAGS: (TcpFlags.SYN, TcpFlags.ACK, TcpFlags.SYN | TcpFlags.ACK, TcpFlags.PSH | TcpFlags.ACK),
    },
    UDP: {DPORT: (53, 123, 443, 514, *PORTS), SPORT: (CLIENT_PORT, HIGH_PORTS)},
    ICMP: {ICMP_TYPE: (8, 0, 3, 11)},
    ICMPV6: {ICMP_TYPE: (128, 129, 1, 3)},
}
"""Those of a protocol's header."""
ANSWERED: Mapping[Field, Sequence[int]] = {TCP_FLAGS: (TcpFlags.ACK, TcpFlags.PSH | TcpFlags.ACK)}
"""What segments of a connection have on that both sides know."""
