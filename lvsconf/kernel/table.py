"""Conntrack's table: looking entries up, in their zones, and entering new ones (nf_conntrack_core.c)."""

from __future__ import annotations

from lvsconf.kernel.flows import Entry, FlowTuple
from lvsconf.kernel.unknowns import look_up
from lvsconf.kernel.world import World
from lvsconf.model.fields import CT_DIRECTION, CT_STATE, CT_STATUS, ICMP, MARK, SCTP, TCP, CtState, CtStatus


def zones(world: World) -> tuple[int, int]:
    """nf_ct_zone_tmpl: the zone in which the packet is tracked, for either direction."""
    template = world.skb.template
    if template is None:
        return 0, 0
    # nf_ct_zone_init: the id of a zone has 16 bits.
    zone = (world.skb.value(MARK) if template.zone is None else template.zone) & 0xFFFF
    return zone if template.original else 0, zone if template.reply else 0


def entries_of(world: World, flow: FlowTuple) -> list[tuple[Entry | None, bool, World]]:
    """The entry of a tuple and whether it is that of its replies, in each of the ways that are possible."""
    original, reply = zones(world)
    done: list[tuple[Entry | None, bool, World]] = []
    for found, there in look_up(world, flow._replace(zone=original) if original else flow):
        is_reply = _is_reply(there, found)
        if original != reply and (found is None or is_reply):
            # A zone of one direction only: the other one has its replies in zone 0.
            again = flow._replace(zone=reply)
            found, is_reply = (again, True) if _is_reply(there, again) else (None, False)
        done += [(entry, is_reply and entry is not None, then) for entry, then in _alive(there, found)]
    return done


def _is_reply(world: World, flow: FlowTuple | None) -> bool:
    entry = world.entries.get(flow) if flow is not None else None
    return entry is not None and flow == entry.reply and flow != entry.orig


def _alive(world: World, flow: FlowTuple | None) -> list[tuple[Entry | None, World]]:
    """The entry of a tuple of the table, if it has not timed out."""
    entry = find(world, flow) if flow is not None else None
    if entry is None or entry.timeouts is None or entry.refreshed == world.now or flow is None:
        return [(entry, world)]
    policy = f"the timeout policy {entry.timeouts}"
    gone = world.fork()
    gone.when.append(f"{policy} has let the connection go")
    world.when.append(f"{policy} still keeps the connection")
    forget(gone, gone.entries[flow])
    return [(entry, world), (None, gone)]


def find(world: World, flow: FlowTuple) -> Entry | None:
    """The entry of a tuple; one that has timed out goes."""
    entry = world.entries.get(flow)
    if entry is not None and entry.expires <= world.now:
        forget(world, entry)
        return None
    return entry


def forget(world: World, entry: Entry) -> None:
    """nf_ct_kill: the entry leaves the table."""
    for flow in (entry.orig, entry.reply):
        if world.entries.get(flow) is entry:
            del world.entries[flow]
    if world.expectations:
        # nf_ct_remove_expectations
        world.expectations = [item for item in world.expectations if item.master != entry.orig]


def confirm(world: World) -> list[World]:
    """nf_conntrack_confirm at the end of LOCAL_IN and POST_ROUTING: a new entry enters the table, or clashes."""
    skb = world.skb
    entry = skb.ct
    if entry is None or entry.confirmed or skb.values[CT_DIRECTION]:
        return [world]
    other = world.entries.get(entry.orig) or world.entries.get(entry.reply)
    if other is not None:
        return [_clash(world, entry, other)]
    _insert(world, entry, entry.orig, entry.reply)
    return [world]


def _insert(world: World, entry: Entry, *flows: FlowTuple) -> None:
    entry.status |= CtStatus.CONFIRMED
    for flow in flows:
        world.entries[flow] = entry
    world.skb.values[CT_STATUS] = int(entry.status)


ONE_OWNER = frozenset({ICMP, TCP, 33, 47, SCTP})
"""Protocols of which no two entries may have the same tuple (nf_conntrack_l4proto.allow_clash)."""
CLASHED = 1
"""Seconds that an entry lives whose requests belong to another one."""


def _clash(world: World, entry: Entry, other: Entry) -> World:
    """nf_ct_resolve_clash: another entry owns a tuple of the new one, and takes its packet over if they are alike."""
    answers = world.entries.get(entry.reply)
    if entry.orig.proto not in ONE_OWNER:
        for owner in (other, answers):
            if owner is not None and (not owner.manips or (owner.orig, owner.reply) == (entry.orig, entry.reply)):
                world.attach(owner, CtState(world.skb.value(CT_STATE)))
                return world
        if answers is None:
            entry.clashed, entry.expires = True, world.now + CLASHED
            _insert(world, entry, entry.reply)
            return world
    world.end("dropped", "conntrack: another entry owns this flow's tuple, the packet is dropped at confirm")
    return world
