"""What the host itself sends back (icmp.c, tcp_ipv4.c and nf_reject_ipv4.c in net/ipv4, their like in net/ipv6)."""

from __future__ import annotations

from collections.abc import Iterable

from lvsconf.kernel.conntrack import attach_related
from lvsconf.kernel.families import Family
from lvsconf.kernel.flows import Entry
from lvsconf.kernel.routing import TO_MANY, out_device, route_output
from lvsconf.kernel.scopes import NO_ERRORS_ABOUT, NO_RESETS_ABOUT
from lvsconf.kernel.skb import EMPTY, Skb
from lvsconf.kernel.world import World
from lvsconf.model.fields import (
    DF,
    DPORT,
    DST,
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
    "icmp6-no-route": 0,
    "icmp6-adm-prohibited": 1,
    "icmp6-addr-unreachable": 3,
    "icmp6-port-unreachable": 4,
    "icmp6-policy-fail": 5,
    "icmp6-reject-route": 6,
}
"""The codes of destination unreachable, in each family its own."""
DEFAULT_TTL = 64


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
        sent = there.pop()
        there.hook = hook
        there.icmp_busy = busy
        # What OUTPUT or POSTROUTING drops has told nobody anything.
        there.answered = sent.fate != "dropped"
    return done


_OWN_CHECKSUM = frozenset({TCP, UDP, 33, 47, 50, 51, 132, 136})
"""Protocols that nf_ip_checksum gets right as it does ICMP, and those that nf_reject_verify_csum leaves out."""


def icmp_send(world: World, kind: int, code: int, gateway: int = 0) -> list[World]:
    """icmp_send: an ICMP error about the walking packet; none about ICMP errors or fragments."""
    cause = world.skb
    world.answered = False
    family = cause.family
    if cause.value(PROTO) == family.icmp and (
        cause.value(ICMP_TYPE) in family.quoting or cause.value(ICMP_TYPE) > family.last_type
    ):
        return [world]
    route = cause.route
    shared = family.version == 4 and world.split(TO_MANY)[0] is not None
    if shared or (route is not None and route.kind in ("broadcast", "multicast")):
        return [world]
    if family.version == 6 and any(world.split(pred)[0] is not None for pred in NO_ERRORS_ABOUT):
        return [world]
    answer = _new(
        cause.family,
        {
            SRC: _error_source(world),
            DST: cause.values[SRC],
            PROTO: family.icmp,
            ICMP_TYPE: kind,
            ICMP_CODE: code,
            # icmp_send: the TOS of the packet with internetwork control precedence, for errors.
            TOS: (cause.value(TOS) & 0x1E) | 0xC0 if family.version == 4 else 0,
            LENGTH: min(family.header + 8 + cause.value(LENGTH), family.longest_error),
        },
    )
    answer.rest = gateway
    answer.inner = cause.copy({id(cause.ct): cause.ct} if cause.ct else {})
    answer.inner.ct = None
    return _routed(world, answer, related=True, device=cause.device if family.version == 6 else None)


def _error_source(world: World) -> int | None:
    """Where an error comes from: the address the packet was for, if it is the host's; 0 leaves it to routing."""
    cause, fib = world.skb, world.net.fib
    target = cause.values[DST]
    if cause.family.version == 4 or not fib.known:
        return target if cause.route is not None and cause.route.kind == "local" else 0
    if target is not None and fib.has_address(target):
        return target
    back = fib.constant(cause.value(SRC))
    if cause.device is None or (back is not None and back.named):
        return 0
    # icmp6_send: "a more meaningful saddr from input if"
    return fib.source(cause.device, cause.value(SRC))


def refuse(world: World, kind: int, code: int, text: str, verdict: str, gateway: int = 0) -> list[World]:
    """Drop the packet with an ICMP error; where none may be sent, without."""
    done = icmp_send(world, kind, code, gateway)
    for there in done:
        there.end("rejected" if there.answered else "dropped", text, verdict=verdict)
    return done


def _routed(
    world: World,
    answer: Skb,
    *,
    related: bool,
    any_source: bool = False,
    entry: Entry | None = None,
    device: str | None = None,
    prefers: bool = False,
) -> list[World]:
    """Find the answer's way out (and its source, where it has none yet), then send it.

    To a neighbour of a link it goes by `device`; with `prefers` to anybody, where that is as good a way as others.
    """
    if answer.values[SRC] and not any_source and not world.net.fib.is_mine(answer.value(SRC)):
        # ip_route_output_key_hash_rcu: a source that is no address of the host has no route.
        return [world]
    world.push(answer)
    target = answer.values[DST]
    near = target is not None and answer.family.address(target).is_link_local
    route = route_output(world, device=device if near or prefers else None)
    world.pop()
    if route is None or route.kind not in ("unicast", "local"):
        return [world]
    if route.subnet and answer.family.version == 6 and related and answer.value(PROTO) == answer.family.icmp:
        # icmpv6_route_lookup, ipv6_anycast_destination
        return [world]
    if answer.values[SRC] == 0:
        answer.values[SRC] = route.source
        if route.source is None:
            world.when.append("the source address of the host's answer is unknown")
    if answer.family.version == 6:
        answer.values[TTL] = world.kernel.settings.hop_limit(out_device(route))
    answer.route = route
    return _send(world, answer, related=related, entry=entry)


def tcp_reset(world: World, *, related: bool) -> list[World]:
    """A RST back to the sender (tcp_v4_send_reset, nf_send_reset); never in answer to a RST."""
    cause = world.skb
    flags = cause.value(TCP_FLAGS)
    if flags & TcpFlags.RST:
        return [world]
    if cause.family.version == 6 and any(world.split(pred)[0] is not None for pred in NO_RESETS_ABOUT):
        # nf_send_reset6: between unicast addresses only.
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
    # nf_send_reset routes with ip_route_me_harder, which takes any source; tcp_v6_send_response keeps to the link.
    device = cause.device if cause.family.version == 6 and not related else None
    return _routed(world, answer, related=related, any_source=related, device=device)


TIMESTAMP_REPLY = 14


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
            # icmp_timestamp writes a code of its own, an echo has the one that was sent.
            ICMP_CODE: 0 if kind == TIMESTAMP_REPLY else cause.values[ICMP_CODE],
            TOS: cause.values[TOS],
            LENGTH: cause.values[LENGTH],
        },
    )
    answer.rest = cause.rest
    device = None
    if cause.family.version == 6:
        # icmpv6_echo_reply: it leaves by the interface that was asked, if that is as good a way; a group or an anycast
        # address is no source.
        device = cause.device if cause.device != "lo" else world.net.fib.device_of(cause.value(DST))
        if cause.route is not None and cause.route.kind != "local":
            answer.values[SRC] = 0
    return _routed(world, answer, related=False, device=device, prefers=True)


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
    skb = world.skb
    empty = skb.value(LENGTH) <= skb.family.header or skb.value(PROTO) in skb.family.headless
    if skb.family.version == 6 and empty:
        # reject6_csum_ok wants something behind the headers.
        return [(False, world)]
    if world.skb.value(PROTO) in _OWN_CHECKSUM or world.skb.value(PROTO) == world.family.icmp:
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
            unreachable = there.family.says["port unreachable"][0]
            done += icmp_send(there, unreachable, REJECT_CODES[answer]) if sent else [there]
    else:
        world.when.append(f"REJECT --reject-with {answer} answers in a way that is not known")
        world.lost = True
        return [world]
    for there in done:
        there.skb.fate = "rejected"
    return done
