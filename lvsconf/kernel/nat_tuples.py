"""The tuple that nat gives a flow: free, and within the range (net/netfilter/nf_nat_core.c get_unique_tuple)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lvsconf.extensions.jhash import jhash_array, network_order, scaled
from lvsconf.kernel.flows import Entry, FlowTuple
from lvsconf.kernel.unknowns import fresh
from lvsconf.kernel.world import World
from lvsconf.model.fields import GRE, ICMP, ICMPV6, PORTED
from lvsconf.packets.drawn import Drawn

MAX_ATTEMPTS = 128
_MASK = 0xFFFFFFFF
_IN_RANGE = PORTED | {ICMP, ICMPV6, GRE}
"""Protocols whose ports l4proto_in_range looks at."""
_WITH_ID = frozenset({ICMP, ICMPV6})


@dataclass(frozen=True, slots=True)
class Range:
    """struct nf_nat_range2: the addresses and ports to choose from; None keeps what is there."""

    addresses: tuple[int, int] | None = None
    ports: tuple[int, int] | None = None
    base: int | None = None
    random: bool = False
    persistent: bool = False


def unique_tuple(world: World, entry: Entry, current: FlowTuple, chosen: Range, manip: str) -> FlowTuple:
    """get_unique_tuple: the flow as it leaves."""
    if manip == "src" and not chosen.random:
        if _source_fits(current, chosen):
            if not taken(world, entry, current):
                return current
        else:
            same = _mapped_before(world, entry, current, chosen)
            if same is not None and not taken(world, entry, same):
                return same
    found = _best_address(world, entry, current, chosen, manip)
    if not chosen.random and _may_keep_port(world, entry, found, chosen, manip):
        return found
    return _free_port(world, entry, found, chosen, manip)


def _may_keep_port(world: World, entry: Entry, found: FlowTuple, chosen: Range, manip: str) -> bool:
    if chosen.ports is None:
        return not taken(world, entry, found)
    if chosen.base is not None or not _port_fits(found, manip, chosen.ports):
        return False
    # A single port is taken without a look whether it is free.
    return chosen.ports[0] == chosen.ports[1] or not taken(world, entry, found)


def taken(world: World, entry: Entry, flow: FlowTuple) -> bool:
    """nf_nat_used_tuple: another entry has the answer's tuple, and it is not of the same flow."""
    answer = flow.inverted()
    other = world.entries.get(answer) if answer is not None else None
    return other is not None and other is not entry and other.expires > world.now and other.orig != entry.orig


def _source_fits(flow: FlowTuple, chosen: Range) -> bool:
    """nf_in_range."""
    if chosen.addresses is not None and not chosen.addresses[0] <= flow.src <= chosen.addresses[1]:
        return False
    return chosen.ports is None or _port_fits(flow, "src", chosen.ports)


def _port_fits(flow: FlowTuple, manip: str, ports: tuple[int, int]) -> bool:
    """l4proto_in_range; the id of ICMP is its source port in either direction."""
    if flow.proto not in _IN_RANGE:
        return True
    return ports[0] <= (flow.sport if manip == "src" or flow.proto in _WITH_ID else flow.dport) <= ports[1]


def _mapped_before(world: World, entry: Entry, current: FlowTuple, chosen: Range) -> FlowTuple | None:
    """find_appropriate_src: what the same source was mapped to last, if that lies in the range."""
    for other in reversed(list(world.entries.values())):
        same = (other.orig.proto, other.orig.src, other.orig.sport, other.orig.zone) == (
            current.proto,
            current.src,
            current.sport,
            entry.orig.zone,
        )
        seen = other.reply.inverted()
        if same and "src" in other.manips and other.expires > world.now and seen is not None:
            found = current._replace(src=seen.src, sport=seen.sport)
            if _source_fits(found, chosen):
                return found
    return None


def _best_address(world: World, entry: Entry, current: FlowTuple, chosen: Range, manip: str) -> FlowTuple:
    """find_best_ips_proto: the hash of source and destination picks an address of the range."""
    if chosen.addresses is None:
        return current
    first, last = chosen.addresses
    if first == last:
        address = first
    elif current.src < 0 or current.dst < 0 or (manip == "src" and isinstance(current.src, Drawn)):
        # Nobody knows what is hashed, or many packets have their own.
        address = fresh(world, first, last, "the address that nat takes")
    else:
        zone = max(entry.orig.zone, entry.reply.zone)
        seed = 0 if chosen.persistent else network_order(current.dst & _MASK) ^ zone
        address = _hashed(world, current, first, last, seed, chosen.persistent)
    return current._replace(src=address) if manip == "src" else current._replace(dst=address)


def _hashed(world: World, current: FlowTuple, first: int, last: int, seed: int, persistent: bool) -> int:
    """Word by word; after a word below the range's last one the others are free."""
    family = world.family
    shifts = range(family.bits - 32, -1, -32)
    source = [network_order(current.src >> shift & _MASK) for shift in shifts]
    hashed = jhash_array((*source, 0, 0, 0)[:4], seed)
    found, free = 0, False
    for shift in shifts:
        low, high = (0, _MASK - 1) if free else (first >> shift & _MASK, last >> shift & _MASK)
        word = (low + scaled(hashed, (high - low + 1) & _MASK)) & _MASK
        free = free or word != last >> shift & _MASK
        found = found << 32 | word
        if not persistent:
            hashed ^= network_order(current.dst >> shift & _MASK)
    return found


def _free_port(world: World, entry: Entry, current: FlowTuple, chosen: Range, manip: str) -> FlowTuple:
    """nf_nat_l4proto_unique_tuple: a port of the range that makes the flow unique."""
    part = "sport" if manip == "src" or current.proto in _WITH_ID else "dport"
    own = getattr(current, part)
    if current.proto in _WITH_ID:
        low, high = chosen.ports or (0, 65535)
    elif current.proto in PORTED and (chosen.ports is not None or manip == "src"):
        low, high = chosen.ports or _usual_ports(own)
    else:
        return current
    low, high = min(low, high), max(low, high)
    size = high - low + 1
    if chosen.base is not None:
        numbers = (low + ((own - chosen.base + step) & 0xFFFF) % size for step in range(min(size, MAX_ATTEMPTS)))
        return _first_free(world, entry, current, part, numbers)
    free = [
        number for number in range(low, low + min(size, MAX_ATTEMPTS)) if _is_free(world, entry, current, part, number)
    ]
    if size == 1 or (len(free) == 1 and size <= MAX_ATTEMPTS):
        return _with(current, part, free[0] if free else low)
    number = fresh(world, low, high, f"the {'id' if current.proto in _WITH_ID else 'port'} that nat takes at random")
    return _with(current, part, number)


def _is_free(world: World, entry: Entry, current: FlowTuple, part: str, number: int) -> bool:
    return not taken(world, entry, _with(current, part, number))


def _with(flow: FlowTuple, part: str, number: int) -> FlowTuple:
    return flow._replace(sport=number) if part == "sport" else flow._replace(dport=number)


def _usual_ports(own: int) -> tuple[int, int]:
    """The range of a source port that nobody gave one: ports of the same standing."""
    if own >= 1024 or own < 0:
        return 1024, 65535
    return (1, 511) if own < 512 else (600, 1023)


def _first_free(world: World, entry: Entry, current: FlowTuple, part: str, numbers: Iterable[int]) -> FlowTuple:
    """Where none is free, the last that was tried stays."""
    number = current.dport
    for number in numbers:
        if _is_free(world, entry, current, part, number):
            break
    return _with(current, part, number)
