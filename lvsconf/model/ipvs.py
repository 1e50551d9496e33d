"""The IPVS tables: virtual services and their real servers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv6Address

from lvsconf.source import Span

Address = IPv4Address | IPv6Address


class ForwardingMethod(Enum):
    """How a packet reaches its real server; the values are ipvsadm's letters."""

    NAT = "m"
    DR = "g"
    TUN = "i"

    @property
    def listing(self) -> str:
        """The word `ipvsadm -Ln` prints."""
        return {"m": "Masq", "g": "Route", "i": "Tunnel"}[self.value]


@dataclass(frozen=True, slots=True)
class FirewallMark:
    """A service selected by skb->mark instead of an address."""

    mark: int
    family: int = 4


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A service selected by protocol (6 TCP, 17 UDP, 132 SCTP), address and port; port 0 is every port."""

    proto: int
    address: Address
    port: int


@dataclass(frozen=True, slots=True)
class Timeouts:
    """`ipvsadm --set`, in seconds: an idle TCP connection, one after a FIN, UDP. 0 is the kernel's default."""

    tcp: int = 0
    tcp_fin: int = 0
    udp: int = 0


@dataclass(frozen=True, slots=True)
class SyncDaemon:
    """A connection synchronisation daemon; `state` is master or backup. None, and 0, are the kernel's default."""

    state: str
    interface: str = "eth0"
    syncid: int = 0
    maxlen: int = 0
    group: Address | None = None
    port: int = 0
    ttl: int = 0
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class RealServer:
    """One destination of a service. Port 0 keeps the packet's port. Thresholds: 0 is none.

    `inhibit` is keepalived's inhibit_on_failure: a failed server stays in the table with weight 0.
    """

    address: Address
    port: int
    method: ForwardingMethod
    weight: int = 1
    upper: int = 0
    lower: int = 0
    tunnel: str = "ipip"
    tunnel_port: int | None = None
    tunnel_checksum: str | None = None
    inhibit: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class VirtualService:
    """One service. `persistent` is the timeout in seconds, None when it is not persistent.

    `sorry` is the server that a daemon puts into the table while no real server is up; it is none of `servers`.
    """

    key: Endpoint | FirewallMark
    scheduler: str = "wlc"
    persistent: int | None = None
    netmask: int | None = None
    one_packet: bool = False
    engine: str | None = None
    flags: tuple[str, ...] = ()
    servers: tuple[RealServer, ...] = ()
    sorry: RealServer | None = None
    span: Span | None = None

    @property
    def proto(self) -> int | None:
        """The IP protocol, None for a firewall mark."""
        return self.key.proto if isinstance(self.key, Endpoint) else None

    @property
    def name(self) -> str:
        """How people write it: `tcp 192.0.2.100:80`, `mark 1`."""
        if isinstance(self.key, FirewallMark):
            return f"mark {self.key.mark}"
        proto = {6: "tcp", 17: "udp", 132: "sctp"}.get(self.key.proto, str(self.key.proto))
        host = f"[{self.key.address}]" if self.key.address.version == 6 else str(self.key.address)
        return f"{proto} {host}:{self.key.port}"
