"""The table of services while commands build it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lvsconf.model.ipvs import Endpoint, FirewallMark, RealServer, SyncDaemon, Timeouts, VirtualService

Key = Endpoint | FirewallMark
ServerKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Tables:
    """What commands leave behind. Timeouts and daemons are None where no command is about them.

    `lost` are the lines of which something that counts is not known.
    """

    services: tuple[VirtualService, ...] = ()
    timeouts: Timeouts | None = None
    daemons: tuple[SyncDaemon, ...] | None = None
    lost: frozenset[int] = frozenset()


@dataclass(slots=True)
class OpenService:
    """A service that still gets real servers."""

    service: VirtualService
    servers: dict[ServerKey, RealServer] = field(default_factory=dict)

    def closed(self) -> VirtualService:
        """The finished service."""
        return replace(self.service, servers=tuple(self.servers.values()))


def server_key(server: RealServer) -> ServerKey:
    """What makes two real servers of one service the same to the kernel: address and port."""
    return str(server.address), server.port


def family_of(key: Key) -> int:
    """4 or 6."""
    return key.family if isinstance(key, FirewallMark) else key.address.version


def service_name(key: Key) -> str:
    """How people write it."""
    return VirtualService(key).name
