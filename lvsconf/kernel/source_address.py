"""Which of its addresses a host sends from, where nothing else says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, IPv6Interface, IPv6Network, ip_address
from typing import TYPE_CHECKING

from lvsconf.model.host import Interface
from lvsconf.packets.drawn import address6

if TYPE_CHECKING:
    from lvsconf.kernel.fib import Fib

LINK, SITE, GLOBAL = 2, 5, 14
"""Scopes of addresses as in those of groups (RFC 4291, 2.7)."""
NOT_ENOUGH = 128

# net/ipv6/addrlabel.c ip6addrlbl_init_table; the longest prefix counts.
LABELS = tuple(
    (IPv6Network(prefix), label)
    for prefix, label in (
        ("::1/128", 0),
        ("::/96", 3),
        ("::ffff:0:0/96", 4),
        ("2001::/32", 6),
        ("2001:10::/28", 7),
        ("2002::/16", 2),
        ("3ffe::/16", 12),
        ("fec0::/10", 11),
        ("fc00::/7", 5),
        ("::/0", 1),
    )
)
ORCHID = IPv6Network("2001:10::/28")


def inet_select_addr(fib: Fib, device: str, towards: int) -> int | None:
    """net/ipv4/devinet.c: the first address on the network of the next hop, else the first that is there."""
    mine = [item for item in fib.addresses(device) if not item.ip.is_loopback or device == "lo"]
    for item in mine:
        if item.network.prefixlen < item.max_prefixlen and ip_address(towards) in item.network:
            return int(item.ip)
    if mine:
        return int(mine[0].ip)
    for name in fib.interfaces:
        for item in fib.addresses(name):
            if not item.ip.is_loopback:
                return int(item.ip)
    return None


def scope(address: IPv6Address) -> int:
    """net/ipv6/addrconf_core.c __ipv6_addr_type."""
    if address.is_multicast:
        return int(address) >> 112 & 0xF
    if address.is_link_local or address.is_loopback:
        return LINK
    return SITE if address.is_site_local else GLOBAL


def scope_bits(address: IPv6Address) -> str | None:
    """IPV6_ADDR_SCOPE_MASK of net/ipv6/addrconf_core.c __ipv6_addr_type; None where none is set, as for global ones."""
    if address.is_multicast:
        return {1: "host", LINK: "link", SITE: "site"}.get(scope(address))
    if address.is_loopback:
        return "host"
    if address.is_link_local:
        return "link"
    if address.is_site_local:
        return "site"
    return "compatible" if 0 < int(address) <= 0xFFFFFFFF else None


def _label(address: IPv6Address) -> int:
    return next(label for prefix, label in LABELS if address in prefix)


def _preferred(item: IPv6Interface, interface: Interface) -> bool:
    return item not in interface.deprecated or item.ip.is_loopback or item.ip.ipv4_mapped is not None


def _rank(item: IPv6Interface, interface: Interface, device: str, towards: IPv6Address) -> tuple[int, ...]:
    """ipv6_get_saddr_eval: the rules of RFC 6724 in their order, each the larger the better."""
    mine, wanted = scope(item.ip), scope(towards)
    common = 128 - (int(item.ip) ^ int(towards)).bit_length()
    return (
        item.ip == towards,
        -mine if mine >= wanted else mine - NOT_ENOUGH,
        _preferred(item, interface),
        interface.name == device,
        _label(item.ip) == _label(towards),
        (item.ip in ORCHID) == (towards in ORCHID),
        min(common, item.network.prefixlen),
    )


def ipv6_dev_get_saddr(fib: Fib, device: str, towards: int) -> int | None:
    """net/ipv6/addrconf.c: of the best the first; for a link or a group only the interface's own come into question."""
    wanted = address6(towards)
    near = wanted.is_multicast or scope(wanted) <= LINK
    names: Sequence[str] = [device] if near else list(fib.interfaces)
    found = [
        (item, fib.interfaces[name])
        for name in names
        for item in fib.addresses(name)
        if isinstance(item, IPv6Interface)
    ]
    if not found:
        return None
    best, _ = max(found, key=lambda each: _rank(each[0], each[1], device, wanted))
    return int(best.ip)


SELECT: dict[int, Callable[[Fib, str, int], int | None]] = {4: inet_select_addr, 6: ipv6_dev_get_saddr}
"""By the version of the addresses: the fib, the device that the packet leaves by, and where it goes."""
