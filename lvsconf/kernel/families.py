"""What is different between IPv4 and IPv6, as data: numbers of headers and messages, and how addresses are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_network

from lvsconf.model.addresses import Network
from lvsconf.model.fields import ICMP, ICMPV6
from lvsconf.model.ipvs import Address
from lvsconf.packets.drawn import Drawn, Written, address4, address6, plain

Message = tuple[int, int]
"""An ICMP type and code."""


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """One of the two. `says` are the host's own errors by what they say, in one vocabulary for both families,
    `refusals` those of routes by their kind. `fragments`: routers cut packets that are too long.
    `checks_source`: routing looks at where a packet claims to come from, and who may send from an address.

    `header` is the length of an IP header, `bits` that of an address. `quoting` are the ICMP types that carry a packet
    (icmp_is_err), `answers` the types that answer each other, `requests` those that may open a conntrack entry,
    `untracked` those that conntrack leaves alone, `last_type` the last one that is answered, `balanced` those that IPVS
    looks into (ip_vs_in_icmp). `headless` are the protocols with nothing behind the IP header,
    `untrackable` those that conntrack makes nothing of.
    """

    version: int
    bits: int
    header: int
    icmp: int
    tunnel: int
    says: Mapping[str, Message]
    refusals: Mapping[str, Message]
    quoting: frozenset[int]
    answers: Mapping[int, int]
    requests: frozenset[int]
    untracked: frozenset[int]
    balanced: frozenset[int]
    echo: int
    checks_source: bool
    fragments: bool
    fragment_header: int
    least_mtu: int
    longest_error: int
    loopback: Network
    multicast: Network
    last_type: int
    headless: frozenset[int]
    untrackable: frozenset[int]

    def address(self, value: int) -> Address:
        """A field's value as an address; what lies above the family's bits is no part of one."""
        value &= (1 << self.bits) - 1
        return address4(value) if self.version == 4 else address6(value)

    def text(self, value: int | None) -> str:
        """A field's value as people write it, IPv6 in short form."""
        if isinstance(value, Drawn):
            return Written(_text(self.version, plain(value) & ((1 << self.bits) - 1)), value)
        return "?" if value is None else _text(self.version, value & ((1 << self.bits) - 1))

    def endpoint(self, value: int, port: int) -> str:
        """An address with a port."""
        return f"{self.text(value)}:{port}" if self.version == 4 else f"[{self.text(value)}]:{port}"


@lru_cache(maxsize=65536)
def _text(version: int, value: int) -> str:
    """The same addresses are written again and again, in every line of a trace."""
    return str(IPv4Address(value) if version == 4 else IPv6Address(value))


IPV4 = Family(
    version=4,
    bits=32,
    header=20,
    icmp=ICMP,
    tunnel=4,
    says={
        "host unreachable": (3, 1),
        "protocol unreachable": (3, 2),
        "port unreachable": (3, 3),
        "too big": (3, 4),
        "redirect": (5, 1),
        "time exceeded": (11, 0),
    },
    # net/ipv4/route.c ip_error
    refusals={"no route": (3, 0), "unreachable": (3, 1), "prohibit": (3, 13)},
    # net/netfilter/nf_conntrack_proto_icmp.c
    quoting=frozenset({3, 4, 5, 11, 12}),
    answers={8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17},
    requests=frozenset({8, 13, 15, 17}),
    untracked=frozenset(),
    balanced=frozenset({3, 4, 11}),
    echo=8,
    checks_source=True,
    fragments=True,
    fragment_header=0,
    least_mtu=68,
    longest_error=576,
    loopback=ip_network("127.0.0.0/8"),
    multicast=ip_network("224.0.0.0/4"),
    # NR_ICMP_TYPES
    last_type=18,
    headless=frozenset(),
    untrackable=frozenset({ICMPV6}),
)
IPV6 = Family(
    version=6,
    bits=128,
    header=40,
    icmp=ICMPV6,
    tunnel=41,
    says={
        "host unreachable": (1, 3),
        "protocol unreachable": (4, 1),
        "port unreachable": (1, 4),
        "too big": (2, 0),
        "redirect": (137, 0),
        "time exceeded": (3, 0),
        "not a neighbour": (1, 2),
    },
    # net/ipv6/route.c ip6_rt_init_dst_reject
    refusals={"no route": (1, 0), "unreachable": (1, 0), "prohibit": (1, 1)},
    # net/netfilter/nf_conntrack_proto_icmpv6.c
    quoting=frozenset(range(128)),
    answers={128: 129, 129: 128, 139: 140, 140: 139},
    requests=frozenset({128, 139}),
    untracked=frozenset({130, 131, 132, 133, 134, 135, 136, 143}),
    # ip_vs_in_icmp_v6: whatever is no informational message (ICMPV6_INFOMSG_MASK).
    balanced=frozenset(range(128)),
    echo=128,
    checks_source=False,
    fragments=False,
    fragment_header=8,
    least_mtu=1280,
    longest_error=1280,
    loopback=ip_network("::1/128"),
    multicast=ip_network("ff00::/8"),
    last_type=255,
    # NEXTHDR_NONE
    headless=frozenset({59}),
    untrackable=frozenset({59, ICMP}),
)
FAMILIES: Mapping[int, Family] = {family.version: family for family in (IPV4, IPV6)}
"""By the version in the IP header."""
