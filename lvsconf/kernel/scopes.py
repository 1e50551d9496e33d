"""IPv6 addresses that are treated unlike others: of a link, of a group, of nobody."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network

from lvsconf.kernel.fib import Fib, in_network
from lvsconf.kernel.settings import Settings
from lvsconf.model.fields import DST, SRC, Field
from lvsconf.model.preds import Pred, any_of, equals, masked

GROUPS, LINK_LOCAL, LOOPBACK = IPv6Network("ff00::/8"), IPv6Network("fe80::/10"), IPv6Network("::1/128")
UNSPECIFIED = 0


def _group_of_scope(what: Field, scope: int) -> Pred:
    return masked(what, 0xFF00 + scope << 112, 0xFF0F << 112)


NOT_EVEN_LOOPED: Pred = any_of((in_network(SRC, GROUPS), _group_of_scope(DST, 0)))
NOT_FROM_WIRE: Pred = any_of(
    (NOT_EVEN_LOOPED, in_network(SRC, LOOPBACK), in_network(DST, LOOPBACK), _group_of_scope(DST, 1))
)
"""net/ipv6/ip6_input.c ip6_rcv_core: dropped before any hook."""
STAYS_ON_LINK: Pred = any_of((in_network(DST, GROUPS), in_network(DST, LINK_LOCAL)))
"""net/ipv6/netfilter.c ip6_route_me_harder: routed again by the same interface."""
OF_A_LINK: Pred = any_of((STAYS_ON_LINK, in_network(DST, LOOPBACK)))
"""rt6_need_strict: only routes by one interface come into question."""
SOURCES_NOT_FORWARDED: tuple[tuple[Pred, str], ...] = (
    (any_of((equals(SRC, UNSPECIFIED), in_network(SRC, GROUPS), in_network(SRC, LOOPBACK))), "nobody"),
    (in_network(SRC, LINK_LOCAL), "link"),
)
"""net/ipv6/ip6_output.c ip6_forward."""

NO_ERRORS_ABOUT: tuple[Pred, ...] = (equals(SRC, UNSPECIFIED), in_network(SRC, GROUPS), in_network(DST, GROUPS))
"""net/ipv6/icmp.c icmp6_send, but for packet too big."""
NO_RESETS_ABOUT: tuple[Pred, ...] = (
    *NO_ERRORS_ABOUT,
    equals(DST, UNSPECIFIED),
    *(in_network(what, IPv6Network("::ffff:0:0/96")) for what in (SRC, DST)),
)
"""nf_send_reset6 wants unicast addresses, which those that hold an IPv4 one are not (__ipv6_addr_type)."""

_EVERYBODY = (IPv6Address("ff02::1"), IPv6Address("ff01::1"))
_ROUTERS = (IPv6Address("ff02::2"), IPv6Address("ff01::2"), IPv6Address("ff05::2"))
_SOLICITED = int(IPv6Address("ff02::1:ff00:0"))


def joined(fib: Fib, settings: Settings, device: str) -> frozenset[int]:
    """The groups that an interface is in without a program that asks for it (net/ipv6/addrconf.c, mcast.c)."""
    mine = [int(item.ip) for item in fib.addresses(device)]
    groups = {int(group) for group in _EVERYBODY}
    if settings.routes_for(device):
        groups |= {int(group) for group in _ROUTERS}
        mine += [int(item.network.network_address) for item in fib.addresses(device)]
    return frozenset(groups | {_SOLICITED + (address & 0xFFFFFF) for address in mine})
