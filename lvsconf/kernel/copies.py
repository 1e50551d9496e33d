"""The copy of a packet that `-j TEE` sends to another router (net/ipv4/netfilter/nf_dup_ipv4.c)."""

from __future__ import annotations

from dataclasses import replace

from lvsconf.kernel.skb import RouteResult
from lvsconf.kernel.world import World
from lvsconf.model.actions import Tee
from lvsconf.model.effects import Verdict
from lvsconf.model.fields import DF, SOCKET, TTL, CtState, SocketKind
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
    fib, gateway = world.net.fib, world.family.address(action.gateway)
    if not fib.known:
        return RouteResult("unicast", action.device, gateway)
    if action.device is None or action.device not in fib.interfaces:
        found = fib.constant(action.gateway)
    else:
        # ip_route_output_key_hash_rcu: what no route leads to is on the link of an interface that is given.
        found = fib.by(action.device, action.gateway) or RouteResult("unicast", action.device)
    if found is None or found.kind != "unicast":
        return found
    return replace(found, gateway=found.gateway or gateway)
