"""Address translation (net/netfilter/nf_nat_core.c, nf_nat_proto.c): what becomes of a packet in the nat hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv6Address

from lvsconf.kernel.flows import Entry, FlowTuple
from lvsconf.kernel.nat_tuples import Range, unique_tuple
from lvsconf.kernel.routing import SENDABLE, out_device, route_output
from lvsconf.kernel.scopes import STAYS_ON_LINK
from lvsconf.kernel.skb import Skb
from lvsconf.kernel.source_address import scope_bits
from lvsconf.kernel.table import forget
from lvsconf.kernel.unknowns import fresh, put
from lvsconf.kernel.world import World
from lvsconf.model.actions import Nat, NatTo
from lvsconf.model.fields import (
    CT_DIRECTION,
    CT_STATE,
    DPORT,
    DST,
    GRE,
    ICMP_TYPE,
    LENGTH,
    OIF,
    PORTED,
    PROTO,
    SPORT,
    SRC,
    CtState,
    CtStatus,
    interface_name,
)
from lvsconf.model.netfilter import Hook

MANIPS = {Hook.PRE_ROUTING: "dst", Hook.LOCAL_OUT: "dst", Hook.POST_ROUTING: "src", Hook.LOCAL_IN: "src"}
"""HOOK2MANIP: which end of the packet a hook translates."""

_OTHER = {"src": "dst", "dst": "src"}
_STATUS = {"src": CtStatus.SRC_NAT, "dst": CtStatus.DST_NAT}
_NAT_BITS = CtStatus.SRC_NAT | CtStatus.DST_NAT
GRE_HEADER = 8
"""What a translated packet has to have (net/netfilter/nf_nat_proto.c gre_manip_pkt)."""

Consult = Callable[[World], list[World]]
"""Let the packet walk through the nat table's chain of the hook."""


def hook(world: World, consult: Consult) -> list[World]:
    """The nat hooks. Without an entry nothing is translated."""
    if world.skb.ct is None:
        return [world]
    before = world.skb.values[DST]
    done = []
    for there in _translate(world, MANIPS[world.hook], consult):
        alive = there.skb.fate is None and not there.lost
        if alive and there.hook is Hook.PRE_ROUTING and there.skb.values[DST] != before:
            # nf_nat_ipv4_pre_routing: what came in through lo is routed again.
            there.skb.route = None
        done += _reroute(there) if alive and there.hook is Hook.LOCAL_OUT else [there]
    return done


def _translate(world: World, manip: str, consult: Consult) -> list[World]:
    """nf_nat_ipv4_fn and nf_nat_inet_fn: the chain is asked once for each entry and end."""
    skb = world.skb
    entry = skb.ct
    if entry is None:
        return [world]
    if skb.values[CT_STATE] == CtState.RELATED and skb.value(PROTO) == skb.family.icmp:
        return [_icmp_error(world, entry, manip)]
    if skb.values[CT_STATE] != CtState.ESTABLISHED and manip not in entry.manips:
        done = []
        for after in consult(world):
            mine = after.skb.ct
            if after.skb.fate is not None or after.lost or mine is None:
                done.append(after)
            else:
                if manip not in mine.manips:
                    _null_binding(after, mine, manip)
                done.append(_packet(after, mine, manip))
        return done
    device = entry.masquerades
    if device and world.hook is Hook.POST_ROUTING and not skb.values[CT_DIRECTION] and device != _out_device(world):
        # nf_nat_oif_changed
        forget(world, entry)
        world.end("dropped", f"nat: the flow was masqueraded for {device} and now leaves elsewhere, dropped")
        return [world]
    return [_packet(world, entry, manip)]


def _out_device(world: World) -> str:
    return interface_name(world.skb.value(OIF))


def _null_binding(world: World, entry: Entry, manip: str) -> None:
    """nf_nat_alloc_null_binding: the address stays; a source port that another entry needs does not."""
    address = entry.reply.dst if manip == "src" else entry.reply.src
    set_up(world, entry, Range((address, address)), manip)


