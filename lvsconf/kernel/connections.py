"""IPVS connections: looking them up, their timers, and sending a packet along one (ip_vs_conn.c)."""

from __future__ import annotations

from lvsconf.kernel import xmit
from lvsconf.kernel.flows import Connection, FlowTuple
from lvsconf.kernel.ipvs_tcp import set_state
from lvsconf.kernel.world import World
from lvsconf.model.ipvs import RealServer

LATER = 60
"""ip_vs_conn_expire: a template that still controls connections is asked again after so many seconds."""


def find(table: dict[FlowTuple, Connection], flow: FlowTuple | None) -> Connection | None:
    """The connection of a tuple."""
    return table.get(flow) if flow is not None else None


def counts(world: World, server: RealServer) -> tuple[int, int]:
    """ActiveConn and InActConn of a real server; a connection that is about to expire still counts."""
    mine = {id(item): item for item in (*world.connections.values(), *world.expiring) if item.server is server}
    active = sum(item.active for item in mine.values())
    return active, len(mine) - active


def bind(world: World, connection: Connection) -> None:
    """ip_vs_bind_dest: a new connection enters the table, and may fill its real server."""
    if connection.one_packet:
        return
    world.connections[connection.request] = connection
    world.responses[connection.response] = connection
    server = connection.server
    if server.upper and sum(counts(world, server)) >= server.upper:
        world.overloaded.add(id(server))


def expire(world: World, connection: Connection) -> None:
    """ip_vs_conn_expire: the connection leaves the table, and with NFCT its conntrack entry goes too."""
    for table in (world.connections, world.responses):
        for flow in [flow for flow, found in table.items() if found is connection]:
            del table[flow]
    if connection.nfct and not connection.one_packet:
        xmit.drop_conntrack(world, connection)
    _unbind(world, connection.server)


def _unbind(world: World, server: RealServer) -> None:
    """ip_vs_unbind_dest: when a full real server takes connections again."""
    total = sum(counts(world, server))
    below = total < server.lower if server.lower else total * 4 < server.upper * 3 if server.upper else True
    if below:
        world.overloaded.discard(id(server))


def run_timers(world: World) -> None:
    """Everything that has run out by now, in the order in which it did."""
    while True:
        connection = min(world.connections.values(), key=lambda item: item.expires, default=None)
        key = min(world.templates, key=lambda item: world.templates[item].expires, default=None)
        template = world.templates[key] if key is not None else None
        if connection is not None and connection.expires <= min(world.now, template.expires if template else world.now):
            expire(world, connection)
        elif key is not None and template is not None and template.expires <= world.now:
            if any(item.template == key for item in world.connections.values()):
                template.timeout = LATER
                template.expires += LATER
            else:
                del world.templates[key]
        else:
            return


def forward(world: World, connection: Connection) -> list[World]:
    """The packet moves its connection on and goes to the real server."""
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
    return xmit.transmit(world, connection)
