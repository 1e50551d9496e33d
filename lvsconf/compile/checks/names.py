"""Names and addresses: each stands for one thing, and each that is used exists."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from difflib import get_close_matches
from ipaddress import IPv4Address

from lvsconf.findings import Problem
from lvsconf.model.cluster import Cluster, Service
from lvsconf.source import Span

CODE = "LVS502"


def check(cluster: Cluster) -> Iterator[Problem]:
    """Everything that has two meanings or none."""
    hosts = [cluster.director.name, *(server.name for server in cluster.servers)]
    yield from _once((f"the host {name.value}", name.value, name.span) for name in hosts)
    yield from _once(
        (f"the service {service.name.value}", service.name.value, service.name.span) for service in cluster.services
    )
    yield from _once(
        (f"the interface {interface.name.value}", interface.name.value, interface.name.span)
        for interface in cluster.director.interfaces
    )
    yield from _once(
        (_endpoint(service), (service.proto, service.vip.value, service.port.value), service.port.span)
        for service in cluster.services
    )
    yield from _once(
        (f"the route to {route.destination.value}", route.destination.value, route.destination.span)
        for route in cluster.director.routes
    )
    yield from _addresses(cluster)
    for service in cluster.services:
        yield from _destinations(cluster, service)


def _endpoint(service: Service) -> str:
    proto = {6: "tcp", 17: "udp"}[service.proto]
    return f"{proto} {service.vip.value}:{service.port.value}"


def _once(uses: Iterable[tuple[str, Hashable, Span]]) -> Iterator[Problem]:
    first: dict[Hashable, Span] = {}
    for what, key, span in uses:
        if key in first:
            yield Problem(CODE, f"{what} is already defined in line {first[key].line}", span)
        first.setdefault(key, span)


def _addresses(cluster: Cluster) -> Iterator[Problem]:
    director = cluster.director
    owners: dict[IPv4Address, tuple[str, Span]] = {}
    uses = [
        *(
            (director.name.value, address.value.ip, address.span)
            for interface in director.interfaces
            for address in interface.addresses
        ),
        *((server.name.value, server.address.value, server.address.span) for server in cluster.servers),
    ]
    for owner, address, span in uses:
        if address in owners:
            other, where = owners[address]
            yield Problem(CODE, f"{address} is already an address of {other}, in line {where.line}", span)
        owners.setdefault(address, (owner, span))
    for service in cluster.services:
        if service.vip.value in owners:
            other, where = owners[service.vip.value]
            message = f"the virtual address {service.vip.value} is already an address of {other}, in line {where.line}"
            yield Problem(CODE, message, service.vip.span, help="a virtual address belongs to no host")


def _destinations(cluster: Cluster, service: Service) -> Iterator[Problem]:
    servers = [server.name.value for server in cluster.servers]
    taken: dict[tuple[str, int], Span] = {}
    for destination in service.destinations:
        name = destination.server.value
        span = destination.server.span
        if name == cluster.director.name.value:
            yield Problem(CODE, f"{name} is the director: it can't be a real server of its own yet", span)
        elif name not in servers:
            close = get_close_matches(name, servers, 1)
            known = f"expected {', '.join(servers)}" if servers else "the cluster has none"
            help_ = f"did you mean `{close[0]}`?" if close else ""
            yield Problem(CODE, f"there is no real server {name}: {known}", span, help=help_)
        key = (name, (destination.port or service.port).value)
        if key in taken:
            yield Problem(CODE, f"{name}:{key[1]} is already in the service {service.name.value}", span)
        taken.setdefault(key, span)
