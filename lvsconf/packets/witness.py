"""One packet out of a set, such as people have seen before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    IFNAMSIZ,
    IIF,
    OIF,
    PORTED,
    PROTO,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    CtState,
    Field,
    interface,
    interface_name,
)
from lvsconf.packets.natural import ANSWERED, HIGH_PORTS, NATURAL, ODD, OF_PROTOCOL
from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.space import ADDRESSES, Space

Preferences = Mapping[Field, Sequence[int]]
NO_PREFERENCES: Preferences = {}

LOOKED_AT = 64
"""So many intervals of a field are looked at for a natural value."""
LEAST: Preferences = {PROTO: (1,), SPORT: (HIGH_PORTS, 1024, 1), DPORT: (1024, 1)}
"""Where values begin that are more natural than those below, if none of the natural ones will do."""
HEADER = (DPORT, SPORT, TCP_FLAGS)
SPELT = tuple(character for character in range(0x21, 0x7F) if chr(character) not in "/:")
"""The characters that names of interfaces have: what can be printed, without blanks, slashes and colons."""


def witness(space: Space, packets: PacketSet, prefer: Preferences = NO_PREFERENCES) -> dict[Field, int]:
    """A member of a set: the space's fields and TTL, with a natural value wherever the set has one.

    The values of `prefer` come first and its fields are chosen first, in its order; then protocol, ctstate, addresses,
    interfaces, ports and flags. Everything else is 0 if that will do. ValueError: the set is empty.
    """
    if not packets:
        raise ValueError("an empty set has no packet to show")
    found: dict[Field, int] = {}
    for what in dict.fromkeys((*prefer, *NATURAL[space.family], *HEADER, *space.fields)):
        settled = space.fixed.get(what)
        wishes = chain(prefer.get(what, ()), _natural(space.family, what, found))
        if settled is not None or what not in space.fields:
            found[what] = next(wishes, 0) if settled is None else settled
            continue
        for value in chain(wishes, _possible(space, packets, what, found)):
            chosen = packets & space.within(what, ((value, value),))
            if chosen:
                found[what], packets = value, chosen
                break
    return found


def _natural(family: int, what: Field, found: Mapping[Field, int]) -> Sequence[int]:
    """The values that people expect of a field, the others being as they are."""
    proto = found.get(PROTO, 0)
    if what is OIF:
        # What goes out where it came in is not what comes to mind.
        return sorted(NATURAL[family][what], key=lambda value: value == found.get(IIF))
    if proto == TCP and what in ANSWERED and found.get(CT_STATE) == CtState.ESTABLISHED:
        return ANSWERED[what]
    return OF_PROTOCOL.get(proto, NO_PREFERENCES).get(what) or NATURAL[family].get(what, ())


def _possible(space: Space, packets: PacketSet, what: Field, found: Mapping[Field, int]) -> Iterator[int]:
    """Other values, the last of which is surely one of a packet in the set."""
    if what in ADDRESSES:
        there = found.get(SRC), found.get(DST)
        yield from (value for value in _hosts(space, packets, what) if value not in there)
    elif what in (IIF, OIF):
        yield from _names(space, packets, what)
    elif what in LEAST and (what is PROTO or found.get(PROTO) in PORTED):
        for least in LEAST[what]:
            yield from _first(space, packets & space.within(what, ((least, what.full),)), what)
    yield 0
    yield from _first(space, packets, what)


def _first(space: Space, packets: PacketSet, what: Field) -> Iterator[int]:
    return (low for low, _ in islice(space.intervals(packets, what), 1))


def _hosts(space: Space, packets: PacketSet, what: Field) -> Iterator[int]:
    """Addresses of hosts, in the largest network first, none that ends as those of networks and broadcasts do."""
    odd = ODD[space.family]
    ordinary = packets - space.within(what, odd)
    values = ordinary or packets
    end = 0xFF if space.family == 4 else 0xFFFF
    spans = sorted(islice(space.intervals(values, what), LOOKED_AT), key=lambda span: span[0] - span[1])
    for low, high in spans:
        for value in (*(low + step for step in (10, 7, 1, 0)), high - 1):
            if low <= value <= high and value & end not in (0, end):
                yield value
    yield from _first(space, values - space.masked(what, 0, end) - space.masked(what, end, end), what)
    yield from _first(space, values, what)


def _names(space: Space, packets: PacketSet, what: Field) -> Iterator[int]:
    """Names that could be an interface's: those that begin an interval, with a number behind them if need be."""
    for low, _ in islice(space.intervals(packets, what), LOOKED_AT):
        name = interface_name(low)
        if name.isascii() and name.isprintable() and 0 < len(name) < IFNAMSIZ - 1:
            yield interface(f"{name}0")
            yield interface(name)
    if not packets & space.masked(what, 0, what.full):
        yield from _first(space, packets & _spelt(space, what), what)


def _spelt(space: Space, what: Field) -> PacketSet:
    """All packets with a name in a field, and NULs behind it."""
    found = space.nothing
    for at in reversed(range(IFNAMSIZ)):
        free = 8 * (IFNAMSIZ - 1 - at)
        some = space.nothing
        for character in SPELT:
            some |= space.masked(what, character << free, 0xFF << free)
        ended = space.masked(what, 0, (1 << (free + 8)) - 1)
        found = (some & (found if at < IFNAMSIZ - 1 else space.nothing)) | ended
    return found - space.masked(what, 0, what.full)
