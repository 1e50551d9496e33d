"""What the host itself sends back (net/ipv4/icmp.c, tcp_ipv4.c, net/ipv4/netfilter/nf_reject_ipv4.c)."""

from __future__ import annotations

from collections.abc import Iterable

from lvsconf.kernel.conntrack import attach_related
from lvsconf.kernel.families import Family
from lvsconf.kernel.flows import Entry
from lvsconf.kernel.routing import route_output
from lvsconf.kernel.skb import EMPTY, Skb
from lvsconf.kernel.world import World
from lvsconf.model.fields import (
    DF,
    DPORT,
    DST,
    ICMP,
    ICMP_CODE,
    ICMP_TYPE,
    LENGTH,
    PROTO,
    SOCKET,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    TCP_MSS,
    TCP_OPTION_KINDS,
    TOS,
    TTL,
    UDP,
    CtState,
    Field,
    SocketKind,
    TcpFlags,
)

REJECT_CODES = {
    "icmp-net-unreachable": 0,
    "icmp-host-unreachable": 1,
    "icmp-proto-unreachable": 2,
    "icmp-port-unreachable": 3,
    "icmp-net-prohibited": 9,
    "icmp-host-prohibited": 10,
    "icmp-admin-prohibited": 13,
}
DEFAULT_TTL = 64
LAST_ICMP_TYPE = 18
"""NR_ICMP_TYPES: about a message of an unknown type nothing is said."""


def _new(family: Family, values: dict[Field, int | None]) -> Skb:
    """A packet of the host's own, which a socket of the kernel sends unless `values` say otherwise."""
    return Skb({**EMPTY, TTL: DEFAULT_TTL, SOCKET: SocketKind.KERNEL, **values}, None, family=family)


def _send(world: World, answer: Skb, *, related: bool, entry: Entry | None = None) -> list[World]:
    """Let the answer walk LOCAL_OUT and POST_ROUTING, then come back to the packet that caused it."""
    hook, busy = world.hook, world.icmp_busy
    world.answered = True
    cause = world.skb
    is_icmp = answer.value(PROTO) == answer.family.icmp
    if is_icmp and busy:
        # icmp_xmit_lock: the socket that sends ICMP is taken, so a message about a message is not sent.
        world.answered = False
        return [world]
    world.push(answer)
    world.icmp_busy = busy or is_icmp
    if related:
        attach_related(world, cause)
    if entry is not None:
        world.attach(entry, CtState.ESTABLISHED, reply=True)
    done = world.kernel.local_out(world)
    for there in done:
        there.pop()
        there.hook = hook
        there.icmp_busy = busy
        there.answered = True
    return done


_OWN_CHECKSUM = frozenset({ICMP, TCP, UDP, 33, 47, 50, 51, 132, 136})
"""Protocols that nf_ip_checksum gets right, and those that nf_reject_verify_csum leaves out."""


def icmp_send(world: World, kind: int, code: int, gateway: int = 0) -> list[World]:
    """icmp_send: an ICMP error about the walking packet; none about ICMP errors or fragments."""
    cause = world.skb
    world.answered = False
    family = cause.family
    if cause.value(PROTO) == family.icmp and (
        cause.value(ICMP_TYPE) in family.quoting or cause.value(ICMP_TYPE) > LAST_ICMP_TYPE
    ):
        return [world]
    route = cause.route
    if route is not None and route.kind in ("broadcast", "multicast"):
        return [world]
    here = route is not None and route.kind == "local"
    answer = _new(
        cause.family,
        {
            SRC: cause.values[DST] if here else 0,
            DST: cause.values[SRC],
            PROTO: cause.family.icmp,
            ICMP_TYPE: kind,
            ICMP_CODE: code,
            # icmp_send: the TOS of the packet with internetwork control precedence, for errors.
            TOS: (cause.value(TOS) & 0x1E) | 0xC0,
            LENGTH: min(family.header + 8 + cause.value(LENGTH), family.longest_error),
        },
    )
    answer.rest = gateway
    answer.inner = cause.copy({id(cause.ct): cause.ct} if cause.ct else {})
    answer.inner.ct = None
    return _routed(world, answer, related=True)


def refuse(world: World, kind: int, code: int, text: str, verdict: str, gateway: int = 0) -> list[World]:
    """Drop the packet with an ICMP error; where none may be sent, without."""
    done = icmp_send(world, kind, code, gateway)
    for there in done:
        there.end("rejected" if there.answered else "dropped", text, verdict=verdict)
    return done


def _routed(
    world: World, answer: Skb, *, related: bool, any_source: bool = False, entry: Entry | None = None
) -> list[World]:
    """Find the answer's way out (and its source, where it has none yet), then send it."""
    if answer.values[SRC] and not any_source and not world.net.fib.is_mine(answer.value(SRC)):
        # ip_route_output_key_hash_rcu: a source that is no address of the host has no route.
        return [world]
    world.push(answer)
    route = route_output(world)
    world.pop()
    if route is None or route.kind not in ("unicast", "local"):
        return [world]
    if answer.values[SRC] == 0:
        answer.values[SRC] = route.source
        if route.source is None:
            world.when.append("the source address of the host's answer is unknown")
    answer.route = route
    return _send(world, answer, related=related, entry=entry)


