"""IPVS's own state machines (ip_vs_proto_tcp.c set_tcp_state, ip_vs_proto_sctp.c set_sctp_state)."""

from __future__ import annotations

from lvsconf.kernel.flows import Connection
from lvsconf.kernel.load import count
from lvsconf.kernel.protocols import CHUNKS, tables
from lvsconf.kernel.world import World
from lvsconf.model.fields import PROTO, SCTP, TCP, TCP_FLAGS, TcpFlags
from lvsconf.model.preds import masked

# tcp_state_idx: RST, then SYN (SYN+ACK too), FIN, ACK; none of them closes the connection.
SEGMENTS = tuple(
    (masked(TCP_FLAGS, bit, bit), name)
    for bit, name in ((TcpFlags.RST, "rst"), (TcpFlags.SYN, "syn"), (TcpFlags.FIN, "fin"), (TcpFlags.ACK, "ack"))
)


def set_state(world: World, connection: Connection, *, output: bool) -> None:
    """Move the connection on and restart its timer."""
    era = world.kernel.era
    proto = world.skb.value(PROTO)
    if proto == SCTP:
        _set_sctp(world, connection, output=output)
        return
    if proto != TCP:
        # udp_state_transition
        if output:
            _assure(world, connection)
        world.arm(connection, world.now + world.kernel.ipvs_timeouts["udp"])
        return
    # update_defense_level: 3 is always on; 1 and 2 follow the memory pressure, which nobody describes.
    secure = world.kernel.settings.get("net.ipv4.vs.secure_tcp") == 3
    table = (era.ipvs_tcp_secure if secure else era.ipvs_tcp)[_direction(connection, output=output)]
    segment = world.cases(SEGMENTS, "none")[0][0]
    connection.tcp = table[segment][connection.tcp] if segment in table else "CL"
    if connection.tcp == "ES":
        _assure(world, connection)
    _set_active(world, connection, active=connection.tcp in era.ipvs_active)
    world.arm(connection, world.now + world.kernel.ipvs_timeouts[connection.tcp])


def _set_active(world: World, connection: Connection, *, active: bool) -> None:
    if active is not connection.active:
        count(world, connection, -1)
        connection.active = active
        count(world, connection, 1)


def _direction(connection: Connection, *, output: bool) -> str:
    """Which table a packet goes by; one from the real server shows that its answers do not bypass the director."""
    if output:
        connection.no_output = False
        return "out"
    return "input_only" if connection.no_output else "in"


def _set_sctp(world: World, connection: Connection, *, output: bool) -> None:
    """Only the first chunk counts; those that are none of the table's are DATA."""
    found = tables()
    table = found.ipvs_sctp[_direction(connection, output=output)]
    chunk = world.cases(CHUNKS, "DATA")[0][0]
    connection.tcp = table[chunk if chunk in table else "DATA"][connection.tcp]
    if connection.tcp == "ES":
        _assure(world, connection)
    _set_active(world, connection, active=connection.tcp == "ES")
    world.arm(connection, world.now + found.ipvs_sctp_timeouts[connection.tcp])


def _assure(world: World, connection: Connection) -> None:
    """ip_vs_control_assure_ct: its template has proven to be good for something."""
    template = world.templates.get(connection.template) if connection.template is not None else None
    if template is not None:
        template.assured = True