def set_up(world: World, entry: Entry, chosen: Range, manip: str) -> None:
    """nf_nat_setup_info: from here on answers are expected at the new address; not for an entry in the table."""
    current = entry.reply.inverted()
    if entry.confirmed or current is None:
        return
    found = unique_tuple(world, entry, current, chosen, manip)
    answer = found.inverted()
    if found != current and answer is not None:
        entry.reply = answer
        entry.status |= _STATUS[manip]
    entry.manips |= {manip}
    world.attach(entry, CtState(world.skb.value(CT_STATE)), reply=bool(world.skb.values[CT_DIRECTION]))


def _translated(entry: Entry, manip: str, *, reply: bool) -> bool:
    """Whether an end of a packet of this direction is not as the other side knows it."""
    return _STATUS[_OTHER[manip] if reply else manip] in entry.status


def _packet(world: World, entry: Entry, manip: str) -> World:
    """nf_nat_packet: rewrite the packet so that it looks like the inverse of the other direction."""
    reply = bool(world.skb.values[CT_DIRECTION])
    if not _translated(entry, manip, reply=reply):
        return world
    target = (entry.orig if reply else entry.reply).inverted()
    if target is None:
        return world
    length = world.skb.values[LENGTH]
    if world.skb.value(PROTO) == GRE and length is not None and length < world.family.header + GRE_HEADER:
        world.end("dropped", "nat: too short for a GRE header, dropped")
        return world
    _rewrite(world.skb, target, manip)
    _note(world, manip)
    return world


def _note(world: World, manip: str) -> None:
    values = world.skb.values
    end, address, port = ("source", SRC, SPORT) if manip == "src" else ("destination", DST, DPORT)
    number = "?" if values[port] is None else values[port]
    ports = f" port {number}" if world.skb.value(PROTO) in PORTED else ""
    world.step(f"nat: {end} is now {world.skb.text(address)}{ports}", kind="nat")


def _rewrite(skb: Skb, target: FlowTuple, manip: str) -> None:
    """nf_nat_ipv4_manip_pkt, icmp_manip_pkt: one end of a packet, or of a packet that an ICMP error quotes."""
    address, port = (SRC, SPORT) if manip == "src" else (DST, DPORT)
    put(skb, address, target.src if manip == "src" else target.dst)
    proto = skb.value(PROTO)
    if proto in PORTED:
        put(skb, port, target.sport if manip == "src" else target.dport)
    elif proto == target.proto == skb.family.icmp and skb.values[ICMP_TYPE] in skb.family.answers:
        skb.rest = target.sport << 16 | skb.rest & 0xFFFF


def _icmp_error(world: World, entry: Entry, manip: str) -> World:
    """nf_nat_icmp_reply_translation: an error is translated as the flow it is about, and what it quotes with it."""
    skb = world.skb
    if skb.values[ICMP_TYPE] == skb.family.says["redirect"][0] and (
        len(entry.manips) < len(_OTHER) or entry.status & _NAT_BITS
    ):
        world.end("dropped", "nat: a redirect about a flow that is translated, or may yet be, dropped")
        return world
    reply = bool(skb.values[CT_DIRECTION])
    if not _translated(entry, manip, reply=reply):
        return world
    other = entry.orig if reply else entry.reply
    target = other.inverted()
    if skb.inner is not None and target is not None:
        _rewrite(skb.inner, other, _OTHER[manip])
        # The id of an error is none: only the address changes.
        _rewrite(skb, target, manip)
        _note(world, manip)
    return world


def _reroute(world: World) -> list[World]:
    """nf_nat_ipv4_local_fn: in LOCAL_OUT a packet whose destination is translated is routed again, with its mark."""
    entry = world.skb.ct
    if entry is None:
        return [world]
    here, there = (entry.reply, entry.orig) if world.skb.values[CT_DIRECTION] else (entry.orig, entry.reply)
    return route_again(world) if here.dst != there.src else [world]


