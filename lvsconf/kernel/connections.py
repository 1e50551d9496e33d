"""Looking IPVS connections up, letting them go, and sending a packet along one (ip_vs_conn.c)."""

from __future__ import annotations

from lvsconf.kernel import xmit
from lvsconf.kernel.flows import Connection, FlowTuple
from lvsconf.kernel.ipvs_tcp import set_state
from lvsconf.kernel.world import World


def find(table: dict[FlowTuple, Connection], world: World, flow: FlowTuple | None) -> Connection | None:
    """The connection of a tuple, unless its timer has run out."""
    connection = table.get(flow) if flow is not None else None
    if connection is not None and connection.expires <= world.now:
        expire(world, connection)
        return None
    return connection


def expire(world: World, connection: Connection) -> None:
    """ip_vs_conn_expire: the connection leaves the table, and with NFCT its conntrack entry goes too."""
    for table in (world.connections, world.responses):
        for flow in [flow for flow, found in table.items() if found is connection]:
            del table[flow]
    if connection.nfct and not connection.one_packet:
        xmit.drop_conntrack(world, connection)


def forward(world: World, connection: Connection) -> list[World]:
    """The packet moves its connection on and goes to the real server."""
    set_state(world, connection, output=False)
    server = connection.server
    world.step(
        f"IPVS: {connection.service.name} to {server.address} ({server.method.name})",
        kind="ipvs",
        verdict=server.method.name,
    )
    return xmit.transmit(world, connection)
