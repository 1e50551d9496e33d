"""Interfaces, networks and gateways: every address has one place, and packets have a way."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import combinations

from lvsconf.compile.network import connected
from lvsconf.findings import Problem
from lvsconf.model.cluster import Cluster, Director, Placed, RealServer, Service

CODE = "LVS504"


def check(cluster: Cluster) -> Iterator[Problem]:
    """Everything that has no way to go, or two."""
    yield from _interfaces(cluster.director)
    yield from _gateways(cluster.director)
    yield from _routes(cluster.director)
    for server in cluster.servers:
        yield from _realserver(cluster, server)
    for service in cluster.services:
        yield from _vip(cluster.director, service)


def _interfaces(director: Director) -> Iterator[Problem]:
    if not any(interface.outside for interface in director.interfaces):
        message = f"director {director.name.value} has no interface for clients"
        yield Problem(CODE, message, director.name.span, help="expected one with `role outside` or `role both`")
    for one, other in combinations(director.interfaces, 2):
        for address in other.addresses:
            mine = [mine for mine in one.addresses if mine.value.network.overlaps(address.value.network)]
            if mine:
                first = f"{mine[0].value.network} on {one.name.value}"
                message = f"{address.value.network} on {other.name.value} overlaps {first}"
                yield Problem(CODE, message, address.span, help="the kernel would use one interface for both")


def _gateways(director: Director) -> Iterator[Problem]:
    own = {address.value.ip for interface in director.interfaces for address in interface.addresses}
    for gateway in _routers(director):
        if gateway.value in own:
            yield Problem(CODE, f"the gateway {gateway.value} is the director itself", gateway.span)
        elif connected(director, gateway.value) is None:
            message = f"the gateway {gateway.value} is on no network of director {director.name.value}"
            yield Problem(CODE, message, gateway.span, help=f"its networks are {_networks(director)}")
    hop = connected(director, director.gateway.value) if director.gateway else None
    if director.gateway and hop and not hop.interface.outside:
        message = f"the default gateway {director.gateway.value} is behind {hop.interface.name.value}, which is inside"
        yield Problem(
            CODE,
            message,
            director.gateway.span,
            help="clients come in by the interface that the way back to them leaves by",
        )


def _routes(director: Director) -> Iterator[Problem]:
    own = {address.value.network for interface in director.interfaces for address in interface.addresses}
    for route in director.routes:
        destination, span = route.destination.value, route.destination.span
        if destination.prefixlen == 0:
            yield Problem(CODE, "a route to everywhere", span, help=f"write `gateway {route.gateway.value}`")
        elif any(destination.subnet_of(network) for network in own):
            message = f"the route to {destination} would lead away from a network of director {director.name.value}"
            yield Problem(CODE, message, span, help=f"its networks are {_networks(director)}")


def _routers(director: Director) -> list[Placed[IPv4Address]]:
    routers = [route.gateway for route in director.routes]
    return [*routers, director.gateway] if director.gateway else routers


def _realserver(cluster: Cluster, server: RealServer) -> Iterator[Problem]:
    name = server.name.value
    network = home(cluster.director, server)
    if network is None:
        address, known = server.address.value, _networks(cluster.director)
        message = f"{address} is on no network of director {cluster.director.name.value}: expected its length too"
        help_ = f"write `address {address}/24` with the right length, or mend the address: the networks are {known}"
        yield Problem(CODE, message, server.address.span, help=help_)
    elif _is_end(server.address.value, network.network):
        yield Problem(
            CODE, f"{server.address.value} names the network {network.network}, not a host in it", server.address.span
        )
    elif server.gateway and server.gateway.value not in network.network:
        message = f"the gateway {server.gateway.value} of {name} is not on its network {network.network}"
        yield Problem(CODE, message, server.gateway.span)
    elif server.gateway and server.gateway.value == server.address.value:
        yield Problem(CODE, f"the gateway of {name} is {name} itself", server.gateway.span)


def home(director: Director, server: RealServer) -> IPv4Interface | None:
    """A real server's address with its network: as it was given, or as the director has it."""
    if server.prefix is not None:
        return IPv4Interface((server.address.value, server.prefix))
    hop = connected(director, server.address.value)
    return IPv4Interface((server.address.value, hop.network.prefixlen)) if hop else None


def _vip(director: Director, service: Service) -> Iterator[Problem]:
    gateways = {gateway.value: gateway.span for gateway in _routers(director)}
    if service.vip.value in gateways:
        line = gateways[service.vip.value].line
        yield Problem(CODE, f"the virtual address {service.vip.value} is a gateway's, in line {line}", service.vip.span)
    hop = connected(director, service.vip.value)
    if hop is None:
        return
    if not hop.interface.outside:
        message = (
            f"the virtual address {service.vip.value} is on the network of {hop.interface.name.value}, which is inside"
        )
        help_ = f"clients come from outside; say `role both` when they also come in by {hop.interface.name.value}"
        yield Problem(CODE, message, service.vip.span, help=help_)
    elif _is_end(service.vip.value, hop.network):
        yield Problem(CODE, f"{service.vip.value} names the network {hop.network}, not a host in it", service.vip.span)


def _is_end(address: IPv4Address, network: IPv4Network) -> bool:
    return network.prefixlen < 31 and address in (network.network_address, network.broadcast_address)


def _networks(director: Director) -> str:
    networks = {address.value.network: None for interface in director.interfaces for address in interface.addresses}
    return ", ".join(map(str, networks))
