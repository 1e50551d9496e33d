"""Sockets that rules look for: `-m socket`, `-j TPROXY` (nf_socket_ipv4.c, nf_tproxy_ipv4.c, and those of IPv6)."""

from __future__ import annotations

from lvsconf.kernel.world import World
from lvsconf.model.actions import ToSocket
from lvsconf.model.effects import Verdict
from lvsconf.model.fields import (
    DPORT,
    DST,
    ICMP_TYPE,
    IIF,
    MARK,
    PROTO,
    SPORT,
    SRC,
    TCP,
    UDP,
    interface_name,
)
from lvsconf.model.questions import SocketQuestion


def is_there(world: World, question: SocketQuestion) -> list[tuple[bool, World]]:
    """socket_match: by the packet's addresses, or those that an ICMP error quotes."""
    skb = world.skb
    proto, address, port = skb.value(PROTO), skb.values[DST], skb.values[DPORT]
    if proto == skb.family.icmp:
        if skb.values[ICMP_TYPE] not in skb.family.quoting or skb.inner is None:
            return [(False, world)]
        proto, address, port = skb.inner.value(PROTO), skb.inner.values[SRC], skb.inner.values[SPORT]
    if proto not in (TCP, UDP):
        return [(False, world)]
    if world.kernel.host.sockets is None or port is None or address is None:
        return world.unsure(str(question), False, True)
    if skb.flow in world.handshakes:
        # A request in the making counts as a socket with an address, and is as transparent as its listener.
        return world.unsure(str(question), not question.transparent, True)
    own = _listening(world, proto, address, port, wildcard=False)
    any_address = not own and _listening(world, proto, address, port, wildcard=True)
    fits = own or (any_address and question.wildcard)
    if fits and (question.transparent or question.restores_mark):
        return [(answer, _marked(there, answer, question)) for answer, there in _transparent(world, question)]
    return [(fits, world)]


def _transparent(world: World, question: SocketQuestion) -> list[tuple[bool, World]]:
    said = "the socket is transparent"
    return world.unsure(said, False, True) if question.transparent else [(True, world)]


def _marked(world: World, fits: bool, question: SocketQuestion) -> World:
    if fits and question.restores_mark:
        world.forget(MARK)
        world.when.append("the packet has the mark of the socket, which is not known")
        world.lost = True
    return world


def _listening(world: World, proto: int, address: int, port: int, *, wildcard: bool) -> bool:
    wanted = None if wildcard else world.family.address(address)
    return any(
        item.proto == proto and item.port == port and item.address == wanted for item in world.kernel.host.sockets or ()
    )


def to_socket(world: World, action: ToSocket) -> list[tuple[World, Verdict | None]]:
    """tproxy_tg4: a transparent socket that listens there takes the packet, which is dropped without one."""
    skb = world.skb
    proto, port = skb.value(PROTO), action.port or skb.value(DPORT)
    address = action.address or _first_address(world) or skb.value(DST)
    if world.kernel.host.sockets is not None and skb.flow not in world.handshakes:
        ways = [
            _listening(world, proto, address, port, wildcard=True)
            or _listening(world, proto, address, port, wildcard=False)
        ]
        if not ways[0]:
            world.step(f"TPROXY: nothing listens on port {port}, the packet is dropped")
            return [(world, Verdict.DROP)]
    found: list[tuple[World, Verdict | None]] = []
    for taken, there in world.unsure("a transparent socket takes the packet", False, True):
        if taken:
            there.assign(MARK, (there.skb.value(MARK) & ~action.mask) ^ action.mark)
        found.append((there, Verdict.ACCEPT if taken else Verdict.DROP))
    return found


def _first_address(world: World) -> int | None:
    """nf_tproxy_laddr4: the first address of the interface the packet came in by."""
    value = world.skb.values[IIF]
    mine = world.net.fib.addresses(interface_name(value)) if value else ()
    return int(mine[0].ip) if mine else None
