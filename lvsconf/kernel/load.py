"""ActiveConn and InActConn: how many connections each real server has (struct ip_vs_dest)."""

from __future__ import annotations

from lvsconf.kernel.flows import Connection
from lvsconf.kernel.world import World
from lvsconf.model.ipvs import RealServer


def counts(world: World, server: RealServer) -> tuple[int, int]:
    """ActiveConn and InActConn of a real server; a connection that is about to expire still counts."""
    return world.load.get(id(server), (0, 0))


def count(world: World, connection: Connection, by: int) -> None:
    """Add a connection to its real server's counters, or take it off."""
    if connection.one_packet:
        return
    active, inactive = counts(world, connection.server)
    key = id(connection.server)
    world.load[key] = (active + by, inactive) if connection.active else (active, inactive + by)
