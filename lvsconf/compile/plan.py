"""A cluster with every name and every way looked up: all that the targets need, and nothing left to decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface

from lvsconf.compile.checks import methods, names, network
from lvsconf.compile.network import way
from lvsconf.findings import Problem
from lvsconf.model.cluster import (
    Allow,
    Cluster,
    Destination,
    Director,
    Interface,
    Persistence,
    Policies,
    RealServer,
    Service,
)
from lvsconf.model.ipvs import ForwardingMethod


@dataclass(frozen=True, slots=True)
class PlannedDestination:
    """One real server of a service: who, where, and by which of the director's interfaces and addresses."""

    server: str
    address: IPv4Address
    port: int
    weight: int
    interface: Interface
    source: IPv4Address


@dataclass(frozen=True, slots=True)
class PlannedService:
    """One service; its virtual address is on `interface` of the director."""

    name: str
    vip: IPv4Address
    interface: Interface
    proto: int
    port: int
    method: ForwardingMethod
    scheduler: str
    persistence: Persistence | None
    one_packet: bool
    destinations: tuple[PlannedDestination, ...]


@dataclass(frozen=True, slots=True)
class PlannedServer:
    """A real server as its host will be; `services` are those it stands in."""

    name: str
    address: IPv4Interface
    interface: str
    gateway: IPv4Address | None
    allows: tuple[Allow, ...]
    policies: Policies
    services: tuple[PlannedService, ...]

    def in_service(self, service: PlannedService) -> tuple[PlannedDestination, ...]:
        """Its own places in a service: one, or one for each of its ports."""
        return tuple(destination for destination in service.destinations if destination.server == self.name)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be built."""

    cluster: str
    director: Director
    conntrack: bool
    servers: tuple[PlannedServer, ...]
    services: tuple[PlannedService, ...]

    @property
    def vips(self) -> tuple[tuple[IPv4Address, Interface], ...]:
        """The virtual addresses in the order of the file, each once, with their interfaces."""
        return tuple({service.vip: (service.vip, service.interface) for service in self.services}.values())

    def methods(self) -> frozenset[ForwardingMethod]:
        """The forwarding methods in use."""
        return frozenset(service.method for service in self.services)


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, or the problems that keep it from being one."""

    plan: Plan | None
    problems: tuple[Problem, ...]


_STAGES = (names.check, network.check, methods.check)
"""Each looks at a cluster that the ones before it have found nothing wrong with."""


def plan(cluster: Cluster) -> Planned:
    """Check that what the cluster asks for can work, and look everything up."""
    for stage in _STAGES:
        problems = tuple(dict.fromkeys(stage(cluster)))
        if problems:
            return Planned(None, tuple(sorted(problems, key=lambda problem: problem.span)))
    return Planned(_plan(cluster), ())


def _plan(cluster: Cluster) -> Plan:
    servers = {server.name.value: server for server in cluster.servers}
    services = tuple(_service(cluster.director, servers, service) for service in cluster.services)
    return Plan(
        cluster.name.value,
        cluster.director,
        bool(cluster.director.conntrack and cluster.director.conntrack.value),
        tuple(_server(cluster, server, services) for server in cluster.servers),
        services,
    )


def _service(director: Director, servers: Mapping[str, RealServer], service: Service) -> PlannedService:
    return PlannedService(
        service.name.value,
        service.vip.value,
        _interface_of(director, service.vip.value),
        service.proto,
        service.port.value,
        service.method.value,
        service.scheduler,
        service.persistence,
        service.one_packet is not None,
        tuple(
            _destination(director, servers[destination.server.value], destination, service)
            for destination in service.destinations
        ),
    )


def _interface_of(director: Director, vip: IPv4Address) -> Interface:
    """Where a virtual address goes: on its own network, else where routers send it, else the first outside one."""
    hop = way(director, vip)
    if hop and hop.interface.outside:
        return hop.interface
    return next(interface for interface in director.interfaces if interface.outside)


def _destination(
    director: Director, server: RealServer, destination: Destination, service: Service
) -> PlannedDestination:
    hop = way(director, server.address.value)
    assert hop is not None  # noqa: S101 - methods.check has refused everything else
    port = (destination.port or service.port).value
    return PlannedDestination(
        server.name.value, server.address.value, port, destination.weight, hop.interface, hop.source
    )


def _server(cluster: Cluster, server: RealServer, services: tuple[PlannedService, ...]) -> PlannedServer:
    home = network.home(cluster.director, server)
    assert home is not None  # noqa: S101 - network.check has refused everything else
    return PlannedServer(
        server.name.value,
        home,
        server.interface,
        methods.gateway_of(cluster, server),
        server.allows,
        server.policies,
        tuple(
            service
            for service in services
            if any(destination.server == server.name.value for destination in service.destinations)
        ),
    )
