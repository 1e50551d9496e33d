"""How IPVS sends a packet on: the transmitters of each forwarding method (net/netfilter/ipvs/ip_vs_xmit.c)."""

from __future__ import annotations

from dataclasses import replace

from lvsconf.kernel.conntrack import notrack
from lvsconf.kernel.families import FAMILIES
from lvsconf.kernel.flows import Connection
from lvsconf.kernel.pmtu import path_mtu
from lvsconf.kernel.routing import LOOPBACK_SOURCES, route_to
from lvsconf.kernel.skb import RouteResult
from lvsconf.kernel.table import confirm, forget
from lvsconf.kernel.tunnels import encapsulate, overhead
from lvsconf.kernel.world import World
from lvsconf.model.fields import (
    CT_DIRECTION,
    CT_STATE,
    DF,
    DPORT,
    DST,
    IPVS_PROPERTY,
    LENGTH,
    PROTO,
    SPORT,
    SRC,
    TTL,
    CtState,
)
from lvsconf.model.ipvs import Address, ForwardingMethod
from lvsconf.model.netfilter import Hook


def after(world: World, connection: Connection, *, request: bool) -> None:
    """Without NFCT the packet is untracked; with it, LVS-NAT makes a new entry expect the real server's answer."""
    if not connection.nfct:
        notrack(world)
    elif connection.method is ForwardingMethod.NAT:
        _update_conntrack(world, connection, request=request)


def _update_conntrack(world: World, connection: Connection, *, request: bool) -> None:
    """ip_vs_update_conntrack (ip_vs_nfct.c): only an unconfirmed entry, in its original direction."""
    skb = world.skb
    entry = skb.ct
    if entry is None or entry.confirmed or connection.one_packet or skb.values[CT_DIRECTION]:
        return
    ports = entry.reply.proto != entry.reply.family.icmp
    if request:
        entry.reply = entry.reply._replace(src=connection.daddr, sport=connection.dport if ports else entry.reply.sport)
    else:
        entry.reply = entry.reply._replace(dst=connection.vaddr, dport=connection.vport if ports else entry.reply.dport)
    world.attach(entry, CtState(skb.value(CT_STATE)), reply=False)


LOCAL = frozenset({"local", "anycast"})
"""Routes through the loopback device."""


def drop_conntrack(world: World, connection: Connection) -> None:
    """ip_vs_conn_drop_conntrack: the client's entry goes with the connection."""
    entry = world.entries.get(connection.request)
    if entry is not None:
        forget(world, entry)


def transmit(world: World, connection: Connection) -> list[World]:
    """The connection's packet_xmit."""
    if is_localnode(world, connection.server.address) and not connection.bypass:
        world.step("IPVS: the real server is this host, the packet goes on as it is", kind="ipvs")
        return [world]
    done = []
    for local, there in _out_route(world, connection):
        if there.skb.fate is not None:
            done.append(there)
        elif connection.method is ForwardingMethod.NAT:
            done += _nat(there, connection, local)
        elif connection.method is ForwardingMethod.DR or local:
            done += _send_or_continue(there, connection, local)
        else:
            done += _tunnel(there, connection)
    return done


def is_localnode(world: World, address: Address) -> bool:
    """IP_VS_CONN_F_LOCALNODE: a local real server is not sent anything (ip_vs_null_xmit)."""
    if not world.kernel.era.behaviour.localnode:
        return False
    route = route_to(world, address)
    return route is not None and route.kind == "local"


def _out_route(world: World, connection: Connection, *, icmp: bool = False) -> list[tuple[bool, World]]:
    """__ip_vs_get_out_rt: the route to the real server, TTL and MTU. True for a local destination."""
    skb = world.skb
    route = route_to(world, connection.server.address)
    here = str(connection.server.address)
    if connection.bypass and route is not None and route.kind in LOCAL:
        world.end("dropped", f"IPVS: a bypass to {here}, which is local")
        return [(True, world)]
    if route is None or route.kind in ("unreachable", "prohibit", "blackhole", "no route"):
        # dst_link_failure answers by the packet's own, local route: host unreachable from the VIP.
        done = world.kernel.refuse(
            world, *world.family.says["host unreachable"], f"IPVS: no route to {here}: host unreachable", "no route"
        )
        return [(False, there) for there in done]
    if route.kind in LOCAL:
        was_local = skb.route is None or skb.route.kind in LOCAL
        if connection.method is not ForwardingMethod.NAT and not was_local:
            world.end("dropped", f"IPVS: {here} is local, the packet's route was not")
        elif (
            connection.method is ForwardingMethod.NAT
            and connection.server.address.is_loopback
            and skb.device not in (None, "lo")
        ):
            world.end("dropped", "IPVS: no translation to a loopback address for a packet from the wire")
        return [(True, world)]
    loopback, _ = world.split(LOOPBACK_SOURCES[world.family])
    if loopback is not None:
        world.end("dropped", "IPVS: a loopback source may not leave")
        return [(False, world)]
    return [(False, there) for there in _ttl_and_mtu(world, connection, route, icmp=icmp)]


