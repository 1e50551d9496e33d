"""The IPVS hooks (net/netfilter/ipvs/ip_vs_core.c): requests to real servers, their answers back to clients."""

from __future__ import annotations

from lvsconf.kernel import backup, ftp, pmtu, xmit
from lvsconf.kernel.connections import expire_now, find, forward
from lvsconf.kernel.families import FAMILIES, Family
from lvsconf.kernel.flows import Connection, FlowTuple
from lvsconf.kernel.ipvs_tcp import set_state
from lvsconf.kernel.persistence_engine import opened_by_server
from lvsconf.kernel.routing import TO_MANY, route_output, route_to
from lvsconf.kernel.scheduling import FTP, find_service, schedule
from lvsconf.kernel.skb import TUNNELS, Skb
from lvsconf.kernel.tunnels import carries
from lvsconf.kernel.unknowns import give_up, is_vague, may_be, may_be_one_of
from lvsconf.kernel.world import World
from lvsconf.model.fields import (
    AH,
    CT_DIRECTION,
    CT_STATE,
    DF,
    DPORT,
    DST,
    ESP,
    ICMP_CODE,
    ICMP_TYPE,
    IPVS_PROPERTY,
    MARK,
    PROTO,
    SCTP,
    SCTP_CHUNK,
    SCTP_CHUNKS,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    UDP,
    CtState,
    TcpFlags,
)
from lvsconf.model.ipvs import Endpoint, ForwardingMethod
from lvsconf.model.netfilter import Hook
from lvsconf.model.preds import Pred, all_of, any_of, equals, masked, one_of

MARKED_AS_DONE: Pred = equals(IPVS_PROPERTY, 1)
BALANCED: Pred = one_of(PROTO, (TCP, UDP, SCTP, AH, ESP))
OPENS: Pred = any_of(
    (
        all_of((equals(PROTO, TCP), masked(TCP_FLAGS, TcpFlags.SYN, TcpFlags.SYN))),
        all_of((equals(PROTO, SCTP), equals(SCTP_CHUNK, SCTP_CHUNKS["INIT"]))),
    )
)
"""is_new_conn: what may reuse the ports of a connection that is over."""

GIVES_UP: Pred = any_of(
    (
        all_of((equals(PROTO, TCP), masked(TCP_FLAGS, TcpFlags.RST, TcpFlags.RST))),
        all_of((equals(PROTO, SCTP), equals(SCTP_CHUNK, SCTP_CHUNKS["ABORT"]))),
    )
)
"""is_tcp_reset, is_sctp_abort."""

ISAKMP = 500
IS_ICMP: dict[Family, Pred] = {family: equals(PROTO, family.icmp) for family in FAMILIES.values()}
ICMP_HANDLED: dict[Family, Pred] = {family: one_of(ICMP_TYPE, family.balanced) for family in FAMILIES.values()}
FORWARDED_ICMP: dict[Family, Pred] = {
    family: all_of((IS_ICMP[family], ICMP_HANDLED[family], masked(IPVS_PROPERTY, 0, 1))) for family in FAMILIES.values()
}


def out_hook(world: World) -> list[World]:
    """ip_vs_out_hook: answers of real servers get the VIP as source again."""
    _, fresh = world.split(MARKED_AS_DONE)
    if fresh is None:
        return [world]
    icmp, _ = world.split(IS_ICMP[world.family])
    if icmp is not None:
        handled, _ = world.split(ICMP_HANDLED[world.family])
        return _out_icmp(world) if handled is not None else [world]
    balanced, _ = world.split(BALANCED)
    if balanced is None:
        return [world]
    if may_be_one_of(world, world.responses):
        return give_up(world, "whether it answers a connection of IPVS")
    connection = find(world.responses, _balanced_flow(world.skb))
    if connection is not None:
        return _handle_response(world, connection)
    done = []
    for opened, there in opened_by_server(world):
        done += _handle_response(there, opened) if opened is not None else _no_connection(there)
    return done


