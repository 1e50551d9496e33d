"""A packet inside the kernel (struct sk_buff)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lvsconf.kernel.families import FAMILIES, IPV4, Family
from lvsconf.kernel.flows import Connection, Entry, FlowTuple
from lvsconf.model.actions import Track
from lvsconf.model.fields import (
    DCCP,
    DCCP_TYPE,
    DF,
    DPORT,
    DST,
    FIELDS,
    ICMP_CODE,
    ICMP_TYPE,
    IPIP,
    IPV6_IN_IP,
    LENGTH,
    PROTO,
    SCTP_CHUNK,
    SCTP_CHUNKS,
    SPORT,
    SRC,
    TCP_FLAGS,
    TTL,
    Field,
)
from lvsconf.model.ipvs import Address
from lvsconf.packets.packet import Packet

TUNNELS = (IPIP, IPV6_IN_IP)
"""What carries a packet of either family as it is."""

UNKNOWN = -1
"""In a tuple: nothing real."""

EMPTY: dict[Field, int | None] = dict.fromkeys(FIELDS.values(), 0)
"""Every field at 0, to start a packet from."""


@dataclass(slots=True)
class RouteResult:
    """Where routing sends a packet. `kind` is local, unicast, broadcast, or the error type of the route.

    `source` is what the host sends from there; `named`: the route itself says so. `subnet`: the destination is the
    address of a network on the link itself, in IPv6 its routers' anycast address. `several`: this is one of several
    next hops, and a hash with a secret key says which of them a flow gets (fib_select_multipath, fib6_select_path).
    """

    kind: str
    device: str | None = None
    gateway: Address | None = None
    source: int | None = None
    named: bool = False
    subnet: bool = False
    several: bool = False


@dataclass(slots=True)
class Skb:
    """A packet inside the kernel. `device` is where it came in, None when the host made it.

    A `quoted` one only stands for the flow that an ICMP error is about; it is never sent, but may have `opened` a
    connection. `verified`: conntrack looked at the checksum (skb->csum_valid). `hidden_port` stands for a source port
    that only the kernel knows. `tunnelled` is the packet inside a tunnel's outer one, `said` the payload where it is
    not zero bytes. `template`: how it is to be tracked. `numbers`: which number an unknown field is (see unknowns.py);
    an ICMP id that is unknown makes `rest` negative. `bare`: it answers an UNTRACKED packet, whose missing entry it
    has got with a state of its own.
    """

    values: dict[Field, int | None]
    device: str | None
    seq: int = 0
    ack: int = 0
    window: int = 65535
    payload: int = 0
    rest: int = 0
    inner: Skb | None = None
    tunnelled: Skb | None = None
    ct: Entry | None = None
    route: RouteResult | None = None
    fate: str | None = None
    ignore_df: bool = False
    quoted: bool = False
    verified: bool = False
    hidden_port: int = UNKNOWN
    opened: Connection | None = None
    said: str | None = None
    family: Family = IPV4
    template: Track | None = None
    bare: bool = False
    numbers: Mapping[Field, int] = field(default_factory=dict)

    def copy(self, memo: dict[int, Any]) -> Skb:
        """An independent twin; shared conntrack entries stay shared through `memo`."""
        twin = Skb(
            dict(self.values),
            self.device,
            self.seq,
            self.ack,
            self.window,
            self.payload,
            self.rest,
            self.inner.copy(memo) if self.inner else None,
            self.tunnelled.copy(memo) if self.tunnelled else None,
            copy_entry(self.ct, memo) if self.ct else None,
            self.route,
            self.fate,
            self.ignore_df,
            self.quoted,
            self.verified,
            self.hidden_port,
            memo.get(id(self.opened), self.opened),
            self.said,
            self.family,
            self.template,
            self.bare,
            dict(self.numbers),
        )
        memo[id(self)] = twin
        return twin

    def value(self, what: Field) -> int:
        """A field that is known, as every address and port of a single packet is."""
        found = self.values[what]
        if found is None:
            raise ValueError(f"{what.name} is unknown here")
        return found

    def turned(self) -> Mapping[Field, int]:
        """The numbers of an answer to this packet."""
        other = {SRC: DST, DST: SRC, SPORT: DPORT, DPORT: SPORT}
        return {other[what]: number for what, number in self.numbers.items()}

    @property
    def flow(self) -> FlowTuple:
        """The packet's tuple (nf_ct_get_tuple); what is unknown in it is UNKNOWN, which equals nothing real."""
        values, numbers = self.values, self.numbers
        src, dst, sport, dport = values[SRC], values[DST], values[SPORT], values[DPORT]
        src = numbers.get(SRC, UNKNOWN) if src is None else src
        dst = numbers.get(DST, UNKNOWN) if dst is None else dst
        sport = numbers.get(SPORT, self.hidden_port) if sport is None else sport
        dport = numbers.get(DPORT, UNKNOWN) if dport is None else dport
        proto = self.value(PROTO)
        if proto == self.family.icmp:
            kind = self.value(ICMP_TYPE) << 8 | self.value(ICMP_CODE)
            return FlowTuple(src, self.rest >> 16, dst, kind, proto, self.family)
        return FlowTuple(src, sport, dst, dport, proto, self.family)

    def text(self, what: Field) -> str:
        """One of the packet's addresses as people write it."""
        return self.family.text(self.values[what])


def copy_entry(entry: Entry, memo: dict[int, Any]) -> Entry:
    """The entry's twin, the same for everybody who shares the entry."""
    if id(entry) not in memo:
        memo[id(entry)] = entry.copy()
    twin: Entry = memo[id(entry)]
    return twin


def skb_of(packet: Packet, device: str | None) -> Skb:
    """The kernel's view of a packet that arrives at `device`, or that the host itself sends (None)."""
    values = dict(EMPTY)
    values.update(
        {
            SRC: int(packet.src),
            DST: int(packet.dst),
            PROTO: packet.proto,
            TTL: packet.ttl,
            LENGTH: packet.length,
            DF: int(packet.df),
            SPORT: packet.sport,
            DPORT: packet.dport,
            TCP_FLAGS: packet.flags,
            ICMP_TYPE: packet.type if packet.proto != DCCP else 0,
            DCCP_TYPE: packet.type if packet.proto == DCCP else 0,
            ICMP_CODE: packet.code,
            SCTP_CHUNK: SCTP_CHUNKS[packet.chunk] if packet.chunk else 0,
        }
    )
    values.update(packet.drawn)
    quoted = skb_of(packet.inner, None) if packet.inner else None
    family = FAMILIES[packet.src.version]
    return Skb(
        values,
        device,
        packet.seq,
        packet.ack,
        packet.window,
        packet.payload,
        packet.rest,
        inner=quoted if packet.proto == family.icmp else None,
        tunnelled=quoted if packet.proto != family.icmp else None,
        family=family,
        said=packet.text,
    )
