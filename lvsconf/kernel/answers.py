"""What the host itself sends back (net/ipv4/icmp.c, tcp_ipv4.c, net/ipv4/netfilter/nf_reject_ipv4.c)."""

from __future__ import annotations

from lvsconf.kernel.conntrack import ICMP_ERRORS, attach_related
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
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    TOS,
    TTL,
    Field,
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


def _new(values: dict[Field, int | None]) -> Skb:
    return Skb({**EMPTY, TTL: DEFAULT_TTL, **values}, None)


def _send(world: World, answer: Skb, *, related: bool) -> list[World]:
    """Let the answer walk LOCAL_OUT and POST_ROUTING, then come back to the packet that caused it."""
    hook, busy = world.hook, world.icmp_busy
    cause = world.skb
    is_icmp = answer.value(PROTO) == ICMP
    if is_icmp and busy:
        # icmp_xmit_lock: the socket that sends ICMP is taken, so a message about a message is not sent.
        return [world]
    world.push(answer)
    world.icmp_busy = busy or is_icmp
    if related:
        attach_related(world, cause)
    done = world.kernel.local_out(world)
    for there in done:
        there.pop()
        there.hook = hook
        there.icmp_busy = busy
    return done


def icmp_send(world: World, kind: int, code: int, gateway: int = 0) -> list[World]:
    """icmp_send: an ICMP error about the walking packet; none about ICMP errors or fragments."""
    cause = world.skb
    if cause.value(PROTO) == ICMP and (
        cause.value(ICMP_TYPE) in ICMP_ERRORS or cause.value(ICMP_TYPE) > LAST_ICMP_TYPE
    ):
        return [world]
    route = cause.route
    if route is not None and route.kind in ("broadcast", "multicast"):
        return [world]
    here = route is not None and route.kind == "local"
    answer = _new(
        {
            SRC: cause.values[DST] if here else 0,
            DST: cause.values[SRC],
            PROTO: ICMP,
            ICMP_TYPE: kind,
            ICMP_CODE: code,
            # icmp_send: the TOS of the packet with internetwork control precedence, for errors.
            TOS: (cause.value(TOS) & 0x1E) | 0xC0,
            LENGTH: min(28 + cause.value(LENGTH), 576),
        }
    )
    answer.rest = gateway
    answer.inner = cause.copy({id(cause.ct): cause.ct} if cause.ct else {})
    answer.inner.ct = None
    return _routed(world, answer, related=True)


def _routed(world: World, answer: Skb, *, related: bool, any_source: bool = False) -> list[World]:
    """Find the answer's way out (and its source, where it has none yet), then send it."""
    if answer.values[SRC] and not any_source and not world.kernel.fib.is_mine(answer.value(SRC)):
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
    return _send(world, answer, related=related)


def tcp_reset(world: World, *, related: bool) -> list[World]:
    """A RST back to the sender (tcp_v4_send_reset, nf_send_reset); never in answer to a RST."""
    cause = world.skb
    flags = cause.value(TCP_FLAGS)
    if flags & TcpFlags.RST:
        return [world]
    answer = _new(
        {
            SRC: cause.values[DST],
            DST: cause.values[SRC],
            PROTO: TCP,
            SPORT: cause.values[DPORT],
            DPORT: cause.values[SPORT],
            TCP_FLAGS: int(TcpFlags.RST if flags & TcpFlags.ACK else TcpFlags.RST | TcpFlags.ACK),
            LENGTH: 40,
            DF: 1,
        }
    )
    answer.window = 0
    if flags & TcpFlags.ACK:
        answer.seq = cause.ack
    else:
        answer.ack = (cause.seq + cause.payload + bool(flags & TcpFlags.SYN) + bool(flags & TcpFlags.FIN)) & 0xFFFFFFFF
    # nf_send_reset routes with ip_route_me_harder, which takes any source.
    return _routed(world, answer, related=related, any_source=related)


def echo_reply(world: World) -> list[World]:
    """icmp_echo: the same bytes back, from the address that was asked."""
    cause = world.skb
    answer = _new(
        {
            SRC: cause.values[DST],
            DST: cause.values[SRC],
            PROTO: ICMP,
            ICMP_TYPE: 0,
            ICMP_CODE: cause.values[ICMP_CODE],
            TOS: cause.values[TOS],
            LENGTH: cause.values[LENGTH],
        }
    )
    answer.rest = cause.rest
    return _routed(world, answer, related=False)


def syn_ack(world: World) -> list[World]:
    """A listening socket's answer to a SYN. Its sequence number is the kernel's secret; 0 stands for it."""
    cause = world.skb
    answer = _new(
        {
            SRC: cause.values[DST],
            DST: cause.values[SRC],
            PROTO: TCP,
            SPORT: cause.values[DPORT],
            DPORT: cause.values[SPORT],
            TCP_FLAGS: int(TcpFlags.SYN | TcpFlags.ACK),
            LENGTH: 44,
            DF: 1,
        }
    )
    answer.ack = (cause.seq + 1) & 0xFFFFFFFF
    return _routed(world, answer, related=False)


def reject(world: World, answer: str) -> list[World]:
    """The REJECT target."""
    if answer == "tcp-reset":
        done = tcp_reset(world, related=True)
    elif answer in REJECT_CODES:
        done = icmp_send(world, 3, REJECT_CODES[answer])
    else:
        world.when.append(f"REJECT --reject-with {answer} answers in a way that is not known")
        world.lost = True
        return [world]
    for there in done:
        there.skb.fate = "rejected"
    return done
