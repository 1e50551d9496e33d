"""Which sysctls a director and a real server need, in the order of setting them."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.compile.firewall import TUNNEL
from lvsconf.compile.plan import Plan, PlannedServer
from lvsconf.compile.quoting import plain
from lvsconf.compile.templates import render
from lvsconf.model.ipvs import ForwardingMethod

NAT, TUN = ForwardingMethod.NAT, ForwardingMethod.TUN

Settings = tuple[tuple[str, int], ...]


def director(plan: Plan) -> Settings:
    """The director's."""
    return tuple(_director(plan))


def _director(plan: Plan) -> Iterator[tuple[str, int]]:
    # Only NAT needs it, for the answers. First, because the kernel resets others with it.
    yield "net.ipv4.ip_forward", int(NAT in plan.methods())
    for device in ("all", *(interface.name.value for interface in plan.director.interfaces)):
        yield _of(device, "rp_filter"), 1
    arms = _one_armed(plan)
    for device in ("all", *arms) if arms else ():
        # a redirect would teach the real server the short way past the director; all and the interface are or-ed
        yield _of(device, "send_redirects"), 0
    # the ACK of a connection that conntrack never confirms would be INVALID otherwise
    yield "net.netfilter.nf_conntrack_tcp_loose", 1
    if plan.conntrack:
        # an INVALID segment would be picked up again after IPVS, as a new connection to the real server
        yield "net.netfilter.nf_conntrack_tcp_be_liberal", 1
    yield "net.ipv4.vs.conntrack", int(plan.conntrack)
    # a real server that is taken out must not leave its clients waiting
    yield "net.ipv4.vs.expire_nodest_conn", 1
    if any(service.persistence for service in plan.services):
        # weight 0 has to mean it for persistent clients too
        yield "net.ipv4.vs.expire_quiescent_template", 1


def _one_armed(plan: Plan) -> list[str]:
    """The interfaces that NAT's requests come in by and go out by."""
    devices = (
        destination.interface.name.value
        for service in plan.services
        if service.method is NAT
        for destination in service.destinations
        if destination.interface.outside
    )
    return list(dict.fromkeys(devices))


def realserver(server: PlannedServer) -> Settings:
    """A real server's."""
    return tuple(_realserver(server))


def _realserver(server: PlannedServer) -> Iterator[tuple[str, int]]:
    methods = {service.method for service in server.services}
    if methods - {NAT}:
        # It has the virtual address, but only the director may answer for it. Of all and the device the larger counts.
        for device in ("all", "lo"):
            yield _of(device, "arp_ignore"), 1
            yield _of(device, "arp_announce"), 2
    if TUN in methods:
        # what comes out of the tunnel has clients' addresses, whose way back is another interface
        for device in ("all", TUNNEL):
            yield _of(device, "rp_filter"), 0


def _of(device: str, key: str) -> str:
    # sysctl has the dots and slashes of names change places
    return f"net.ipv4.conf.{device.replace('.', '/')}.{key}"


def file(settings: Settings) -> str:
    """The text of sysctl.conf."""
    return render("sysctl.conf.j2", settings=tuple((plain(key), value) for key, value in settings))
