"""IPVS connections: looking them up, their timers, and sending a packet along one (ip_vs_conn.c)."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from math import inf
from operator import itemgetter

from lvsconf.kernel import xmit
from lvsconf.kernel.flows import Connection, FlowTuple, Template, TemplateKey
from lvsconf.kernel.ipvs_tcp import set_state
from lvsconf.kernel.load import count, counts
from lvsconf.kernel.world import World

LATER = 60
"""ip_vs_conn_expire: a template that still controls connections is asked again after so many seconds."""


def find(table: MutableMapping[FlowTuple, Connection], flow: FlowTuple | None) -> Connection | None:
    """The connection of a tuple."""
    return table.get(flow) if flow is not None else None


def bind(world: World, connection: Connection) -> None:
    """ip_vs_bind_dest: a new connection enters the table, and may fill its real server."""
    if connection.one_packet:
        return
    world.connections[connection.request] = connection
    world.responses[connection.response] = connection
    world.arm(connection, connection.expires)
    count(world, connection, 1)
    server = connection.server
    if server.upper and sum(counts(world, server)) >= server.upper:
        world.overloaded.add(id(server))


def expire(world: World, connection: Connection) -> None:
    """ip_vs_conn_expire: the connection leaves the table, and with NFCT its conntrack entry goes too."""
    _remove(world, connection)
    _unbind(world, connection)


def expire_now(world: World, connection: Connection) -> None:
    """ip_vs_conn_expire_now only sets the timer: until after this packet the scheduler still counts the connection."""
    _remove(world, connection)
    world.expiring.append(connection)


def unhash(world: World, connection: Connection) -> None:
    """ip_vs_conn_unhash: the connection is found no more."""
    for table, flow in ((world.connections, connection.request), (world.responses, connection.response)):
        if table.get(flow) is connection:
            del table[flow]


def _remove(world: World, connection: Connection) -> None:
    unhash(world, connection)
    if connection.nfct and not connection.one_packet:
        xmit.drop_conntrack(world, connection)


def _unbind(world: World, connection: Connection) -> None:
    """ip_vs_unbind_dest: when a full real server takes connections again."""
    count(world, connection, -1)
    server = connection.server
    total = sum(counts(world, server))
    below = total < server.lower if server.lower else total * 4 < server.upper * 3 if server.upper else True
    if below:
        world.overloaded.discard(id(server))


def run_timers(world: World) -> None:
    """Everything that has run out by now, in the order in which it did."""
    for connection in world.expiring:
        _unbind(world, connection)
    world.expiring = []
    while world.now >= world.next_timer:
        _run_due(world)
        timers: list[Connection | Template] = [*world.connections.values(), *world.templates.values()]
        world.next_timer = min((item.expires for item in timers), default=inf)


def _run_due(world: World) -> None:
    """What is due now, one after the other, up to the first timer that is started again."""
    due: list[tuple[float, Connection | TemplateKey]] = [
        *((item.expires, item) for item in world.connections.values() if item.expires <= world.now),
        *((item.expires, key) for key, item in world.templates.items() if item.expires <= world.now),
    ]
    for _, item in sorted(due, key=itemgetter(0)):
        if isinstance(item, Connection):
            if any(each.control == item.request for each in world.connections.values()):
                item.expires += LATER
                return
            expire(world, item)
        elif any(each.template == item for each in world.connections.values()):
            template = world.templates[item]
            template.timeout = LATER
            template.expires += LATER
            return
        else:
            del world.templates[item]


def forward(world: World, connection: Connection, helper: Callable[[World, Connection], None]) -> list[World]:
    """The packet moves its connection on, `helper` reads it, and it goes to the real server."""
    connection.packets += 1
    set_state(world, connection, output=False)
    server = connection.server
    if connection.bypass:
        world.step(f"IPVS: {connection.service.name} bypasses its missing real servers", kind="ipvs")
    else:
        world.step(
            f"IPVS: {connection.service.name} to {server.address} ({server.method.name})",
            kind="ipvs",
            verdict=server.method.name,
        )
    helper(world, connection)
    return xmit.transmit(world, connection)
