"""What each forwarding method asks for. A cluster that lacks it would lose packets in ways that are hard to see."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from lvsconf.compile.checks.network import home
from lvsconf.compile.network import connected, way
from lvsconf.findings import Problem
from lvsconf.model.cluster import Cluster, Destination, Director, RealServer, Service
from lvsconf.model.ipvs import ForwardingMethod

CODE = "LVS503"

NAT, DR, TUN = ForwardingMethod.NAT, ForwardingMethod.DR, ForwardingMethod.TUN


def check(cluster: Cluster) -> Iterator[Problem]:
    """Every service against its method. Names and networks are in order by now."""
    servers = {server.name.value: server for server in cluster.servers}
    for service in cluster.services:
        yield from _service(cluster.director, service)
        for destination in service.destinations:
            server = servers[destination.server.value]
            yield from _port(service, destination)
            yield from _way(cluster.director, service, destination, server)
            yield from _gateway(cluster, service, server)


def _service(director: Director, service: Service) -> Iterator[Problem]:
    method = service.method
    if service.one_packet and service.proto != 17:
        yield Problem(
            CODE, "`one-packet` is for UDP", service.one_packet.span, help="a TCP connection has many packets"
        )
    elif service.one_packet and method.value is NAT:
        message = "`one-packet` loses the answers of NAT: they would leave with the real server's own address"
        yield Problem(CODE, message, service.one_packet.span, help="use `method dr`, or leave `one-packet` out")
    if director.conntrack and director.conntrack.value and method.value is not NAT:
        message = f"`conntrack on` breaks the service {service.name.value}: the director sees one direction of it only"
        help_ = (
            f"conntrack takes a client's second packet for invalid; leave it off, or use NAT in line {method.span.line}"
        )
        yield Problem(CODE, message, director.conntrack.span, help=help_)


def _port(service: Service, destination: Destination) -> Iterator[Problem]:
    port = destination.port
    if port and port.value != service.port.value and service.method.value is not NAT:
        message = (
            f"{service.method.value.name} leaves the port as it is: {port.value} can't stand for {service.port.value}"
        )
        yield Problem(CODE, message, port.span, help="use `method nat`, or the port of the service")


def _way(director: Director, service: Service, destination: Destination, server: RealServer) -> Iterator[Problem]:
    method = service.method.value
    name, address, span = server.name.value, server.address.value, destination.server.span
    hop = way(director, address, default=method is TUN)
    if hop is None:
        message = f"director {director.name.value} has no way to {name} ({address})"
        help_ = "expected its network on an inside interface, or a `route` to it"
        yield Problem(CODE, message, span, help=help_)
    elif method is DR and hop.gateway:
        message = (
            f"{name} ({address}) is behind the gateway {hop.gateway}: DR reaches real servers on its own networks only"
        )
        yield Problem(
            CODE,
            message,
            span,
            help="the packet keeps the virtual address, a router would send it back; use `method tun`",
        )
    elif method is not TUN and not hop.interface.inside:
        message = f"{name} ({address}) is behind {hop.interface.name.value}, whose role is outside"
        yield Problem(CODE, message, span, help="say `role both` when clients and real servers share an interface")


def _gateway(cluster: Cluster, service: Service, server: RealServer) -> Iterator[Problem]:
    director, method = cluster.director, service.method.value
    name = server.name.value
    own = {address.value.ip for interface in director.interfaces for address in interface.addresses}
    gateway = gateway_of(cluster, server)
    place = (server.gateway or server.name).span
    if gateway is None and method is NAT:
        message = f"{name} has no gateway: expected the router that leads its answers to director {director.name.value}"
        yield Problem(CODE, message, place)
    elif gateway is None and director.gateway:
        network = home(director, server)
        message = f"{name} has no gateway: a real server of {method.name} answers the clients itself"
        help_ = f"expected a `gateway` on {network.network if network else 'its network'} that is not the director"
        yield Problem(CODE, message, place, help=help_)
    elif gateway not in own and method is NAT and (neighbour := connected(director, server.address.value)):
        message = f"the gateway of {name} is {gateway}: its answers would not come back through the director"
        help_ = f"NAT needs `gateway {neighbour.source}`, which is also what it gets without any"
        yield Problem(CODE, message, place, help=help_)
    elif method is not NAT and gateway in own | {other.vip.value for other in cluster.services}:
        message = (
            f"the gateway of {name} is the director, which drops its answers: their source is its own virtual address"
        )
        yield Problem(
            CODE, message, place, help=f"{method.name} needs another router, so the same host can't serve NAT"
        )


def gateway_of(cluster: Cluster, server: RealServer) -> IPv4Address | None:
    """A real server's default gateway: as it was given, or the director where it serves NAT beside it."""
    if server.gateway:
        return server.gateway.value
    methods = {
        service.method.value
        for service in cluster.services
        for destination in service.destinations
        if destination.server.value == server.name.value
    }
    hop = connected(cluster.director, server.address.value)
    return hop.source if hop and NAT in methods else None