def _balanced_flow(skb: Skb) -> FlowTuple:
    """The flow whose connection a packet follows: AH and ESP go with the key exchange (ip_vs_proto_ah_esp.c)."""
    flow = skb.flow
    return flow._replace(sport=ISAKMP, dport=ISAKMP, proto=UDP) if flow.proto in (AH, ESP) else flow


def _no_connection(world: World) -> list[World]:
    """nat_icmp_send: tell a real server whose packet belongs to no connection."""
    mine, _ = world.split(world.kernel.real_services[world.family])
    if mine is None:
        return [world]
    done = []
    for send, there in world.setting("net.ipv4.vs.nat_icmp_send"):
        gives_up, _ = there.split(GIVES_UP)
        if send and gives_up is None:
            text = "IPVS knows no connection of this real server: port unreachable, dropped"
            done += world.kernel.refuse(there, *there.family.says["port unreachable"], text, "no connection")
        else:
            done.append(there)
    return done


def _handle_response(world: World, connection: Connection) -> list[World]:
    done = [world]
    if connection.method is ForwardingMethod.NAT:
        ftp.server_says(world, connection)
        if world.skb.fate is not None:
            return [world]
        world.assign(SRC, connection.vaddr)
        if world.skb.value(PROTO) == connection.proto:
            world.assign(SPORT, connection.vport)
        done = _route_me_harder(world)
    for there in done:
        if there.skb.fate is not None:
            continue
        mine = find(there.responses, connection.response) or connection
        set_state(there, mine, output=True)
        endpoint = mine.family.endpoint
        there.assign(IPVS_PROPERTY, 1)
        xmit.after(there, mine, request=False)
        there.step(
            f"IPVS: answer of {endpoint(mine.daddr, mine.dport)} now comes from {endpoint(mine.vaddr, mine.vport)}",
            kind="ipvs",
        )
    return done


def _route_me_harder(world: World) -> list[World]:
    """ip_vs_route_me_harder: the answer is routed again as if this host had sent it (snat_reroute)."""
    skb = world.skb
    if world.hook is Hook.LOCAL_IN or (skb.route is not None and skb.route.kind == "local"):
        return [world]
    done = []
    for reroute, there in world.setting("net.ipv4.vs.snat_reroute"):
        if reroute:
            route = route_output(there)
            if route is None or route.kind not in ("unicast", "local"):
                there.end("dropped", "IPVS: no route for the translated answer, dropped")
            else:
                there.skb.route = route
        done.append(there)
    return done


def _out_icmp(world: World) -> list[World]:
    """ip_vs_out_icmp: an error from the real servers' side about a packet of a connection."""
    skb = world.skb
    flow = _quoted(skb)
    connection = find(world.responses, flow)
    if connection is None or skb.inner is None:
        return [world]
    done = [world]
    if connection.method is ForwardingMethod.NAT:
        world.assign(SRC, connection.vaddr)
        skb.inner.values[DST] = connection.vaddr
        if skb.inner.value(PROTO) == connection.proto:
            skb.inner.values[DPORT] = connection.vport
        done = _route_me_harder(world)
    for there in done:
        if there.skb.fate is None:
            there.assign(IPVS_PROPERTY, 1)
            xmit.after(there, connection, request=False)
            there.step(f"IPVS: ICMP error about a connection of {connection.service.name}", kind="ipvs")
    return done


def _quoted(skb: Skb) -> FlowTuple | None:
    """The tuple of the quoted packet's answer."""
    if skb.inner is None or skb.inner.value(PROTO) not in (TCP, UDP, SCTP, AH, ESP):
        return None
    return _balanced_flow(skb.inner).inverted()


