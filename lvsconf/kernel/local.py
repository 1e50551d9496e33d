"""The local stack: who takes a packet that is for this host, and what answers it (net/ipv4/ip_input.c, icmp.c, tcp)."""

from __future__ import annotations

from lvsconf.kernel import answers, pmtu
from lvsconf.kernel.routing import TO_MANY, route_to
from lvsconf.kernel.skb import TUNNELS
from lvsconf.kernel.world import World
from lvsconf.model.fields import (
    DPORT,
    DST,
    ICMP,
    ICMP_CODE,
    ICMP_TYPE,
    IPIP,
    PROTO,
    SRC,
    TCP,
    TCP_FLAGS,
    UDP,
    UDP_LITE,
    CtState,
    TcpFlags,
)

TIMESTAMP = 13


def deliver(world: World) -> list[World]:
    """ip_local_deliver_finish: the protocol handlers."""
    proto = world.skb.value(PROTO)
    route = world.skb.route
    if proto == world.family.icmp:
        done = _deliver_icmp(world)
    elif (proto in (TCP, UDP, UDP_LITE) and route is not None and route.kind in ("broadcast", "multicast")) or (
        proto == TCP and world.split(TO_MANY)[0] is not None
    ):
        # Nobody answers what was meant for everybody: tcp_v4_rcv, udp's mcast_deliver.
        done = [world]
    elif proto in (TCP, UDP):
        done = _deliver_socket(world, proto)
    elif proto == UDP_LITE:
        done = _to_nobody(world, UDP)
    else:
        done = _deliver_other(world, proto)
    for there in done:
        if there.skb.fate is None:
            there.end("local", "delivered to the local stack")
    return done


def _deliver_icmp(world: World) -> list[World]:
    skb, family = world.skb, world.family
    kind = skb.value(ICMP_TYPE)
    if family.version == 4 and skb.route is not None and skb.route.kind != "local":
        # icmp_echo_ignore_broadcasts
        return [world]
    if family.version == 4:
        _learn_path_mtu(world)
    if family.version == 4 and kind == TIMESTAMP:
        return answers.icmp_reply(world, TIMESTAMP + 1)
    if kind != family.echo:
        return [world]
    done = []
    key = "net.ipv4.icmp_echo_ignore_all" if family.version == 4 else "net.ipv6.icmp.echo_ignore_all"
    for ignore, there in world.setting(key):
        done += [there] if ignore else answers.icmp_reply(there, family.answers[kind])
    return done


def _learn_path_mtu(world: World) -> None:
    """udp_err, icmp_err: the way of the host's own packet takes less, whether a socket sent it or not."""
    skb, inner = world.skb, world.skb.inner
    if inner is None or (skb.values[ICMP_TYPE], skb.values[ICMP_CODE]) != skb.family.says["too big"]:
        return
    echo_reply = inner.value(PROTO) == ICMP and inner.values[ICMP_TYPE] == 0
    mtu = skb.rest & 0xFFFF
    if not (inner.value(PROTO) == UDP or echo_reply) or not mtu or not world.net.fib.is_mine(inner.value(SRC)):
        return
    target = inner.value(DST)
    pmtu.update(world, route_to(world, inner.family.address(target)), target, mtu)


def _deliver_other(world: World, proto: int) -> list[World]:
    done = []
    for taken, there in _tunnel_module(world, proto):
        if taken:
            # It answers with port unreachable or not, depending on which tunnels there are.
            there.when.append("what the host makes of a packet that it takes apart is not shown")
            there.lost = True
            done.append(there)
        else:
            done += _no_handler(there, proto)
    return done


def _tunnel_module(world: World, proto: int) -> list[tuple[int, World]]:
    """Whether tunnel4 or tunnel6, without which nobody takes tunnels apart, may be loaded."""
    if proto not in TUNNELS or (proto != IPIP and world.family.version == 4):
        return [(0, world)]
    name, modules = f"tunnel{world.family.version}", world.kernel.host.modules
    if modules is not None:
        return [(int(name in modules), world)]
    return world.settle(f"module {name}", ((0, f"{name} is not loaded"), (1, f"{name} is loaded")), usual=0)


def _no_handler(world: World, proto: int) -> list[World]:
    if proto in world.family.headless:
        # net/ipv6/exthdrs.c nodata_protocol
        return [world]
    return answers.refuse(
        world,
        *world.family.says["protocol unreachable"],
        f"no handler for protocol {proto}: protocol unreachable",
        "no protocol",
    )


def _deliver_socket(world: World, proto: int) -> list[World]:
    skb = world.skb
    port, address = skb.values[DPORT], skb.values[DST]
    name = f"{'tcp' if proto == TCP else 'udp'} port {'that nat took' if port is None else port}"
    listening = world.kernel.listens(skb.family, proto, address, port)
    if listening is not None:
        return _to_listener(world, proto) if listening else _to_nobody(world, proto)
    done = []
    for there_is, there in world.settle(
        f"socket {name}", ((1, f"a socket takes {name} (its answers are not shown)"), (0, f"nothing listens on {name}"))
    ):
        done += [there] if there_is else _to_nobody(there, proto)
    return done


def _to_listener(world: World, proto: int) -> list[World]:
    """A listening socket (tcp_rcv_state_process TCP_LISTEN); what a program answers is not ours to know."""
    if proto == UDP:
        return [world]
    flags = world.skb.value(TCP_FLAGS)
    if flags & TcpFlags.RST:
        return [world]
    flow = world.skb.flow
    if flags & TcpFlags.ACK:
        if flow not in world.handshakes:
            return answers.tcp_reset(world, related=False)
        # Only the socket knows the sequence number that it chose.
        world.when.append("what the listening socket makes of a packet after the SYN is not shown")
        return [world]
    if flags & TcpFlags.SYN and not flags & TcpFlags.FIN:
        world.handshakes[flow] = True
        return answers.syn_ack(world)
    return [world]


def _to_nobody(world: World, proto: int) -> list[World]:
    route = world.skb.route
    if proto == TCP and route is not None and route.kind == "anycast":
        # net/ipv6/tcp_ipv6.c tcp_v6_send_reset: from unicast addresses alone.
        return [world]
    if proto == UDP:
        # __udp4_lib_rcv takes the entry off (nf_reset_ct) before it answers.
        world.attach(None, CtState.INVALID)
        return answers.icmp_send(world, *world.family.says["port unreachable"])
    return answers.tcp_reset(world, related=False)
