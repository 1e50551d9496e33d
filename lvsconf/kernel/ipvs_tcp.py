"""IPVS's own TCP machine (ip_vs_proto_tcp.c set_tcp_state)."""

from __future__ import annotations

from lvsconf.kernel.flows import Connection
from lvsconf.kernel.load import count
from lvsconf.kernel.world import World
from lvsconf.model.fields import PROTO, TCP, TCP_FLAGS, TcpFlags
from lvsconf.model.preds import masked

# tcp_state_idx: RST, then SYN (SYN+ACK too), FIN, ACK; none of them closes the connection.
SEGMENTS = tuple(
    (masked(TCP_FLAGS, bit, bit), name)
    for bit, name in ((TcpFlags.RST, "rst"), (TcpFlags.SYN, "syn"), (TcpFlags.FIN, "fin"), (TcpFlags.ACK, "ack"))
)


def set_state(world: World, connection: Connection, *, output: bool) -> None:
    """Move the connection on and restart its timer."""
    era = world.kernel.era
    if world.skb.value(PROTO) != TCP:
        # udp_state_transition
        if output:
            _assure(world, connection)
        world.arm(connection, world.now + world.kernel.ipvs_timeouts["udp"])
        return
    # update_defense_level: 3 is always on; 1 and 2 follow the memory pressure, which nobody describes.
    tables = era.ipvs_tcp_secure if world.kernel.settings.get("net.ipv4.vs.secure_tcp") == 3 else era.ipvs_tcp
    if output:
        connection.no_output = False
        table = tables["out"]
    else:
        table = tables["input_only" if connection.no_output else "in"]
    segment = world.cases(SEGMENTS, "none")[0][0]
    connection.tcp = table[segment][connection.tcp] if segment in table else "CL"
    if connection.tcp == "ES":
        _assure(world, connection)
    active = connection.tcp in era.ipvs_active
    if active is not connection.active:
        count(world, connection, -1)
        connection.active = active
        count(world, connection, 1)
    world.arm(connection, world.now + world.kernel.ipvs_timeouts[connection.tcp])


def _assure(world: World, connection: Connection) -> None:
    """ip_vs_control_assure_ct: its template has proven to be good for something."""
    template = world.templates.get(connection.template) if connection.template is not None else None
    if template is not None:
        template.assured = True