def route_again(world: World) -> list[World]:
    """ip_route_me_harder: a fresh output route for the packet as it is now.

    ip6_route_me_harder: what is for a link stays on the one it was routed to, which for a local address is lo.
    """
    of_a_link = world.family.version == 6 and world.split(STAYS_ON_LINK)[0] is not None
    route = route_output(world, device=out_device(world.skb.route) if of_a_link else None)
    if route is None or route.kind not in SENDABLE:
        world.end("dropped", "no route after the packet was changed in OUTPUT, dropped")
        return [world]
    # The out-interface that the rest of the hook's rules see stays the old one (nf_hook_state is not renewed).
    world.skb.route = route
    return [world]


def apply(world: World, effect: Nat) -> None:
    """SNAT, DNAT, MASQUERADE, REDIRECT and NETMAP; the packet is rewritten once the chain is left."""
    entry = world.skb.ct
    # nf_nat_masquerade_ipv4: a packet without a source is left alone.
    if entry is None or (effect.to is NatTo.OUT_DEVICE and entry.orig.src == 0):
        return
    chosen = Range(effect.addresses, effect.ports, effect.base, effect.random, effect.persistent)
    if effect.to is not NatTo.RANGE:
        address = _ADDRESSES[effect.to](world, effect)
        if address is None:
            world.end("dropped", "nat: the interface has no address to translate to, dropped")
            return
        chosen = replace(chosen, addresses=(address, address))
    if effect.to is NatTo.OUT_DEVICE and not entry.confirmed:
        entry.masquerades = _out_device(world)
    set_up(world, entry, chosen, MANIPS[world.hook])


def _of_out_device(world: World, _effect: Nat) -> int | None:
    """nf_nat_masquerade_ipv4: the address that fits the next hop."""
    fib, skb = world.net.fib, world.skb
    if not fib.known:
        return fresh(world, 0, (1 << world.family.bits) - 1, "the address that MASQUERADE takes")
    gateway = skb.route.gateway if skb.route is not None and world.family.version == 4 else None
    found = fib.source(_out_device(world), int(gateway) if gateway is not None else skb.value(DST))
    if found is None or not world.family.address(found).is_loopback:
        return found
    # RT_SCOPE_UNIVERSE: an address of the loopback network counts within the host only.
    others = (item.ip for name in fib.interfaces for item in fib.addresses(name))
    return next((int(address) for address in others if not address.is_loopback), None)


def _of_host(world: World, _effect: Nat) -> int | None:
    """nf_nat_redirect_ipv4: the first address of the in-interface; loopback for what the host sends itself.

    nf_nat_redirect_ipv6_usable: where the destination is not global, the first one of its scope.
    """
    if world.hook is Hook.LOCAL_OUT:
        return int(world.family.loopback.network_address) | 1
    fib, device = world.net.fib, world.skb.device
    if not fib.known or device is None:
        return fresh(world, 0, (1 << world.family.bits) - 1, "the address that REDIRECT takes")
    mine = [item.ip for item in fib.addresses(device)]
    wanted = world.family.address(world.skb.value(DST))
    if isinstance(wanted, IPv6Address):
        near = scope_bits(wanted)
        mine = [each for each in mine if isinstance(each, IPv6Address) and near in (None, scope_bits(each))]
    return int(mine[0]) if mine else None


def _of_network(world: World, effect: Nat) -> int | None:
    """netmap_tg4: the host part of the packet's own address."""
    what = SRC if MANIPS[world.hook] == "src" else DST
    own = world.skb.values[what]
    if effect.addresses is None or own is None:
        return fresh(world, 0, (1 << world.family.bits) - 1, "the address that NETMAP makes")
    first, last = effect.addresses
    return first | own & (first ^ last)


_ADDRESSES: dict[NatTo, Callable[[World, Nat], int | None]] = {
    NatTo.OUT_DEVICE: _of_out_device,
    NatTo.HOST: _of_host,
    NatTo.NETWORK: _of_network,
}
