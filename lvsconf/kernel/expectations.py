"""Connections that conntrack helpers expect (net/netfilter/nf_conntrack_expect.c; nf_conntrack_core.c init_conntrack).

A new entry that fits is EXPECTED: its packets are RELATED until it is answered, and it has its master's mark.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lvsconf.kernel import nat
from lvsconf.kernel.flows import Entry, FlowTuple
from lvsconf.kernel.nat_tuples import Range
from lvsconf.kernel.unknowns import may_be
from lvsconf.kernel.world import World
from lvsconf.model.fields import CtState, CtStatus
from lvsconf.model.ipvs import ForwardingMethod

TIMEOUT = 300
"""Seconds, and one at a time for each master: ftp_exp_policy and tftp_exp_policy."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of a master, which is named by its original tuple; the source port of `flow` is free.

    `callback` is what then sets the new entry up: "" nothing, `nat` or `ipvs`; nat needs the direction of the master
    that the new flow has, and the port before translation. Without a `flow` nobody knows what is expected, but that it
    is one of `protos`, or anything.
    """

    master: FlowTuple
    helper: str
    expires: float
    flow: FlowTuple | None
    callback: str = ""
    reply: bool = False
    port: int = 0
    protos: frozenset[int] | None = None


def expect(world: World, new: Expectation) -> bool:
    """nf_ct_expect_related: enter it; False where it can't be, because another master has it."""
    _expire(world)
    if new.flow is not None and any(
        other.flow == new.flow and other.master != new.master for other in world.expectations
    ):
        return False
    world.expectations = [new, *(other for other in world.expectations if other.master != new.master)]
    return True


def _expire(world: World) -> None:
    world.expectations = [item for item in world.expectations if item.expires > world.now]


def fulfil(world: World, entry: Entry, start: int = 0) -> list[tuple[Entry, World]]:
    """nf_ct_find_expectation for a new entry, in each of the ways that are possible."""
    if not world.expectations:
        return [(entry, world)]
    if start == 0:
        _expire(world)
    for number, item in enumerate(world.expectations[start:], start):
        zone = max(entry.orig.zone, entry.reply.zone)
        fits = _fits(world, item, entry.orig._replace(zone=zone))
        if fits is False:
            continue
        master = world.entries.get(item.master)
        if master is None:
            # Nobody else can know of it before the master's first packet has left.
            return [(entry, world)]
        if fits and master.expires > world.now and master.timeouts is None:
            return [_taken(world, item, master, entry)]
        other, mine = world.fork(), entry.copy()
        said = f"it is the connection that conntrack's helper {item.helper} expects"
        world.when.append(said)
        other.when.append(f"not: {said}")
        world.guesses += 1
        return [_taken(world, item, master, entry), *fulfil(other, mine, number + 1)]
    return [(entry, world)]


def _fits(world: World, item: Expectation, flow: FlowTuple) -> bool | None:
    """nf_ct_exp_equal; None is unknown."""
    wanted = item.flow
    if wanted is None:
        return None if item.protos is None or flow.proto in item.protos else False
    if (flow.proto, flow.family, flow.zone) != (wanted.proto, wanted.family, wanted.zone):
        return False
    answer: bool | None = True
    for mine, theirs in ((flow.src, wanted.src), (flow.dst, wanted.dst), (flow.dport, wanted.dport)):
        if mine != theirs:
            unknown, value = (theirs, mine) if theirs < 0 else (mine, theirs)
            if unknown >= 0 or not may_be(world, unknown, value):
                return False
            answer = None
    return answer


def _taken(world: World, item: Expectation, master: Entry, entry: Entry) -> tuple[Entry, World]:
    if item.flow is not None:
        world.expectations = [other for other in world.expectations if other is not item]
    entry.status |= CtStatus.EXPECTED
    entry.mark = master.mark
    entry.master = item.helper
    if item.callback:
        _CALLBACKS[item.callback](world, item, master, entry)
    return entry, world


def _follow_master(world: World, item: Expectation, master: Entry, entry: Entry) -> None:
    """nf_nat_follow_master: translated as the master is."""
    there = master.orig if item.reply else master.reply
    nat.set_up(world, entry, Range((there.dst, there.dst)), "src")
    nat.set_up(world, entry, Range((there.src, there.src), (item.port, item.port)), "dst")
    world.attach(None, CtState.INVALID)


def _of_ipvs(world: World, _item: Expectation, _master: Entry, entry: Entry) -> None:
    """ip_vs_nfct_expect_callback: the answers come from the real server, or go to the virtual service."""
    flow = entry.orig._replace(zone=0)
    answered = world.responses.get(flow)
    connection = answered or world.connections.get(flow) or world.connections.get(flow._replace(sport=0))
    if connection is None or connection.method is not ForwardingMethod.NAT:
        return
    if answered is not None:
        entry.reply = entry.reply._replace(dst=connection.vaddr, dport=connection.vport)
    else:
        entry.reply = entry.reply._replace(src=connection.daddr, sport=connection.dport)


_CALLBACKS: dict[str, Callable[[World, Expectation, Entry, Entry], None]] = {
    "nat": _follow_master,
    "ipvs": _of_ipvs,
}
"""expectfn."""
