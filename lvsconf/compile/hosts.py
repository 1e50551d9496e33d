"""What a host looks like from its own side once the scripts have run: devices, addresses and routes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from lvsconf.compile.firewall import TUNNEL, vips
from lvsconf.compile.plan import Plan, PlannedServer
from lvsconf.model.ipvs import ForwardingMethod


@dataclass(frozen=True, slots=True)
class Device:
    """A network device. `own` addresses are the host's, `added` ones come with the cluster."""

    name: str
    own: tuple[IPv4Interface, ...] = ()
    added: tuple[IPv4Interface, ...] = ()

    @property
    def addresses(self) -> tuple[IPv4Interface, ...]:
        """All of them, in the order of adding."""
        return self.own + self.added


@dataclass(frozen=True, slots=True)
class Via:
    """A route by a gateway."""

    destination: IPv4Network
    gateway: IPv4Address
    device: str


@dataclass(frozen=True, slots=True)
class Host:
    """One host of the cluster."""

    name: str
    devices: tuple[Device, ...]
    routes: tuple[Via, ...]

    @property
    def added(self) -> tuple[tuple[IPv4Interface, str], ...]:
        """The addresses that come with the cluster, and their devices."""
        return tuple((address, device.name) for device in self.devices for address in device.added)


_LOOPBACK = IPv4Interface("127.0.0.1/8")
_EVERYWHERE = IPv4Network((0, 0))


def director(plan: Plan) -> Host:
    """The director, with its virtual addresses."""
    devices = [Device("lo", (_LOOPBACK,))]
    for interface in plan.director.interfaces:
        own = tuple(address.value for address in interface.addresses)
        added = tuple(IPv4Interface((vip, 32)) for vip, at in plan.vips if at is interface)
        devices.append(Device(interface.name.value, own, added))
    return Host(plan.director.name.value, tuple(devices), tuple(_director_routes(plan, devices)))


def _director_routes(plan: Plan, devices: list[Device]) -> Iterator[Via]:
    found = plan.director
    routes = [(_EVERYWHERE, found.gateway.value)] if found.gateway else []
    routes += [(route.destination.value, route.gateway.value) for route in found.routes]
    for destination, gateway in routes:
        (device,) = {
            device.name for device in devices for address in device.own if gateway in address.network
        }  # networks of two devices don't overlap
        yield Via(destination, gateway, device)


def realserver(server: PlannedServer) -> Host:
    """A real server. It has the virtual addresses of DR on lo and those of TUN where the tunnel ends."""
    direct = vips(server, ForwardingMethod.DR)
    tunnelled = [vip for vip in vips(server, ForwardingMethod.TUN) if vip not in direct]
    devices = [
        Device("lo", (_LOOPBACK,), tuple(IPv4Interface((vip, 32)) for vip in direct)),
        Device(server.interface, (server.address,)),
    ]
    if any(service.method is ForwardingMethod.TUN for service in server.services):
        devices.append(Device(TUNNEL, (), tuple(IPv4Interface((vip, 32)) for vip in tunnelled)))
    routes = (Via(_EVERYWHERE, server.gateway, server.interface),) if server.gateway else ()
    return Host(server.name, tuple(devices), routes)
