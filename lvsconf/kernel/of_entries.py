"""Matches on what a connection has: its number of siblings, what it carried, its labels."""

from __future__ import annotations

from lvsconf.kernel.flows import Entry, FlowTuple
from lvsconf.kernel.world import World
from lvsconf.model.fields import TCP, CtStatus
from lvsconf.model.questions import CarriedQuestion, ConnectionsQuestion, HelperQuestion, LabelQuestion


def connections(world: World, question: ConnectionsQuestion) -> list[tuple[bool, World]]:
    """connlimit_mt: every flow seen with this address counts as long as its entry is there and not closed.

    nf_conncount.c, __nf_conncount_add. Flows whose entry is gone are looked for at most once in a tick: as long as
    nobody looked they may still count.
    """
    skb = world.skb
    key = (question, skb.value(question.field) & question.mask)
    listed: tuple[FlowTuple, ...] = world.memory.get(key, ())
    mine = skb.ct.orig if skb.ct is not None else skb.flow
    entry = skb.ct if skb.ct is not None else world.entries.get(mine)
    left = tuple(flow for flow in listed if flow == mine or _is_open(world.entries.get(flow)))
    if entry is not None and entry.confirmed and CtStatus.ASSURED in entry.status:
        # Whoever is past its handshake is not added; the flows that were counted before are.
        low, high = len(left), len(listed)
        world.memory[key] = listed
    else:
        added = left if mine in left else (*left, mine)
        low, high = len(added), len(listed) + (mine not in listed)
        world.memory[key] = added if low == len(left) + (mine not in left) else listed
    return world.unsure(str(question), low > question.limit, high > question.limit)


def _is_open(entry: Entry | None) -> bool:
    return entry is not None and not (entry.orig.proto == TCP and entry.tcp in ("TW", "CL"))


def carried(world: World, question: CarriedQuestion) -> list[tuple[bool, World]]:
    """connbytes_mt; packets and bytes, of the original and the reply direction."""
    entry = world.skb.ct
    if entry is None:
        return [(False, world)]
    packets, octets = _chosen(entry.carried[:2], question), _chosen(entry.carried[2:], question)
    counted = {"packets": packets, "bytes": octets, "avgpkt": octets // packets if packets else 0}[question.mode]
    inside = question.low <= counted <= question.high
    return [(inside != question.inverted, world)]


def _chosen(both: tuple[int, ...], question: CarriedQuestion) -> int:
    if question.direction == "both":
        return sum(both)
    return both[question.direction == "reply"]


def label(world: World, question: LabelQuestion) -> list[tuple[bool, World]]:
    """connlabel_mt."""
    entry = world.skb.ct
    if entry is None:
        return [(False, world)]
    bit = 1 << question.label
    has = bool(entry.labels & bit) or question.sets
    if question.sets:
        entry.labels |= bit
    return [(has, world)]


def helper(world: World, question: HelperQuestion) -> list[tuple[bool, World]]:
    """helper_mt: the rule's name need only begin with the helper's; an empty one is that of every helper."""
    entry = world.skb.ct
    name = entry.master if entry is not None else None
    return [(name is not None and (not question.name or question.name.startswith(name)), world)]
