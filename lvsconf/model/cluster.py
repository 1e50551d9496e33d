"""A cluster as its file describes it: one director, its real servers and its services.

Every value that a check may later complain about is `Placed`: it knows where it was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Generic, TypeVar

from lvsconf.model.ipvs import ForwardingMethod
from lvsconf.source import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """A value and where it stands in the cluster file."""

    value: T
    span: Span


class InterfaceRole(Enum):
    """Which way an interface of the director looks: to the clients, to the real servers, or to both."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface of the director."""

    name: Placed[str]
    addresses: tuple[Placed[IPv4Interface], ...]
    role: InterfaceRole

    @property
    def outside(self) -> bool:
        """Whether clients come in here."""
        return self.role is not InterfaceRole.INSIDE

    @property
    def inside(self) -> bool:
        """Whether real servers are reached through here."""
        return self.role is not InterfaceRole.OUTSIDE


@dataclass(frozen=True, slots=True)
class Route:
    """A static route of the director."""

    destination: Placed[IPv4Network]
    gateway: Placed[IPv4Address]


@dataclass(frozen=True, slots=True)
class Allow:
    """A port of the host itself that is open, to everyone when `sources` is empty."""

    proto: int
    port: int
    sources: tuple[IPv4Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Policies:
    """What the filter chains do with a packet that no rule takes."""

    input: str = "DROP"
    forward: str = "DROP"
    output: str = "DROP"


@dataclass(frozen=True, slots=True)
class Director:
    """The host that owns the virtual addresses."""

    name: Placed[str]
    interfaces: tuple[Interface, ...]
    gateway: Placed[IPv4Address] | None = None
    routes: tuple[Route, ...] = ()
    allows: tuple[Allow, ...] = ()
    policies: Policies = Policies()
    conntrack: Placed[bool] | None = None


@dataclass(frozen=True, slots=True)
class RealServer:
    """A host that does the work. Without a prefix length its address is on a network of the director."""

    name: Placed[str]
    address: Placed[IPv4Address]
    prefix: int | None = None
    interface: str = "eth0"
    gateway: Placed[IPv4Address] | None = None
    allows: tuple[Allow, ...] = ()
    policies: Policies = Policies()


@dataclass(frozen=True, slots=True)
class Destination:
    """A real server in a service. Without a port it is the service's own."""

    server: Placed[str]
    port: Placed[int] | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Persistence:
    """How long, in seconds, and how widely a client stays with its real server."""

    timeout: int
    prefix: int = 32


@dataclass(frozen=True, slots=True)
class Service:
    """A virtual service: what clients connect to and who answers."""

    name: Placed[str]
    vip: Placed[IPv4Address]
    proto: int
    port: Placed[int]
    method: Placed[ForwardingMethod]
    destinations: tuple[Destination, ...]
    scheduler: str = "wlc"
    persistence: Persistence | None = None
    one_packet: Placed[bool] | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """The whole file."""

    name: Placed[str]
    director: Director
    servers: tuple[RealServer, ...]
    services: tuple[Service, ...]
