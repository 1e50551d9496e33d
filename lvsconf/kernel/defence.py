"""How IPVS defends itself: drop_packet and drop_entry (ip_vs_ctl.c update_defense_level, ip_vs_conn.c).

Mode 3 is always on. 1 and 2 follow the memory that is left, which nobody describes.
"""

from __future__ import annotations

from collections.abc import Mapping

from lvsconf.kernel.connections import expire, find
from lvsconf.kernel.flows import Connection, FlowTuple, Template, TemplateKey
from lvsconf.kernel.world import World
from lvsconf.model.fields import TCP

ALWAYS = 3
DROP_PACKET, DROP_ENTRY, RATE = "net.ipv4.vs.drop_packet", "net.ipv4.vs.drop_entry", "net.ipv4.vs.am_droprate"
HALF_OPEN = frozenset({"SR", "SA"})
IDLE, FEW = 60, 8
"""todrop_entry: only what has been idle for so many seconds, and had no more packets from its client."""


def drop_packet(world: World) -> list[tuple[bool, World]]:
    """ip_vs_todrop: whether a packet that would open a connection is dropped."""
    done: list[tuple[bool, World]] = []
    for mode, there in world.setting(DROP_PACKET):
        rate = there.kernel.settings.get(RATE)
        if mode == 0:
            done.append((False, there))
        elif mode == ALWAYS and rate is not None:
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


def look_up(world: World, flow: FlowTuple, *, response: bool) -> list[tuple[Connection | None, World]]:
    """The connection of a flow, which drop_entry may have thrown out."""
    table = world.responses if response else world.connections
    connection = find(table, flow)
    if connection is None or not _exposed(world, connection):
        return [(connection, world)]
    done: list[tuple[Connection | None, World]] = []
    said = world.family.endpoint(connection.caddr, connection.cport)
    for gone, there in _thrown_out(world, f"the connection of {said}"):
        mine = _of(there, flow, response=response)
        if gone and mine is not None:
            expire(there, mine)
        done.append((None if gone else mine, there))
    return done


def _of(world: World, flow: FlowTuple, *, response: bool) -> Connection | None:
    return find(world.responses if response else world.connections, flow)


def template(world: World, key: TemplateKey) -> list[tuple[Template | None, World]]:
    """The template of a key, which drop_entry may have thrown out."""
    known = world.templates.get(key)
    if known is None or known.assured or known.expires - known.timeout >= world.now:
        return [(known, world)]
    if any(item.template == key for item in world.connections.values()):
        return [(known, world)]
    done: list[tuple[Template | None, World]] = []
    for gone, there in _thrown_out(world, f"the template of {known.service.name}"):
        if gone:
            del there.templates[key]
        done.append((there.templates.get(key), there))
    return done


def _exposed(world: World, connection: Connection) -> bool:
    """Whether ip_vs_random_dropentry takes such a connection out, when it comes by once a second."""
    timeouts: Mapping[str, int] = world.kernel.ipvs_timeouts
    state = connection.tcp if connection.proto == TCP else "udp"
    idle = world.now - (connection.expires - timeouts[state])
    if connection.proto != TCP or state == "ES":
        return idle >= IDLE and connection.packets <= FEW
    return state in HALF_OPEN and idle > 0


def _thrown_out(world: World, what: str) -> list[tuple[bool, World]]:
    """One table row in 32 is looked at each second: nobody knows which."""
    done: list[tuple[bool, World]] = []
    for mode, there in world.setting(DROP_ENTRY):
        if mode == 0:
            done.append((False, there))
        else:
            done += _maybe(there, f"drop_entry has thrown out {what}", f"drop_entry has left {what} alone")
    return done
