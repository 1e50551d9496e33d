"""A host's devices and routes as `ip -j address`, `ip -j route show table all` and `ip -j rule` list them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Interface, IPv4Network
from typing import Any

from lvsconf.compile.firewall import TUNNEL
from lvsconf.compile.hosts import Device, Host, Via

_FOREVER = 4294967295

_KINDS: dict[str, dict[str, Any]] = {
    "lo": {"flags": ["LOOPBACK", "UP", "LOWER_UP"], "mtu": 65536, "operstate": "UNKNOWN", "link_type": "loopback"},
    TUNNEL: {"flags": ["NOARP", "UP", "LOWER_UP"], "mtu": 1480, "operstate": "UNKNOWN", "link_type": "ipip"},
}
_ETHERNET: dict[str, Any] = {
    "flags": ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
    "mtu": 1500,
    "operstate": "UP",
    "link_type": "ether",
}


def files(host: Host) -> dict[str, str]:
    """The three files of a snapshot."""
    rules = [("local", 0), ("main", 32766), ("default", 32767)]
    return {
        "ip-address.json": _listing(_link(index, device) for index, device in enumerate(host.devices, 1)),
        "ip-route.json": _listing([*_main(host), *_local(host)]),
        "ip-rule.json": _listing({"priority": priority, "src": "all", "table": table} for table, priority in rules),
    }


def _listing(entries: Iterable[dict[str, Any]]) -> str:
    # one entry a line, for people who compare two versions
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    return f"[\n{lines}\n]\n"


def _link(index: int, device: Device) -> dict[str, Any]:
    addresses = [_address(device.name, address) for address in device.addresses]
    return {"ifindex": index, "ifname": device.name, **_KINDS.get(device.name, _ETHERNET), "addr_info": addresses}


def _address(device: str, address: IPv4Interface) -> dict[str, Any]:
    broadcast = {"broadcast": str(address.network.broadcast_address)} if _has_broadcast(device, address) else {}
    return {
        "family": "inet",
        "local": str(address.ip),
        "prefixlen": address.network.prefixlen,
        **broadcast,
        "scope": "host" if address.ip.is_loopback else "global",
        "label": device,
        "valid_life_time": _FOREVER,
        "preferred_life_time": _FOREVER,
    }


def _has_broadcast(device: str, address: IPv4Interface) -> bool:
    return device != "lo" and address.network.prefixlen < 31


def _main(host: Host) -> list[dict[str, Any]]:
    routes: list[tuple[IPv4Network, dict[str, Any]]] = [(via.destination, _via(via)) for via in host.routes]
    for device in host.devices:
        for network, address in _networks(device):
            if not address.ip.is_loopback:
                routes.append((network, _kernel(_destination(network), device.name, address, "link")))
    return [entry for _, entry in sorted(routes, key=lambda route: route[0])]


def _networks(device: Device) -> Iterator[tuple[IPv4Network, IPv4Interface]]:
    """The networks that the kernel has a route to by itself, each with its first address; a lone address has none."""
    networks = {address.network: address for address in reversed(device.addresses) if address.network.prefixlen < 32}
    yield from networks.items()


def _via(via: Via) -> dict[str, Any]:
    return {"dst": _destination(via.destination), "gateway": str(via.gateway), "dev": via.device, "flags": []}


def _destination(network: IPv4Network) -> str:
    if network.prefixlen == 0:
        return "default"
    return str(network.network_address) if network.prefixlen == 32 else str(network)


def _kernel(destination: str, device: str, address: IPv4Interface, scope: str) -> dict[str, Any]:
    own = {"protocol": "kernel", "scope": scope, "prefsrc": str(address.ip), "flags": []}
    return {"dst": destination, "dev": device, **own}


def _local(host: Host) -> list[dict[str, Any]]:
    """The local table: every address of the host, and the broadcast address of every network."""
    routes: list[tuple[IPv4Network, dict[str, Any]]] = []
    for device in host.devices:
        for address in device.addresses:
            primary = _primary(device, address)
            routes.append((IPv4Network(address.ip), _typed("local", str(address.ip), device, primary, "host")))
            if address.ip.is_loopback:
                routes.append((address.network, _typed("local", str(address.network), device, primary, "host")))
        for network, address in _networks(device):
            if network.prefixlen < 31:
                end = network.broadcast_address
                routes.append((IPv4Network(end), _typed("broadcast", str(end), device, address, "link")))
    return [entry for _, entry in sorted(routes, key=lambda route: route[0])]


def _primary(device: Device, address: IPv4Interface) -> IPv4Interface:
    """The first address in the same network: the kernel speaks from it for the others too."""
    return next(other for other in device.addresses if other.network == address.network)


def _typed(kind: str, destination: str, device: Device, address: IPv4Interface, scope: str) -> dict[str, Any]:
    found = _kernel(destination, device.name, address, scope)
    return {"type": kind, "dst": destination, "dev": device.name, "table": "local", **found}