def in_hook(world: World) -> list[World]:
    """ip_vs_in_hook: requests go to their connection's real server, new ones are scheduled."""
    _, fresh = world.split(MARKED_AS_DONE)
    if fresh is None:
        return [world]
    if world.hook is not Hook.LOCAL_OUT and world.split(TO_MANY)[0] is not None:
        return [world]
    if world.skb.device == "lo" and world.kernel.era.behaviour.ignores_loopback:
        return [world]
    done = []
    for directs, there in backup.directs(world):
        done += _direct(there) if directs else [there]
    return done


def _direct(world: World) -> list[World]:
    done = []
    icmp, rest = world.split(IS_ICMP[world.family])
    if icmp is not None:
        handled, other = icmp.split(ICMP_HANDLED[world.family])
        done += in_icmp(handled) if handled is not None else [_passed_over(other)] if other is not None else []
    if rest is not None:
        balanced, other = rest.split(BALANCED)
        done += _request(balanced) if balanced is not None else [_passed_over(other)] if other is not None else []
    return done


def _passed_over(world: World) -> World:
    """A protocol that IPVS does not balance. With ignore_tunneled it does not look at what comes out of it either."""
    if world.kernel.settings.get("net.ipv4.vs.ignore_tunneled"):
        world.assign(IPVS_PROPERTY, 1)
    return world


def _request(world: World) -> list[World]:
    if _vague(world):
        return give_up(world, "to which service of IPVS it goes")
    connection = find(world.connections, _balanced_flow(world.skb)) or ftp.find_waiting(world, world.skb.flow)
    branches: list[tuple[Connection | None, World]] = [(connection, world)]
    if connection is not None and world.split(OPENS)[0] is not None:
        branches = _reuse(world, connection)
    done = []
    for found, there in branches:
        if there.skb.fate is not None:
            done.append(there)
        elif found is not None:
            done += forward(there, found, ftp.request)
        else:
            done += schedule(there)
    return done


def _vague(world: World) -> bool:
    """Whether the packet may be one for IPVS, but nobody knows which."""
    flow = world.skb.flow
    if not is_vague(flow):
        return False
    keys = [item.key for item in world.kernel.services]
    asked = any(
        may_be(world, flow.dst, int(key.address)) and (key.port in (0, FTP) or may_be(world, flow.dport, key.port))
        if isinstance(key, Endpoint)
        else key.mark == world.skb.values[MARK]
        for key in keys
    )
    return asked or may_be_one_of(world, world.connections)


OVER = {TCP: ("TW", "CL"), SCTP: ("CL",)}
"""is_new_conn_expected: the states in which a connection is over."""


def _reuse(world: World, connection: Connection) -> list[tuple[Connection | None, World]]:
    """A SYN on an existing connection: conn_reuse_mode and expire_nodest_conn decide whether it is scheduled anew."""
    found: list[tuple[Connection | None, World]] = []
    needs_mode = world.kernel.era.behaviour.nodest_needs_reuse_mode
    for nodest, there in world.setting("net.ipv4.vs.expire_nodest_conn"):
        if nodest and connection.server.weight == 0 and not needs_mode:
            found.append(_reschedule(there, connection))
            continue
        for mode, then in there.setting("net.ipv4.vs.conn_reuse_mode"):
            closing = bool(mode & 2) and connection.tcp == "FW" and connection.no_output
            expected = (nodest and connection.server.weight == 0) or (
                connection.template is None
                and connection.control is None
                and (connection.tcp in OVER[connection.proto] or closing)
            )
            mine = find(then.connections, connection.request)
            found.append(_reschedule(then, connection) if mode and expected else (mine, then))
    return found


def _reschedule(world: World, connection: Connection) -> tuple[Connection | None, World]:
    mine = find(world.connections, connection.request)
    if mine is None:
        return None, world
    entry = world.skb.ct
    any_entry = world.kernel.era.behaviour.reuse_drops_with == "attached"
    old_entry = mine.nfct and entry is not None and (entry.confirmed or any_entry)
    if not old_entry:
        mine.nfct = False
    expire_now(world, mine)
    if old_entry:
        world.end("dropped", "IPVS: the SYN reuses a connection whose conntrack entry is still there, dropped once")
    return None, world


