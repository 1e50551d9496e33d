"""ip_vs_ftp: LVS-NAT reads what FTP clients and servers tell each other, and expects their data connections.

net/netfilter/ipvs/ip_vs_ftp.c. The control connection of a VIP's port 21 always keeps its conntrack entry; addresses
and ports of the real server are replaced in its answers to PASV and EPSV, which changes their length.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address

from lvsconf.kernel.connections import bind, find, unhash
from lvsconf.kernel.expectations import TIMEOUT, Expectation, expect
from lvsconf.kernel.flows import Connection, FlowTuple, Shift
from lvsconf.kernel.world import World
from lvsconf.model.fields import CT_DIRECTION, LENGTH, PROTO, SPORT, TCP
from lvsconf.model.ipvs import ForwardingMethod

FTP, FTP_DATA = 21, 20
MODULE = "ip_vs_ftp"
_PORT = re.compile(r"PORT[^0-9 ]* *(\d{1,3}(?:,\d{1,3}){5})[^0-9,]", re.IGNORECASE)
_EPRT = re.compile(r"EPRT[^ ]* +(([!-~])1\2([0-9.]+)\2([0-9]+)\2)", re.IGNORECASE)
_PASV = re.compile(r"227 [^0-9(]*\(*(\d{1,3}(?:,\d{1,3}){5})[^0-9,]")
_EPSV = re.compile(r"229 [^(]*\(+(([!-~])\2\2([0-9]+)\2)")
_PASSIVE = re.compile(r"(PASV\r\n)|(EPSV(?: 1)?\r)", re.IGNORECASE)


def helps(world: World, connection: Connection) -> bool:
    """tcp_app_conn_bind: whether the module takes care of a new connection. Where nobody lists modules it is absent."""
    if connection.proto != TCP or connection.vport != FTP or connection.method is not ForwardingMethod.NAT:
        return False
    return MODULE in (world.kernel.host.modules or ())


def request(world: World, connection: Connection) -> None:
    """What happens to a packet from the client on its way to the real server (ip_vs_nat_xmit)."""
    fill_port(world, connection)
    client_says(world, connection)


def client_says(world: World, connection: Connection) -> None:
    """ip_vs_ftp_in: PASV and EPSV are remembered; PORT and EPRT tell where the server will connect to."""
    said = world.skb.said
    if not connection.helped or connection.tcp != "ES" or not said:
        return
    passive = _PASSIVE.search(said)
    if passive is not None:
        connection.passive = "PASV" if passive[1] else "EPSV"
        return
    where = _told_by_client(said)
    if where is None:
        return
    connection.passive = ""
    address, port = where
    key = FlowTuple(address, port, connection.vaddr, connection.vport - 1, TCP, connection.family)
    _expect(world, connection, find(world.connections, key), key, connection.daddr, connection.dport - 1)


def _told_by_client(said: str) -> tuple[int, int] | None:
    if (found := _PORT.match(said)) is not None:
        return _numbers(found[1])
    if (found := _EPRT.match(said)) is not None and 0 < int(found[4]) < 1 << 16:
        try:
            return int(IPv4Address(found[3])), int(found[4])
        except AddressValueError:
            return None
    return None


def _numbers(text: str) -> tuple[int, int] | None:
    """`h1,h2,h3,h4,p1,p2` as address and port."""
    parts = [int(part) for part in text.split(",")]
    if max(parts) > 255:
        return None
    return int.from_bytes(bytes(parts[:4]), "big"), parts[4] << 8 | parts[5]


def server_says(world: World, connection: Connection) -> None:
    """ip_vs_ftp_out: the answer to PASV or EPSV names the VIP; without a conntrack entry it is dropped."""
    skb, said = world.skb, world.skb.said
    if not connection.helped or connection.tcp != "ES" or not said or not connection.passive:
        return
    pattern = _PASV if connection.passive == "PASV" else _EPSV
    found = pattern.match(said)
    if found is None:
        return
    where = _numbers(found[1]) if connection.passive == "PASV" else (connection.daddr, int(found[3]))
    if where is None or not 0 < where[1] < 1 << 16:
        return
    address, port = where
    known = find(world.responses, FlowTuple(address, port, connection.caddr, 0, TCP, connection.family))
    key = FlowTuple(connection.caddr, 0, connection.vaddr, port, TCP, connection.family)
    _expect(world, connection, known, key, address, port)
    if connection.passive == "PASV":
        told = ",".join([*str(IPv4Address(connection.vaddr)).split("."), str(port >> 8), str(port & 255)])
    else:
        told = f"|||{port}|"
    connection.passive = ""
    if skb.ct is None:
        world.end("dropped", "IPVS: an FTP answer without a conntrack entry can't be rewritten, dropped")
        return
    mangle(world, said[: found.start(1)] + told + said[found.end(1) :])
    _expect_related(world, key)


def _expect(
    world: World, connection: Connection, known: Connection | None, key: FlowTuple, address: int, port: int
) -> None:
    """The data connection, in state LISTEN: made anew, or the one that is there already."""
    if known is None:
        known = Connection(
            proto=TCP,
            caddr=key.src,
            cport=key.sport,
            vaddr=key.dst,
            vport=key.dport,
            daddr=address,
            dport=port,
            method=connection.method,
            service=connection.service,
            server=connection.server,
            nfct=True,
            no_output=False,
            control=connection.request,
            family=connection.family,
        )
        bind(world, known)
    known.tcp = "LI"
    world.arm(known, world.now + world.kernel.ipvs_timeouts["LI"])


def _expect_related(world: World, flow: FlowTuple) -> None:
    """ip_vs_nfct_expect_related: conntrack expects the data connection too, but only of a flow that has a helper."""
    entry = world.skb.ct
    if entry is not None and entry.helper is not None:
        zone = max(entry.orig.zone, entry.reply.zone)
        wanted = flow._replace(sport=0, zone=zone)
        expect(world, Expectation(entry.orig, entry.helper, world.now + TIMEOUT, wanted, "ipvs"))


def mangle(world: World, said: str) -> None:
    """nf_nat_mangle_tcp_packet: the packet gets another length, and the sequence numbers after it move."""
    skb = world.skb
    length = len(said.encode())
    grown = length - skb.payload
    if grown and skb.ct is not None:
        reply = bool(skb.values[CT_DIRECTION])
        before = skb.ct.shifts[reply].after
        shifts = list(skb.ct.shifts)
        shifts[reply] = Shift(skb.seq, before, before + grown)
        skb.ct.shifts = (shifts[0], shifts[1])
    skb.said, skb.payload = said, length
    world.assign(LENGTH, skb.value(LENGTH) + grown)


def find_waiting(world: World, flow: FlowTuple) -> Connection | None:
    """ip_vs_conn_in_get: a data connection whose client port is not known yet."""
    return find(world.connections, flow._replace(sport=0)) if flow.proto == TCP else None


def fill_port(world: World, connection: Connection) -> None:
    """ip_vs_conn_fill_cport, by the first packet of a data connection."""
    if connection.control is not None and connection.cport == 0 and world.skb.value(PROTO) == TCP:
        unhash(world, connection)
        connection.cport = world.skb.value(SPORT)
        world.connections[connection.request] = connection
        world.responses[connection.response] = connection
