"""How IPVS defends itself: drop_packet and drop_entry (ip_vs_ctl.c update_defense_level, ip_vs_conn.c).

Mode 3 is always on. 1 and 2 follow the memory that is left, which nobody describes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from lvsconf.kernel.connections import expire, find
from lvsconf.kernel.flows import Connection, FlowTuple, TemplateKey
from lvsconf.kernel.protocols import tables
from lvsconf.kernel.world import World
from lvsconf.model.fields import SCTP, TCP

ALWAYS = 3
DROP_PACKET, DROP_ENTRY, RATE = "net.ipv4.vs.drop_packet", "net.ipv4.vs.drop_entry", "net.ipv4.vs.am_droprate"
HALF_OPEN = {TCP: frozenset({"SR", "SA"}), SCTP: frozenset({"I1", "IN"})}
"""The states of a connection that nobody has answered yet; where there are none, any may be thrown out."""
IDLE, FEW = 60, 8
"""todrop_entry: only what has been idle for so many seconds, and had no more packets from its client."""
LIMIT = 16
"""So many ways are followed when drop_entry may have thrown out several."""


def drop_packet(world: World) -> list[tuple[bool, World]]:
    """ip_vs_todrop: whether a packet that would open a connection is dropped."""
    done: list[tuple[bool, World]] = []
    for mode, there in world.setting(DROP_PACKET):
        rate = there.kernel.settings.get(RATE) if mode == ALWAYS else None
        if mode == 0:
            done.append((False, there))
        elif rate is not None:
            done.append((_todrop(there, rate), there))
        else:
            done += _maybe(there, "drop_packet drops this new connection", "drop_packet lets this new connection pass")
    return done


def _todrop(world: World, rate: int) -> bool:
    """The first one is dropped, then `rate` - 1 pass; a rate of 0 drops none (netns_ipvs drop_counter)."""
    if not rate:
        return False
    left = world.memory.get(DROP_PACKET, 0) - 1
    world.memory[DROP_PACKET] = left if left > 0 else rate
    return not left > 0


def _maybe(world: World, yes: str, no: str) -> list[tuple[bool, World]]:
    other = world.fork()
    other.guesses += 1
    other.when.append(yes)
    world.when.append(no)
    return [(True, other), (False, world)]


def drop_entry(world: World) -> list[World]:
    """ip_vs_random_dropentry: every way in which connections and templates may have been thrown out by now.

    To be asked before timers run: a template outlives its time as long as it has connections.
    """
    worlds = [world]
    settings = world.kernel.settings
    if settings.known and not settings.listed(DROP_ENTRY):
        # Off by default; only what is thrown out would tell of it.
        return worlds
    for flow, connection in list(world.connections.items()):
        if _exposed(world, connection):
            said = f"the connection of {connection.family.endpoint(connection.caddr, connection.cport)}"
            worlds = [after for there in worlds for after in _thrown_out(there, said, partial(_connection, flow))]
            if len(worlds) > LIMIT:
                return _lost(worlds)
    for key, template in list(world.templates.items()):
        said = f"the template of {template.service.name}"
        worlds = [
            after
            for there in worlds
            for after in (_thrown_out(there, said, partial(_template, key)) if _idle(there, key) else [there])
        ]
        if len(worlds) > LIMIT:
            return _lost(worlds)
    return worlds


def _lost(worlds: list[World]) -> list[World]:
    for there in worlds[LIMIT:]:
        there.lost = True
        there.when.append(f"drop_entry leaves more than {LIMIT} ways: the rest is unknown")
    return worlds[: LIMIT + 1]


def _connection(flow: FlowTuple, world: World) -> None:
    connection = find(world.connections, flow)
    if connection is not None:
        expire(world, connection)


def _template(key: TemplateKey, world: World) -> None:
    del world.templates[key]


def _idle(world: World, key: TemplateKey) -> bool:
    """Whether a template has no connections, and never had one that was answered."""
    known = world.templates.get(key)
    if known is None or known.assured or known.expires - known.timeout >= world.now:
        return False
    return not any(item.template == key for item in world.connections.values())


def _exposed(world: World, connection: Connection) -> bool:
    """Whether ip_vs_random_dropentry takes such a connection out, when it comes by once a second."""
    if connection.expires <= world.now and connection.template is None:
        # It is gone in any case.
        return False
    timeouts: Mapping[str, int] = world.kernel.ipvs_timeouts
    half_open = HALF_OPEN.get(connection.proto)
    state = "udp" if half_open is None else connection.tcp
    if connection.proto == SCTP:
        timeouts = tables().ipvs_sctp_timeouts
    idle = world.now - (connection.expires - timeouts[state])
    if half_open is None or state == "ES":
        return idle >= IDLE and connection.packets <= FEW
    return state in half_open and idle > 0


def _thrown_out(world: World, what: str, away: Callable[[World], None]) -> list[World]:
    """One table row in 32 is looked at each second: nobody knows which."""
    done: list[World] = []
    for mode, there in world.setting(DROP_ENTRY):
        if mode == 0:
            done.append(there)
            continue
        for gone, then in _maybe(there, f"drop_entry has thrown out {what}", f"drop_entry has left {what} alone"):
            if gone:
                away(then)
            done.append(then)
    return done
