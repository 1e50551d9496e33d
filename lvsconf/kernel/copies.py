"""The copy of a packet that `-j TEE` sends to another router (net/ipv4/netfilter/nf_dup_ipv4.c)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from lvsconf.kernel.fib import Lookup
from lvsconf.kernel.skb import RouteResult
from lvsconf.kernel.world import World
from lvsconf.model.actions import Tee
from lvsconf.model.effects import Verdict
from lvsconf.model.fields import DF, DST, SOCKET, TTL, CtState, SocketKind
from lvsconf.model.netfilter import Hook

_COPYING = "nf_skb_duplicated"


def tee(world: World, action: Tee) -> list[tuple[World, Verdict | None]]:
    """nf_dup_ipv4: the copy walks LOCAL_OUT untracked, and is not copied again; the packet itself goes on."""
    if world.memory.get(_COPYING):
        return [(world, None)]
    hook, before = world.hook, dict(world.skb.values)
    copy = world.skb.copy({id(world.skb.ct): world.skb.ct} if world.skb.ct else {})
    world.push(copy)
    world.attach(None, CtState.UNTRACKED)
    world.assign(DF, 1)
    world.assign(SOCKET, SocketKind.NONE)
    if hook in (Hook.PRE_ROUTING, Hook.LOCAL_IN):
        world.assign(TTL, world.skb.value(TTL) - 1)
    route = _route(world, action)
    if route is None or route.kind not in ("unicast", "local"):
        world.pop()
        return [(world, None)]
    # skb->dev is the way out already, which POST_ROUTING takes for the way in.
    copy.route, copy.device = route, route.device
    world.memory[_COPYING] = True
    done = world.kernel.local_out(world)
    for there in done:
        there.memory[_COPYING] = False
        there.pop()
        there.hook = hook
        # The walk has changed what the rules see of interfaces on the copy only.
        there.skb.values.update({what: before[what] for what in (DF, TTL)})
    return [(there, None) for there in done]


def _route(world: World, action: Tee) -> RouteResult | None:
    """nf_dup_ipv4_route: to the router, which then is the next hop."""
    fib, gateway = world.kernel.fib, IPv4Address(action.gateway)
    if not fib.known:
        return RouteResult("unicast", action.device, gateway)
    destination = world.skb.value(DST)
    world.assign(DST, action.gateway)
    found = fib.lookup(world, Lookup(DST, None, mark=False, iif=False, device=action.device))[0][0]
    world.assign(DST, destination)
    if found is None:
        # ip_route_output_key_hash_rcu: with an interface given, what no route leads to is on its link.
        missing = action.device is None or action.device not in fib.interfaces
        return None if missing else RouteResult("unicast", action.device, gateway)
    return replace(found, gateway=found.gateway or gateway) if found.kind == "unicast" else found
