"""Conntrack's helpers: what they read in packets that leave, and what they then expect.

net/netfilter/nf_conntrack_proto.c nf_confirm, nf_conntrack_ftp.c, nf_conntrack_tftp.c, nf_nat_ftp.c, nf_nat_tftp.c.
A helper comes with `-j CT --helper`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address
from math import inf

from lvsconf.kernel import table
from lvsconf.kernel.expectations import TIMEOUT, Expectation, expect
from lvsconf.kernel.flows import Entry, FlowTuple
from lvsconf.kernel.ftp import mangle
from lvsconf.kernel.ftp_lines import Kind, PartialLineError, Told, told
from lvsconf.kernel.unknowns import give_up
from lvsconf.kernel.world import World
from lvsconf.model.fields import CT_DIRECTION, CT_STATE, GRE, PROTO, TCP, UDP, CtState, CtStatus

_TRANSLATED = CtStatus.SRC_NAT | CtStatus.DST_NAT
_PARTIAL = "conntrack: the helper ftp can't read the command to its end, dropped"
_REFUSED = "conntrack: the helper can't expect what another connection expects, dropped"


def confirm(world: World) -> list[World]:
    """nf_confirm: the helper reads the packet, then a new entry enters the table."""
    entry = world.skb.ct
    done = []
    for there in [world] if entry is None or entry.helper is None else _help(world, entry, entry.helper):
        if there.skb.fate is not None or there.lost:
            done.append(there)
            continue
        for after in table.confirm(there):
            mine = after.skb.ct
            if after.skb.fate is not None and mine is not None and after.expectations:
                # The entry never was in the table, and its expectations go with it.
                after.expectations = [item for item in after.expectations if item.master in after.entries]
            done.append(after)
    return done


def _help(world: World, entry: Entry, name: str) -> list[World]:
    """Errors about the flow are none of its packets."""
    if world.skb.value(PROTO) != entry.orig.proto:
        return [world]
    helper = _HELPERS.get(name)
    return helper(world, entry) if helper is not None else [_unknown(world, entry, name)]


_EXPECTS = {
    "amanda": {TCP},
    "irc": {TCP},
    "pptp": {GRE},
    "H.245": {TCP, UDP},
    "Q.931": {TCP},
    "RAS": {TCP, UDP},
    "sip": {TCP, UDP},
    "sane": {TCP},
    "netbios-ns": {UDP},
    "snmp": {UDP},
}
"""Protocols of what other helpers of the kernel expect."""
_OF_OWN_SOCKETS = frozenset({"netbios-ns", "snmp"})
"""nf_conntrack_broadcast_help: only what the host itself asks of a network."""


def _unknown(world: World, entry: Entry, name: str) -> World:
    """A helper that is not modelled may expect anything once it has something to read."""
    skb = world.skb
    if skb.payload and not (name in _OF_OWN_SOCKETS and skb.device is not None):
        protos = _EXPECTS.get(name)
        expect(world, Expectation(entry.orig, name, inf, None, protos=None if protos is None else frozenset(protos)))
    return world


def _tuples(world: World, entry: Entry) -> tuple[FlowTuple, FlowTuple]:
    """The tuple of the packet's direction, and the other one."""
    return (entry.reply, entry.orig) if world.skb.values[CT_DIRECTION] else (entry.orig, entry.reply)


def _expectation(world: World, entry: Entry, name: str, flow: FlowTuple) -> Expectation:
    zone = max(entry.orig.zone, entry.reply.zone)
    return Expectation(entry.orig, name, world.now + TIMEOUT, flow._replace(sport=0, zone=zone))


def _ftp(world: World, entry: Entry) -> list[World]:
    """`help` of nf_conntrack_ftp.c: a line is only read where it is known to begin."""
    skb = world.skb
    if skb.values[CT_STATE] != CtState.ESTABLISHED or not skb.payload:
        return [world]
    said = skb.said.encode() if skb.said else bytes(skb.payload)
    reply = bool(skb.values[CT_DIRECTION])
    ends, seq = said.endswith(b"\n"), skb.seq
    found = None
    if seq in entry.lines[reply]:
        try:
            found = told(said, reply=reply, version=skb.family.version)
        except PartialLineError:
            world.end("dropped", _PARTIAL)
            return [world]
    done = [world] if found is None else _ftp_expects(world, entry, found, said)
    if ends:
        end = (seq + len(said)) & 0xFFFFFFFF
        for there in done:
            _remember(there.skb.ct, reply, end)
    return done


