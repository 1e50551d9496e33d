"""A virtual_server and its real servers while they are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from lvsconf.languages.keepalived.method import Method
from lvsconf.model.ipvs import Address, ForwardingMethod
from lvsconf.source import Span


@dataclass(slots=True)
class Server:
    """A real server or a sorry server while it is read."""

    address: Address
    port: int
    span: Span
    method: Method | None
    weight: int | None = None
    upper: int = 0
    lower: int = 0
    inhibit: bool | None = None

    @property
    def tunnels(self) -> bool:
        """Whether it is reached through a tunnel, as far as it is known yet."""
        return self.method is not None and self.method.method is ForwardingMethod.TUN


@dataclass(slots=True)
class Virtual:
    """A virtual_server while it is read. Of address, mark and group one is set."""

    span: Span
    address: Address | None = None
    port: int = 0
    mark: int | None = None
    group: str | None = None
    family: int | None = None
    scheduler: str | None = None
    flags: set[str] = field(default_factory=set)
    one_packet: bool = False
    method: Method | None = None
    engine: str | None = None
    persistent: int | None = None
    netmask: int | None = None
    protocol: int | None = None
    weight: int = 1
    inhibit: bool = False
    quorum: int = 1
    hysteresis: int = 0
    ha_suspend: bool = False
    sorry: Server | None = None
    servers: list[Server] = field(default_factory=list)
    complete: bool = True

    @property
    def name(self) -> str:
        """How it is called in a finding."""
        if self.group is not None:
            return f"group {self.group[:80]}"
        return f"fwmark {self.mark}" if self.address is None else f"{self.address} {self.port}"
