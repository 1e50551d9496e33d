"""A packet's way through the host (net/ipv4/ip_input.c, ip_forward.c, ip_output.c)."""

from __future__ import annotations

from typing import Any

from lvsconf.kernel import answers
from lvsconf.kernel.description import describe
from lvsconf.kernel.hooks import run_hook
from lvsconf.kernel.local import deliver
from lvsconf.kernel.pmtu import path_mtu
from lvsconf.kernel.routing import (
    SENDABLE,
    TO_MANY,
    out_device,
    reverse_routes,
    route_input,
    route_output,
)
from lvsconf.kernel.scopes import NOT_EVEN_LOOPED, NOT_FROM_WIRE, SOURCES_NOT_FORWARDED
from lvsconf.kernel.skb import RouteResult, Skb
from lvsconf.kernel.world import World
from lvsconf.model.fields import DF, DST, LENGTH, PKT_TYPE, SOCKET, SRC, TTL, PktType, SocketKind
from lvsconf.model.netfilter import Hook


def receive(world: World) -> list[World]:
    """ip_rcv, ipv6_rcv: a packet arrived at skb.device."""
    if world.family.version == 4:
        return _received(world)
    wrong, right = world.split(NOT_EVEN_LOOPED if world.skb.device == "lo" else NOT_FROM_WIRE)
    done = []
    if wrong is not None:
        wrong.end("dropped", "addresses that no packet may arrive with: dropped before any hook")
        done.append(wrong)
    return done if right is None else [*done, *_received(right)]


def _received(world: World) -> list[World]:
    world.set_devices(world.skb.device, None)
    done = []
    for there in (after for framed in _framed(world) for after in run_hook(framed, Hook.PRE_ROUTING)):
        if there.skb.fate is not None or there.lost:
            done.append(there)
        elif there.skb.route is not None:
            # Looped back through lo: it still has the local route that it was sent with.
            done += local_in(there)
        else:
            done += _routed(there)
    return done


def _framed(world: World) -> list[World]:
    """eth_type_trans: how the frame was addressed, which follows from the destination on an Ethernet."""
    if world.skb.device == "lo":
        world.assign(PKT_TYPE, PktType.HOST)
        return [world]
    done = []
    for kind, there in world.cases(world.net.fib.frames(world.skb.device), PktType.HOST):
        there.assign(PKT_TYPE, kind)
        done.append(there)
    return done


def _routed(world: World) -> list[World]:
    done = []
    for there in route_input(world):
        route = there.skb.route
        if there.skb.fate is not None or there.lost or route is None:
            done.append(there)
        elif route.kind in ("local", "broadcast", "multicast", "anycast"):
            done += local_in(there)
        elif route.kind == "unicast":
            done += forward(there)
        else:
            done += _route_error(there, route.kind)
    return done


def _route_error(world: World, kind: str) -> list[World]:
    """ip_error: the route says no; a blackhole says nothing."""
    said = world.family.refusals.get(kind)
    if said is None:
        world.end("dropped", f"{kind} route to {world.skb.text(DST)}")
        return [world]
    text = f"{kind} to {world.skb.text(DST)}: ICMP unreachable"
    return answers.refuse(world, *said, text, "no route")


def local_in(world: World) -> list[World]:
    """ip_local_deliver: LOCAL_IN, then the local stack."""
    world.set_devices(world.skb.device or "lo", None)
    done = []
    for there in run_hook(world, Hook.LOCAL_IN):
        if there.skb.fate is not None or there.lost:
            done.append(there)
        else:
            done += deliver(there)
    return done


def forward(world: World) -> list[World]:
    """ip_forward, ip6_forward: TTL, MTU, redirect, FORWARD, then out."""
    skb = world.skb
    route = skb.route
    shared, _ = world.split(TO_MANY)
    if shared is not None:
        world.end("dropped", "a frame for many is not forwarded")
        return [world]
    if skb.value(TTL) <= 1:
        return answers.refuse(world, *skb.family.says["time exceeded"], "TTL is used up: time exceeded", "ttl")
    if skb.family.version == 4 or (route is not None and route.device == skb.device):
        return _fitting(world)
    done: list[World] = []
    for wrong, there in world.cases(SOURCES_NOT_FORWARDED):
        if wrong is None:
            done += _fitting(there)
        elif wrong == "link":
            text = "a source of another link: beyond its scope"
            done += answers.refuse(there, *skb.family.says["not a neighbour"], text, "source")
        else:
            there.end("dropped", f"the source {skb.text(SRC)} is not forwarded", verdict="source")
            done.append(there)
    return done


def _fitting(world: World) -> list[World]:
    skb, route, family = world.skb, world.skb.route, world.family
    mtu = world.net.fib.mtu(route.device if route else None)
    if not family.fragments:
        mtu = max(mtu, family.least_mtu)
    if (skb.values[DF] or not family.fragments) and skb.value(LENGTH) > mtu:
        text = f"longer than the MTU of {mtu} and not to be fragmented"
        return answers.refuse(world, *skb.family.says["too big"], text, "mtu", mtu)
    world.assign(TTL, skb.value(TTL) - 1)
    done = []
    for there in _redirect(world):
        there.set_devices(there.skb.device, out_device(there.skb.route))
        for after in run_hook(there, Hook.FORWARD):
            done += [after] if after.skb.fate is not None or after.lost else post_routing(after)
    return done