def _remember(entry: Entry | None, reply: bool, end: int) -> None:
    """update_nl_seq: two places are remembered, and the older one makes room for a newer."""
    if entry is None or end in entry.lines[reply]:
        return
    known = list(entry.lines[reply])
    if len(known) < 2:
        known.append(end)
    else:
        oldest = 0 if (known[0] - known[1]) & 0xFFFFFFFF >= 1 << 31 else 1
        if 0 < (end - known[oldest]) & 0xFFFFFFFF < 1 << 31:
            known[oldest] = end
    lines = list(entry.lines)
    lines[reply] = tuple(known)
    entry.lines = (lines[0], lines[1])


def _ftp_expects(world: World, entry: Entry, found: Told, said: bytes) -> list[World]:
    mine, other = _tuples(world, entry)
    # Without the parameter `loose` of the module nobody may name the address of somebody else.
    if found.address not in (None, mine.src):
        return [world]
    flow = FlowTuple(other.src, 0, other.dst, found.port, TCP, other.family)
    wanted = _expectation(world, entry, "ftp", flow)
    done = []
    for translates, there in _nat_module(world, entry, "nf_nat_ftp"):
        if translates:
            done += _ftp_translated(there, wanted, found, said)
        else:
            if not expect(there, wanted):
                there.end("dropped", _REFUSED)
            done.append(there)
    return done


def _nat_module(world: World, entry: Entry, module: str) -> list[tuple[bool, World]]:
    """Whether a translated flow's helper translates too: its module comes by itself never."""
    if not entry.status & _TRANSLATED:
        return [(False, world)]
    modules = world.kernel.host.modules
    if modules is not None:
        return [(module in modules, world)]
    choices = ((0, f"{module} is not loaded"), (1, f"{module} is loaded"))
    return [(bool(loaded), there) for loaded, there in world.settle(module, choices, 0)]


def _ftp_translated(world: World, wanted: Expectation, found: Told, said: bytes) -> list[World]:
    """nf_nat_ftp: the other side is told the address that it knows, and the same port where that is free."""
    skb = world.skb
    flow = wanted.flow
    if flow is None or flow.dst < 0:
        return give_up(world, "what the helper ftp writes into the packet")
    reply = not skb.values[CT_DIRECTION]
    if not expect(world, replace(wanted, callback="nat", reply=reply, port=found.port)):
        return give_up(world, "which port the helper ftp takes")
    address = skb.family.text(flow.dst)
    if found.kind in (Kind.PORT, Kind.PASV):
        octets = str(IPv4Address(flow.dst)).replace(".", ",")
        text = f"{octets},{found.port >> 8},{found.port & 255}"
    elif found.kind is Kind.EPRT:
        text = f"|{1 if skb.family.version == 4 else 2}|{address}|{found.port}|"
    else:
        text = f"|||{found.port}|"
    mangle(world, (said[: found.offset] + text.encode() + said[found.offset + found.length :]).decode())
    return [world]


_READ, _WRITE = 1, 2


def _tftp(world: World, entry: Entry) -> list[World]:
    """tftp_help: the answer to a request comes from another port."""
    said = (world.skb.said or "").encode()
    if len(said) < 2 or int.from_bytes(said[:2], "big") not in (_READ, _WRITE):
        return [world]
    wanted = _expectation(world, entry, "tftp", entry.reply._replace(proto=UDP))
    done = []
    for translates, there in _nat_module(world, entry, "nf_nat_tftp"):
        mine = replace(wanted, callback="nat", reply=True, port=entry.orig.sport) if translates else wanted
        if not expect(there, mine):
            there.end("dropped", _REFUSED)
        done.append(there)
    return done


_HELPERS: dict[str, Callable[[World, Entry], list[World]]] = {"ftp": _ftp, "tftp": _tftp}