def tcp_reset(world: World, *, related: bool) -> list[World]:
    """A RST back to the sender (tcp_v4_send_reset, nf_send_reset); never in answer to a RST."""
    cause = world.skb
    flags = cause.value(TCP_FLAGS)
    if flags & TcpFlags.RST:
        return [world]
    answer = _new(
        cause.family,
        {
            SRC: cause.values[DST],
            DST: cause.values[SRC],
            PROTO: TCP,
            SPORT: cause.values[DPORT],
            DPORT: cause.values[SPORT],
            TCP_FLAGS: TcpFlags.RST if flags & TcpFlags.ACK else TcpFlags.RST | TcpFlags.ACK,
            LENGTH: cause.family.header + 20,
            DF: 1,
            # nf_send_reset makes a packet without a socket.
            SOCKET: SocketKind.NONE if related else SocketKind.KERNEL,
        },
    )
    answer.window = 0
    answer.numbers = cause.turned()
    if flags & TcpFlags.ACK:
        answer.seq = cause.ack
    else:
        answer.ack = (cause.seq + cause.payload + bool(flags & TcpFlags.SYN) + bool(flags & TcpFlags.FIN)) & 0xFFFFFFFF
    # nf_send_reset routes with ip_route_me_harder, which takes any source.
    return _routed(world, answer, related=related, any_source=related)


def icmp_reply(world: World, kind: int) -> list[World]:
    """icmp_echo, icmp_timestamp: the same back with another type, from the address that was asked."""
    cause = world.skb
    answer = _new(
        cause.family,
        {
            SRC: cause.values[DST],
            DST: cause.values[SRC],
            PROTO: cause.family.icmp,
            ICMP_TYPE: kind,
            ICMP_CODE: cause.values[ICMP_CODE],
            TOS: cause.values[TOS],
            LENGTH: cause.values[LENGTH],
        },
    )
    answer.rest = cause.rest
    return _routed(world, answer, related=False)


def syn_ack(world: World) -> list[World]:
    """A listening socket's answer to a SYN. Its sequence number is the kernel's secret; 0 stands for it."""
    cause = world.skb
    answer = _new(
        cause.family,
        {
            SRC: cause.values[DST],
            DST: cause.values[SRC],
            PROTO: TCP,
            SPORT: cause.values[DPORT],
            DPORT: cause.values[SPORT],
            TCP_FLAGS: TcpFlags.SYN | TcpFlags.ACK,
            LENGTH: cause.family.header + 24,
            DF: 1,
            TCP_OPTION_KINDS: 1 << 2,
            TCP_MSS: None,
            SOCKET: SocketKind.PROGRAM,
        },
    )
    answer.ack = (cause.seq + 1) & 0xFFFFFFFF
    answer.numbers = cause.turned()
    return _routed(world, answer, related=False)


def syn_cookie(world: World) -> list[World]:
    """synproxy_send_client_synack: without options in the SYN there are none in the answer; its number is a cookie."""
    cause = world.skb
    answer = _new(
        cause.family,
        {
            SRC: cause.values[DST],
            DST: cause.values[SRC],
            PROTO: TCP,
            SPORT: cause.values[DPORT],
            DPORT: cause.values[SPORT],
            TCP_FLAGS: TcpFlags.SYN | TcpFlags.ACK,
            LENGTH: cause.family.header + 20,
            DF: 1,
            SOCKET: SocketKind.NONE,
        },
    )
    answer.window = 0
    answer.ack = (cause.seq + 1) & 0xFFFFFFFF
    return _routed(world, answer, related=False, entry=cause.ct, any_source=True)


def _sum_is_right(world: World) -> Iterable[tuple[bool, World]]:
    """nf_send_unreach: no error about a packet whose checksum is wrong.

    For a protocol that nf_ip_checksum does not know the whole payload is summed, so a tunnel's outer packet looks wrong
    unless conntrack has verified the inner one.
    """
    if world.skb.value(PROTO) in _OWN_CHECKSUM:
        return [(True, world)]
    if not world.skb.verified:
        return [(False, world)]
    return [(bool(on), there) for on, there in world.setting("net.netfilter.nf_conntrack_checksum")]


def reject(world: World, answer: str) -> list[World]:
    """The REJECT target."""
    if answer == "tcp-reset":
        done = tcp_reset(world, related=True)
    elif answer in REJECT_CODES:
        done = []
        for sent, there in _sum_is_right(world):
            there.answered = False
            done += icmp_send(there, 3, REJECT_CODES[answer]) if sent else [there]
    else:
        world.when.append(f"REJECT --reject-with {answer} answers in a way that is not known")
        world.lost = True
        return [world]
    for there in done:
        there.skb.fate = "rejected"
    return done
