"""Conntrack's trackers beside those of TCP and ICMP (nf_conntrack_proto_{udp,gre,sctp,dccp,generic}.c)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lvsconf.kernel.flows import Entry
from lvsconf.kernel.protocols import CHUNKS, DCCP_PACKETS, tables
from lvsconf.kernel.world import World
from lvsconf.model.fields import DCCP, GRE, SCTP, UDP, UDP_LITE, CtStatus
from lvsconf.model.netfilter import Hook

STREAM_SECONDS = 2
"""A UDP flow that is answered is a stream after so many seconds."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a tracker says of a packet: whether it is valid, and the entry's new timeout, None to leave the old one.

    `killed`: the entry goes, though the packet keeps it.
    """

    valid: bool = True
    timeout: int | None = None
    killed: bool = False


INVALID = Tracked(valid=False)


def _udp(world: World, entry: Entry, _reply: bool) -> Tracked:
    """nf_conntrack_udp_packet."""
    timeouts = world.kernel.conntrack_timeouts
    if not entry.confirmed:
        entry.started = world.now
    if CtStatus.SEEN_REPLY in entry.status and world.now > entry.started + STREAM_SECONDS:
        if not entry.clashed:
            entry.status |= CtStatus.ASSURED
        return Tracked(timeout=timeouts["udp_stream"])
    return Tracked(timeout=timeouts["udp"])


def _udp_lite(world: World, entry: Entry, _reply: bool) -> Tracked:
    """nf_conntrack_udplite_packet. udplite_error sums the pseudo header of UDP: no packet that comes in looks right."""
    if world.hook is Hook.PRE_ROUTING and world.kernel.settings.get("net.netfilter.nf_conntrack_checksum") != 0:
        return INVALID
    timeouts = world.kernel.conntrack_timeouts
    if CtStatus.SEEN_REPLY in entry.status:
        entry.status |= CtStatus.ASSURED
        return Tracked(timeout=timeouts["udp_stream"])
    return Tracked(timeout=timeouts["udp"])


def _gre(_world: World, entry: Entry, _reply: bool) -> Tracked:
    """nf_conntrack_gre_packet."""
    timeouts = tables().conntrack_gre_timeouts
    if CtStatus.SEEN_REPLY in entry.status:
        entry.status |= CtStatus.ASSURED
        return Tracked(timeout=timeouts["replied"])
    return Tracked(timeout=timeouts["unreplied"])


_STRAY = ("ABORT", "SHUTDOWN_COMPLETE", "COOKIE_ACK")
"""Chunks that never open an entry."""

_UNTAGGED = ("INIT", "SHUTDOWN_ACK", "HEARTBEAT", "HEARTBEAT_ACK")
"""Chunks that are taken before the sender's verification tag is known."""


def _sctp(world: World, entry: Entry, reply: bool) -> Tracked:
    """nf_conntrack_sctp_packet, for packets of one chunk whose tags are those of the association.

    `tags` holds the directions (False: original) whose tag the entry has learnt.
    """
    found = tables()
    chunk = world.cases(CHUNKS, "DATA")[0][0]
    table = found.conntrack_sctp["reply" if reply else "original"]
    if not entry.confirmed:
        if chunk in _STRAY or chunk not in table:
            return INVALID
        entry.tcp, entry.tags = "-", frozenset()
        if chunk == "SHUTDOWN_ACK":
            entry.tags = frozenset({True})
    if chunk not in _UNTAGGED and reply not in entry.tags:
        return INVALID
    if chunk in ("HEARTBEAT", "HEARTBEAT_ACK"):
        entry.tags |= {reply}
    old = entry.tcp
    new = table[chunk][old] if chunk in table else old
    if new == "IV":
        return INVALID
    if chunk in ("INIT", "INIT_ACK"):
        entry.tags |= {not reply}
    entry.tcp = new
    if old != new and new == "ES":
        entry.status |= CtStatus.ASSURED
    if chunk == "INIT" and old == new == "CL" and entry.confirmed:
        return Tracked()
    return Tracked(timeout=found.conntrack_sctp_timeouts[new])


def _dccp(world: World, entry: Entry, reply: bool) -> Tracked:
    """nf_conntrack_dccp_packet. `last.ack` is the handshake's number, `swapped` whether the reply side is client."""
    found = tables()
    kind = world.cases(DCCP_PACKETS, "reserved")[0][0]
    if kind == "reserved":
        return INVALID
    skb, last = world.skb, entry.last
    if not entry.confirmed:
        if found.conntrack_dccp["client"][kind]["-"] == "IV":
            return INVALID
        entry.tcp, entry.swapped = "-", False
        last.segment, last.reply, last.ack = "REQUEST", False, 0
    if kind == "RESET" and CtStatus.SEEN_REPLY not in entry.status:
        return Tracked(killed=True)
    client = reply == entry.swapped
    old = entry.tcp
    new = found.conntrack_dccp["client" if client else "server"][kind][old]
    if new == "IG" and kind == "RESPONSE" and last.segment == "REQUEST" and last.reply != reply:
        entry.swapped, last.ack, new = not reply, skb.seq, "RS"
    elif new == "RQ" and old == "TW" and not client:
        entry.swapped = reply
    elif new == "RS" and old == "RQ":
        last.ack = skb.seq
    elif new == "PO" and old == "RS" and kind == "ACK" and skb.ack == last.ack:
        entry.status |= CtStatus.ASSURED
    if new == "IV":
        return INVALID
    last.segment, last.reply = kind, reply
    if new == "IG":
        return Tracked()
    entry.tcp = new
    return Tracked(timeout=found.conntrack_dccp_timeouts[new])


def _generic(world: World, _entry: Entry, _reply: bool) -> Tracked:
    """nf_conntrack_handle_packet: a protocol that nobody knows only has a timeout."""
    return Tracked(timeout=world.kernel.conntrack_timeouts["generic"])


_TRACKERS: dict[int, Callable[[World, Entry, bool], Tracked]] = {
    UDP: _udp,
    UDP_LITE: _udp_lite,
    GRE: _gre,
    SCTP: _sctp,
    DCCP: _dccp,
}


def track(world: World, proto: int, entry: Entry, reply: bool) -> Tracked:
    """What the protocol's tracker says of the walking packet."""
    return _TRACKERS.get(proto, _generic)(world, entry, reply)
