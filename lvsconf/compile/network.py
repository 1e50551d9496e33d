"""What the director's addresses and routes say about the way to a host."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from lvsconf.model.cluster import Director, Interface


@dataclass(frozen=True, slots=True)
class Hop:
    """The way to an address: the interface, the director's own address there and the gateway, if any."""

    interface: Interface
    source: IPv4Address
    network: IPv4Network
    gateway: IPv4Address | None = None


def connected(director: Director, address: IPv4Address) -> Hop | None:
    """The way to an address on a network of the director itself."""
    hops = [
        Hop(interface, placed.value.ip, placed.value.network)
        for interface in director.interfaces
        for placed in interface.addresses
        if address in placed.value.network
    ]
    # of two addresses in one network the kernel speaks from the first
    return max(hops, key=lambda hop: hop.network.prefixlen, default=None)


def way(director: Director, address: IPv4Address, default: bool = True) -> Hop | None:
    """The way to any address: connected, by a static route or, where that counts, by the default gateway."""
    direct = connected(director, address)
    candidates = [(direct.network.prefixlen, direct)] if direct else []
    routes = [(route.destination.value, route.gateway.value) for route in director.routes]
    if default and director.gateway:
        routes.append((IPv4Network("0.0.0.0/0"), director.gateway.value))
    for network, gateway in routes:
        towards = connected(director, gateway)
        if address in network and towards is not None:
            hop = Hop(towards.interface, towards.source, network, gateway)
            candidates.append((network.prefixlen, hop))
    return max(candidates, key=lambda candidate: candidate[0])[1] if candidates else None
