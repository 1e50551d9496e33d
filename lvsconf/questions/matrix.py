"""The service matrix of a rule set: classes of addresses that behave alike, and who may open a connection to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter

from lvsconf.kernel.chains import LoadedTable
from lvsconf.kernel.ends import Ends
from lvsconf.model.fields import (
    CT_DIRECTION,
    CT_STATE,
    DCCP,
    DPORT,
    DST,
    FIELDS,
    FRAGMENT,
    IPVS_PROPERTY,
    PROTO,
    SCTP,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    UDP,
    UDP_LITE,
    CtState,
    Field,
    TcpFlags,
)
from lvsconf.packets.packet_set import Interval, PacketSet
from lvsconf.packets.space import Space

SOURCE_PORT = 10000
PORTED = {"tcp": TCP, "udp": UDP, "sctp": SCTP, "dccp": DCCP, "udplite": UDP_LITE}
"""The protocols that have ports."""


@dataclass(frozen=True, slots=True)
class Node:
    """Addresses, as ascending intervals, that nothing in the matrix tells apart. `number` counts from 1."""

    number: int
    addresses: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The classes cover all addresses once. An edge is a pair of their numbers: from whom, to whom."""

    family: int
    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]


def first_packet(proto: int, port: int) -> Mapping[Field, int]:
    """What is known of the packet that opens a connection, besides its addresses and interfaces."""
    flags = int(TcpFlags.SYN) if proto == TCP else 0
    known = {PROTO: proto, SPORT: SOURCE_PORT, DPORT: port, CT_STATE: CtState.NEW, TCP_FLAGS: flags}
    return {**known, FRAGMENT: 0, CT_DIRECTION: 0, IPVS_PROPERTY: 0}


def matrix(table: LoadedTable, family: int, chain: str, proto: int, port: int, *, upper: bool = False) -> Matrix:
    """Who may open a connection to whom through a built-in chain.

    A connection may be opened when some packet with these addresses is accepted, whatever its interfaces and mark are;
    what cannot be decided for a single packet counts as it takes to let it pass. With `upper` interfaces and all else
    that is not known are taken anew in every rule, whichever way lets the packet pass: never fewer edges.
    Raises MemoryError where the sets grow too large.
    """
    fixed: dict[Field, int | None] = dict(first_packet(proto, port))
    if upper:
        fixed = {what: fixed.get(what) for what in FIELDS.values() if what not in (SRC, DST)}
    space = Space(family, fixed)
    done = Ends(space, table, anew=upper).run(chain, space.everything)
    return _matrix(space, space.only(done.passing(), SRC, DST))


def _matrix(space: Space, accepted: PacketSet) -> Matrix:
    """Two addresses are of one class when they reach the same, and the same reach them."""
    as_source = space.classes(accepted, SRC)
    as_target = space.classes(space.swapped(accepted, SRC, DST), SRC)
    found: list[tuple[tuple[Interval, ...], PacketSet, PacketSet]] = []
    for sources, reached in as_source:
        for receivers, _ in as_target:
            members = sources & receivers
            if members:
                found.append((tuple(space.intervals(members, SRC)), members, reached))
    found.sort(key=itemgetter(0))
    nodes = tuple(Node(number, addresses) for number, (addresses, _, _) in enumerate(found, 1))
    reaches = [reached for _, _, reached in found]
    targets = [space.swapped(members, SRC, DST) for _, members, _ in found]
    edges = tuple(
        (source, target)
        for source, reached in enumerate(reaches, 1)
        for target, members in enumerate(targets, 1)
        if reached & members
    )
    return Matrix(space.family, nodes, edges)
