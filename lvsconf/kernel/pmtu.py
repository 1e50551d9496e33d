"""Path MTUs that ICMP errors have told (net/ipv4/route.c, __ip_rt_update_pmtu)."""

from __future__ import annotations

from lvsconf.kernel.skb import RouteResult
from lvsconf.kernel.world import World

LEAST, SECONDS = 552, 600
"""ip_rt_min_pmtu, ip_rt_mtu_expires: nobody is believed who tells less; what is told is forgotten."""


def path_mtu(world: World, route: RouteResult | None, address: int | None) -> int:
    """The MTU of a packet to `address` by its route."""
    mtu = world.net.fib.mtu(route.device if route else None)
    told = world.path_mtus.get(address) if address is not None else None
    return min(mtu, told[0]) if told is not None and told[1] > world.now else mtu


def update(world: World, route: RouteResult | None, address: int, mtu: int) -> None:
    """A router on the way to `address` takes no packets longer than `mtu`."""
    now = path_mtu(world, route, address)
    if mtu <= now:
        world.path_mtus[address] = (mtu if mtu >= LEAST else min(now, LEAST), world.now + SECONDS)
