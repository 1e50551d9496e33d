"""Networks as iproute2 writes them, and the address family that an entry belongs to."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address, ip_network

from lvsconf.model.host import Network

_EVERYWHERE = frozenset({"default", "all"})


def network(text: str, family: int) -> Network:
    """A network of that family; `default` and `all` are every address. Raises ValueError for anything else."""
    if text in _EVERYWHERE:
        return ip_network("0.0.0.0/0" if family == 4 else "::/0")
    found = ip_network(text, strict=False)
    if found.version != family:
        raise ValueError(f"{found} is no IPv{family} network")
    return found


def family_of_route(destination: str, gateway: str | None, words: Collection[str], family: int) -> int:
    """The family of a route: `ip route show table all` prints the routes of both unless it is told one.

    `default` does not say it, its gateway does: an address of the route's own family, unless `inet` or `inet6` stands
    before it. `pref` is a word of IPv6 routes, `scope` one of IPv4 routes (iproute2, ip/iproute.c, print_route). What
    says nothing has `family`. Raises ValueError for what is no address.
    """
    if destination not in _EVERYWHERE:
        return ip_network(destination, strict=False).version
    if "inet" in words or "inet6" in words:
        return 6 if "inet" in words else 4
    if gateway is not None:
        return ip_address(gateway).version
    return 6 if "pref" in words else 4 if "scope" in words else family


def interface_group(text: str) -> int | None:
    """The number of a group; names but `default` are known only to /etc/iproute2/group of the host."""
    return 0 if text == "default" else int(text) if text.isdigit() else None