def _redirect(world: World) -> list[World]:
    """ip_rt_send_redirect: the sender could have used the next hop itself."""
    skb, kernel = world.skb, world.kernel
    route, device = skb.route, skb.device
    if skb.family.version == 6:
        # A redirect of IPv6 is neighbour discovery, which is left out here (net/ipv6/ndisc.c ndisc_send_redirect).
        return [world]
    if route is None or device is None or route.device != device or not world.net.fib.known:
        return [world]
    source = skb.value(SRC)
    # __mkroute_input: the sender must be a neighbour on that interface, as the way back to it shows.
    back = reverse_routes(world, device)[0][0]
    if back is None or back.kind != "unicast" or back.gateway is not None or back.device != device:
        return [world]
    known = kernel.settings.interface("send_redirects", device)
    branches = (
        [(known, world)]
        if known is not None
        else world.settle(f"{device}.send_redirects", [(v, f"send_redirects of {device} is {v}") for v in (0, 1)])
    )
    done = []
    for send, there in branches:
        gateway = int(route.gateway) if route.gateway else there.skb.value(DST)
        done += (
            answers.icmp_send(there, *there.family.says["redirect"], gateway)
            if send and _redirect_due(there, source, device)
            else [there]
        )
    return done


REDIRECT_LOAD, REDIRECT_NUMBER = 0.02, 9


def _redirect_due(world: World, source: int, device: str) -> bool:
    """ip_rt_send_redirect: each further redirect to a host waits twice as long, and after nine it is told no more."""
    count, last = world.redirects.get((source, device), (0, 0.0))
    if world.now > last + REDIRECT_LOAD * 2 ** (REDIRECT_NUMBER + 1):
        count = 0
    if count >= REDIRECT_NUMBER:
        world.redirects[source, device] = (count, world.now)
        return False
    if count and world.now <= last + REDIRECT_LOAD * 2**count:
        return False
    world.redirects[source, device] = (count + 1, world.now)
    return True


def local_out(world: World) -> list[World]:
    """__ip_local_out: LOCAL_OUT, then POST_ROUTING, then the wire. skb.route is the route it starts with."""
    world.set_devices(None, out_device(world.skb.route))
    done = []
    for there in run_hook(world, Hook.LOCAL_OUT):
        done += [there] if there.skb.fate is not None or there.lost else post_routing(there)
    return done


def post_routing(world: World) -> list[World]:
    """ip_output: POST_ROUTING, then the packet leaves, or comes back in through lo."""
    # ip_output: the in-interface of this hook is skb->dev, where the packet first came in.
    world.set_devices(world.skb.device, out_device(world.skb.route))
    done = []
    for there in run_hook(world, Hook.POST_ROUTING):
        if there.skb.fate is not None or there.lost:
            done.append(there)
            continue
        route = there.skb.route
        if route is not None and route.kind in ("local", "anycast"):
            done += _loop(there)
        else:
            transmit(there)
            done.append(there)
    return done


def _loop(world: World) -> list[World]:
    """loopback_xmit: the packet comes in by lo, with its entry, mark and ipvs_property, once this call is over."""
    world.skb.device = "lo"
    # skb_orphan: no socket any more.
    world.assign(SOCKET, SocketKind.NONE)
    world.skb.fate = "looped"
    world.backlog.append(world.skb)
    return [world]


def drain(world: World) -> list[World]:
    """Let what lo holds come in, first in first out."""
    todo, done = [world], []
    while todo:
        there = todo.pop()
        if not there.backlog or there.lost:
            done.append(there)
            continue
        skb = there.backlog.pop(0)
        skb.fate = None
        there.skbs = [skb]
        todo += receive(there)
    return done


def transmit(world: World) -> None:
    """The packet leaves by its route's device."""
    skb = world.skb
    route = skb.route or RouteResult("unicast")
    hop = str(route.gateway) if route.gateway is not None else skb.text(DST)
    found: dict[str, Any] = describe(skb)
    world.egress.append({"dev": route.device, "next_hop": hop, **found})
    later: dict[str, Any] = {key: found[key] for key in ("src", "dst", "ttl", "proto") if key in found}
    for _ in range(_fragments(skb, path_mtu(world, route, skb.values[DST])) - 1):
        world.egress.append({"dev": route.device, "next_hop": hop, **later})
    world.end("forwarded", f"leaves{' by ' + route.device if route.device else ''} to {hop}", verdict="sent")


def _fragments(skb: Skb, mtu: int) -> int:
    """ip_fragment, ip6_fragment: in how many pieces a packet leaves; only the first has the transport header."""
    length, header = skb.value(LENGTH), skb.family.header
    room = mtu - header - skb.family.fragment_header
    if length <= mtu or room < 8:
        return 1
    return -(-(length - header) // (room // 8 * 8))


def send(world: World) -> list[World]:
    """A packet that a program of the host sends."""
    route = route_output(world)
    if route is None or route.kind not in SENDABLE:
        world.end("dropped", f"no route to {world.skb.text(DST)}", verdict="no route")
        return [world]
    world.skb.route = route
    world.assign(SOCKET, SocketKind.PROGRAM)
    return local_out(world)