def in_icmp(world: World) -> list[World]:
    """ip_vs_in_icmp: an error from the client's side about a packet of a connection."""
    skb = world.skb
    # ip_vs_in_icmp_v6 knows of no tunnels.
    if skb.inner is not None and skb.family.version == 4 and world.kernel.era.behaviour.tunnel_errors:
        if carries(world.kernel.tunnels, skb.inner) and skb.inner.tunnelled is not None:
            return _tunnel_error(world, skb.inner, skb.inner.tunnelled)
        if skb.inner.value(PROTO) in TUNNELS:
            return [world]
    connection = find(world.connections, _quoted(skb))
    if connection is None:
        return _schedule_icmp(world)
    world.step(f"IPVS: ICMP error about a connection of {connection.service.name}", kind="ipvs")
    return xmit.transmit_icmp(world, connection)


def _schedule_icmp(world: World) -> list[World]:
    """schedule_icmp: an error about an unknown flow to a service opens a connection for that flow."""
    skb = world.skb
    inner = skb.inner
    if inner is None or inner.value(PROTO) not in (TCP, UDP, SCTP):
        return [world]
    done = []
    for schedules, there in world.setting("net.ipv4.vs.schedule_icmp"):
        if not schedules:
            done.append(there)
            continue
        flow = inner.copy({})
        swapped = {SRC: DST, DST: SRC, SPORT: DPORT, DPORT: SPORT}
        flow.values.update({what: inner.values[other] for what, other in swapped.items()})
        flow.values[MARK] = skb.values[MARK]
        flow.device, flow.route, flow.quoted = skb.device, skb.route, True
        there.push(flow)
        for after in find_service(there):
            quoted = after.pop()
            connection = quoted.opened
            if quoted.fate is not None:
                after.end(quoted.fate, "IPVS: no connection can be opened for the ICMP error")
            done += xmit.transmit_icmp(after, connection) if connection and quoted.fate is None else [after]
    return done


def _tunnel_error(world: World, outer: Skb, original: Skb) -> list[World]:
    """An error about a packet that IPVS had tunnelled: the client is told in its own terms, the error ends here."""
    skb = world.skb
    if skb.route is None or skb.route.kind != "local":
        return [world]
    connection = find(world.connections, original.flow)
    if connection is None:
        return [world]
    frag_needed = (skb.values[ICMP_TYPE], skb.values[ICMP_CODE]) == skb.family.says["too big"]
    done, left = [world], len(world.egress)
    if frag_needed:
        route = route_to(world, outer.family.address(outer.value(DST)))
        pmtu.update(world, route, outer.value(DST), skb.rest & 0xFFFF)
    if not frag_needed or original.values[DF]:
        about = original.copy({})
        about.route = skb.route
        world.push(about)
        # The headers are pulled off the error itself, which keeps its entry.
        world.attach(skb.ct, CtState(skb.value(CT_STATE)), reply=bool(skb.values[CT_DIRECTION]))
        done = world.kernel.icmp_send(world, skb.value(ICMP_TYPE), skb.value(ICMP_CODE))
        for there in done:
            there.pop()
    for there in done:
        fate = "forwarded" if len(there.egress) > left else "dropped"
        there.end(fate, "IPVS: an error about its own tunnel, passed on to the client")
    return done


def forward_icmp(world: World) -> list[World]:
    """ip_vs_forward_icmp: errors about services that are reached by mark and routed through FORWARD."""
    handled, other = world.split(FORWARDED_ICMP[world.family])
    done = [] if other is None else [other]
    if handled is not None:
        for directs, there in backup.directs(handled):
            done += in_icmp(there) if directs else [there]
    return done