def _ttl_and_mtu(world: World, connection: Connection, route: RouteResult, *, icmp: bool) -> list[World]:
    skb = world.skb
    if world.kernel.era.behaviour.decrements_ttl:
        if skb.value(TTL) <= 1:
            text = "TTL is used up: time exceeded"
            return world.kernel.refuse(world, *world.family.says["time exceeded"], text, "ttl")
        world.assign(TTL, skb.value(TTL) - 1)
    if connection.method is ForwardingMethod.DR and route.gateway is None and not connection.bypass:
        # FLOWI_FLAG_KNOWN_NH: the packet keeps its destination, the next hop is the real server.
        route = replace(route, gateway=connection.server.address)
    mtu = path_mtu(world, route, connection.daddr)
    tunnel = connection.method is ForwardingMethod.TUN
    if tunnel:
        mtu -= overhead(connection.server)
        if mtu < FAMILIES[connection.server.address.version].least_mtu:
            world.end("dropped", f"IPVS: the tunnel's MTU is {mtu}")
            return [world]
    family = skb.family
    branches = world.setting("net.ipv4.vs.pmtu_disc") if tunnel and family.fragments else [(1, world)]
    done = []
    for discover, there in branches:
        fixed = not family.fragments or bool(there.skb.values[DF])
        too_big = fixed and there.skb.value(LENGTH) > mtu
        if too_big and icmp and not family.fragments:
            there.end("dropped", f"IPVS: an ICMP error longer than the MTU of {mtu}")
            done.append(there)
        elif too_big and discover and not icmp:
            text = f"longer than the MTU of {mtu} and not to be fragmented"
            done += there.kernel.refuse(there, *there.family.says["too big"], text, "mtu", mtu)
        else:
            there.skb.route = route
            done.append(there)
    return done


def _nat(world: World, connection: Connection, local: bool) -> list[World]:
    world.assign(DST, connection.daddr)
    if world.skb.value(PROTO) == connection.proto:
        world.assign(DPORT, connection.dport)
    return _send_or_continue(world, connection, local)


def _send_or_continue(world: World, connection: Connection, local: bool) -> list[World]:
    """ip_vs_send_or_cont: to LOCAL_OUT, or on in LOCAL_IN for a local real server."""
    world.assign(IPVS_PROPERTY, 1)
    after(world, connection, request=True)
    if local:
        return [world]
    route = world.skb.route
    return _leave_host(world, route if route is not None else RouteResult("unicast"))


def _leave_host(world: World, route: RouteResult) -> list[World]:
    """NF_HOOK(LOCAL_OUT): the packet walks OUTPUT and POSTROUTING from their first hook on; the caller's hook ends."""
    kernel = world.kernel
    world.skb.route = route
    hook = world.hook
    done = kernel.local_out(world) if kernel.era.behaviour.transmits_to == "LOCAL_OUT" else kernel.post_routing(world)
    for there in done:
        there.hook = hook
    return done


def _tunnel(world: World, connection: Connection) -> list[World]:
    """ip_vs_tunnel_xmit: a new outer header; the inner packet is out of netfilter's sight."""
    inner = world.skb
    if connection.nfct:
        # ip_vs_tunnel_xmit_prepare confirms the inner packet's entry before it is detached.
        confirmed = confirm(world)[0]
        if confirmed.skb.fate is not None:
            return [confirmed]
    route = inner.route or RouteResult("unicast")
    behaviour = world.kernel.era.behaviour
    family = FAMILIES[connection.server.address.version]
    if family.version == 6 and route.device is not None:
        # __ip_vs_route_output_v6: the route's own source does not count.
        route = replace(route, source=world.kernel.net(family).fib.source(route.device, connection.daddr))
    discover = bool(world.kernel.settings.get("net.ipv4.vs.pmtu_disc"))
    outer = encapsulate(inner, connection.server, route, discover=discover)
    outer.values[IPVS_PROPERTY] = int(behaviour.tunnel_sets_property)
    world.skbs[-1] = outer
    if behaviour.tunnel_keeps_entry and inner.ct is not None:
        world.attach(inner.ct, CtState(inner.value(CT_STATE)), reply=bool(inner.values[CT_DIRECTION]))
    inner.ct = None
    if world.origin is inner:
        world.origin = outer
    return _leave_host(world, route)


def transmit_icmp(world: World, connection: Connection) -> list[World]:
    """ip_vs_icmp_xmit: an error about a connection follows it; LVS-NAT rewrites the quoted packet too."""
    if connection.method is not ForwardingMethod.NAT:
        return transmit(world, connection)
    done = []
    for local, there in _out_route(world, connection, icmp=True):
        skb = there.skb
        if skb.fate is not None:
            done.append(there)
            continue
        if local and there.hook is Hook.FORWARD:
            there.end("dropped", "IPVS: an ICMP error in FORWARD may not become local")
            done.append(there)
            continue
        there.assign(DST, connection.daddr)
        if skb.inner is not None:
            skb.inner.values[SRC] = connection.daddr
            if skb.inner.value(PROTO) == connection.proto:
                skb.inner.values[SPORT] = connection.dport
        done += _send_or_continue(there, connection, local)
    return done
