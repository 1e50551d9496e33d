"""Which packets a director and a real server let through, chain by chain.

A director sees the packets of its services in states that surprise: with `vs/conntrack` off no entry is ever
confirmed, so a FIN and a RST are INVALID, the SYN is UNTRACKED after IPVS and a NAT real server's SYN+ACK is INVALID in
FORWARD. What belongs to a service is therefore matched by address and port alone, before any rule that looks at states.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from lvsconf.compile.plan import Plan, PlannedDestination, PlannedServer, PlannedService
from lvsconf.compile.rules import ICMP, IPENCAP, TCP, Rule, Table
from lvsconf.model.cluster import Allow, Policies
from lvsconf.model.ipvs import ForwardingMethod

NAT, DR, TUN = ForwardingMethod.NAT, ForwardingMethod.DR, ForwardingMethod.TUN

_ERRORS = (3, 11)
"""Destination unreachable (with it the path's MTU) and time exceeded: IPVS passes them on, conntrack knows no flow."""

_ECHO = 8

_OWN_OUT = "NEW,RELATED,ESTABLISHED"
_OWN_IN = "RELATED,ESTABLISHED"

TUNNEL = "tunl0"
"""Where the kernel delivers the packets of every IPIP tunnel that has no device of its own."""

_TUNNEL_MSS = 1500 - 20 - 40
"""What fits into an Ethernet frame beside the outer header and those of IP and TCP."""


def director(plan: Plan) -> tuple[Table, ...]:
    """The tables of the director."""
    rules = (*_director_input(plan), *_director_forward(plan), *_director_output(plan))
    return (_filter(plan.director.policies, rules),)


def realserver(server: PlannedServer) -> tuple[Table, ...]:
    """The tables of a real server."""
    tables = (_filter(server.policies, (*_server_input(server), *_server_output(server))),)
    clamps = tuple(_clamps(server))
    return (*tables, Table("mangle", {}, clamps)) if clamps else tables


def _filter(policies: Policies, rules: tuple[Rule, ...]) -> Table:
    chains = {"INPUT": policies.input, "FORWARD": policies.forward, "OUTPUT": policies.output}
    return Table("filter", chains, tuple(dict.fromkeys(rules)))


# ---- the director -------------------------------------------------------------------------------------------------


def _director_input(plan: Plan) -> Iterator[Rule]:
    yield Rule("INPUT", iif="lo")
    yield from _icmp_in()
    for service in plan.services:
        for interface in (found for found in plan.director.interfaces if found.outside):
            device = interface.name.value
            for network in _neighbours(plan, service, device):
                # Their answers would go straight to such a client, from an address that it never asked.
                yield _to_vip(service, device, verdict="DROP", source=network)
            yield _to_vip(service, device)
    yield from _closed(vip for vip, _ in plan.vips)
    yield from _own_in(plan.director.allows)


def _to_vip(service: PlannedService, device: str, **more: object) -> Rule:
    values = {"destination": service.vip, "iif": device, "proto": service.proto, "dport": service.port, **more}
    return Rule("INPUT", **values)  # type: ignore[arg-type]


def _neighbours(plan: Plan, service: PlannedService, device: str) -> list[IPv4Network]:
    """The real servers' networks behind the interface that clients come in by: one-armed NAT can't serve these."""
    if service.method is not NAT:
        return []
    networks = {server.name: server.address.network for server in plan.servers}
    return list(
        dict.fromkeys(
            networks[destination.server]
            for destination in service.destinations
            if destination.interface.name.value == device
        )
    )


def _director_forward(plan: Plan) -> Iterator[Rule]:
    """The answers of NAT real servers, seen before IPVS gives them back the virtual address."""
    ways = dict.fromkeys(
        (service, destination, outside.name.value)
        for service in plan.services
        if service.method is NAT
        for destination in service.destinations
        for outside in plan.director.interfaces
        if outside.outside
    )
    for service, destination, outside in ways:
        inside = destination.interface.name.value
        if plan.conntrack:
            yield Rule("FORWARD", iif=inside, oif=outside, states=_OWN_IN)
            continue
        yield Rule(
            "FORWARD",
            source=destination.address,
            iif=inside,
            oif=outside,
            proto=service.proto,
            sport=destination.port,
            # an answer is never a bare SYN: a real server may not open connections from its service's port
            no_flags="FIN,SYN,RST,ACK SYN" if service.proto == TCP else None,
        )
    for inside, outside in dict.fromkeys((destination.interface.name.value, out) for _, destination, out in ways):
        if not plan.conntrack:
            yield from (Rule("FORWARD", iif=inside, oif=outside, proto=ICMP, icmp_type=kind) for kind in _ERRORS)


def _director_output(plan: Plan) -> Iterator[Rule]:
    yield Rule("OUTPUT", oif="lo")
    yield Rule("OUTPUT", proto=ICMP)
    for service in plan.services:
        for destination in service.destinations:
            yield _forwarded(service, destination)
    for service in plan.services:
        yield from _resets(service.vip, service.proto, service.port)
    yield Rule("OUTPUT", states=_OWN_OUT)


def _forwarded(service: PlannedService, destination: PlannedDestination) -> Rule:
    """What a request looks like in OUTPUT, where IPVS sends it through: the method decides the addresses."""
    rule = Rule("OUTPUT", oif=destination.interface.name.value)
    return {
        NAT: replace(rule, destination=destination.address, proto=service.proto, dport=destination.port),
        DR: replace(rule, destination=service.vip, proto=service.proto, dport=service.port),
        TUN: replace(rule, destination=destination.address, proto=IPENCAP),
    }[service.method]


# ---- real servers -------------------------------------------------------------------------------------------------


def _server_input(server: PlannedServer) -> Iterator[Rule]:
    yield Rule("INPUT", iif="lo")
    yield from _icmp_in()
    for service in server.services:
        for destination in server.in_service(service):
            own, device = server.address.ip, server.interface
            check = Rule("INPUT", source=destination.source, destination=own, iif=device)
            if service.method is TUN:
                yield replace(check, proto=IPENCAP)
            if service.method is NAT:
                yield Rule("INPUT", destination=own, iif=device, proto=service.proto, dport=destination.port)
            else:
                arrives = TUNNEL if service.method is TUN else device
                yield Rule("INPUT", destination=service.vip, iif=arrives, proto=service.proto, dport=service.port)
                # the director asks the real server's own address whether it is well
                yield replace(check, proto=service.proto, dport=service.port)
    yield from _closed(vips(server, DR, TUN))
    yield from _own_in(server.allows)


def _server_output(server: PlannedServer) -> Iterator[Rule]:
    yield Rule("OUTPUT", oif="lo")
    yield Rule("OUTPUT", proto=ICMP)
    for service in server.services:
        for destination in server.in_service(service):
            address = server.address.ip if service.method is NAT else service.vip
            yield from _resets(address, service.proto, destination.port)
    yield Rule("OUTPUT", states=_OWN_OUT)


def _clamps(server: PlannedServer) -> Iterator[Rule]:
    """A SYN+ACK that asks for segments that fit the tunnel: the client's uploads come through it, the answers don't."""
    for service in server.services:
        if service.method is TUN and service.proto == TCP:
            yield Rule(
                "POSTROUTING",
                "TCPMSS",
                source=service.vip,
                proto=TCP,
                sport=service.port,
                flags="SYN,RST SYN",
                mss=_TUNNEL_MSS,
            )


def vips(server: PlannedServer, *methods: ForwardingMethod) -> tuple[IPv4Address, ...]:
    """The virtual addresses that a real server is reached at by these methods."""
    return tuple(dict.fromkeys(service.vip for service in server.services if service.method in methods))


# ---- both -----------------------------------------------------------------------------------------------------------


def _icmp_in() -> Iterator[Rule]:
    for kind in sorted((*_ERRORS, _ECHO)):
        yield Rule("INPUT", proto=ICMP, icmp_type=kind)


def _closed(addresses: Iterable[IPv4Address]) -> Iterator[Rule]:
    """A virtual address has its services and nothing else, whatever the host allows for itself."""
    for address in addresses:
        yield Rule("INPUT", "DROP", destination=address)


def _own_in(allows: tuple[Allow, ...]) -> Iterator[Rule]:
    yield Rule("INPUT", states=_OWN_IN)
    for allow in allows:
        for source in allow.sources or (None,):
            yield Rule("INPUT", source=source, proto=allow.proto, dport=allow.port, states="NEW")


def _resets(address: IPv4Address, proto: int, port: int) -> Iterator[Rule]:
    """The host's answer to a FIN of a connection that it doesn't know: conntrack calls it INVALID, like the FIN."""
    if proto == TCP:
        yield Rule("OUTPUT", source=address, proto=TCP, sport=port, flags="RST RST")
