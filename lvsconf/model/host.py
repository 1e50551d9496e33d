"""One host: what is known of it. None means unknown, an empty value means known to be empty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase

from lvsconf.model.addresses import InterfaceAddress as InterfaceAddress
from lvsconf.model.addresses import Network as Network
from lvsconf.model.ipset import IpSet
from lvsconf.model.ipvs import Address, SyncDaemon, Timeouts, VirtualService
from lvsconf.model.netfilter import Ruleset
from lvsconf.model.statements import Statement
from lvsconf.model.vrrp import Vrrp
from lvsconf.source import Span


class Role(Enum):
    """What the host is for. A backup director has no VIP."""

    MASTER = "master"
    BACKUP = "backup"
    REALSERVER = "realserver"


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface as `ip -j address` lists it. `addresses` keep their prefix length.

    `deprecated` are those of them that are not to be chosen as a source, `group` is None for one that is known by name
    only, `master` the bridge or bond that it is a port of, `broadcasts` what its neighbours send to everybody.
    """

    name: str
    index: int
    up: bool = True
    mtu: int = 1500
    flags: tuple[str, ...] = ()
    addresses: tuple[InterfaceAddress, ...] = ()
    deprecated: frozenset[InterfaceAddress] = frozenset()
    group: int | None = 0
    master: str | None = None
    broadcasts: tuple[Address, ...] = ()
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `kind` is unicast, local, broadcast, blackhole, prohibit, unreachable, …

    `realm` is what ip prints of it, `onlink` whether the gateway counts as on the link whatever the addresses say.
    """

    destination: Network
    table: str = "main"
    kind: str = "unicast"
    device: str | None = None
    gateway: Address | None = None
    source: Address | None = None
    metric: int = 0
    realm: str | None = None
    onlink: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """One policy rule. `mark` is (value, mask). None leaves a selector open."""

    priority: int
    table: str
    source: Network | None = None
    destination: Network | None = None
    mark: tuple[int, int] | None = None
    iif: str | None = None
    oif: str | None = None
    inverted: bool = False
    action: str = "lookup"
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of one sysctl key as text, and where it is set."""

    value: str
    span: Span | None = None


class Sysctl(Mapping[str, Setting]):
    """Settings by key as `sysctl -a` prints it. A key that is not set itself has the value of the last pattern for it.

    `patterns` are keys with glob(7)'s wildcards, none of which spans a dot; `excluded` are keys that they leave out.
    """

    def __init__(
        self,
        settings: Mapping[str, Setting],
        patterns: Mapping[str, Setting] | None = None,
        excluded: Iterable[str] = (),
    ) -> None:
        self._settings = dict(settings)
        self.patterns = dict(patterns or {})
        self.excluded = frozenset(excluded)

    def __getitem__(self, key: str) -> Setting:
        found = self._settings.get(key)
        if found is None and key not in self.excluded:
            parts = key.split(".")
            found = next(
                (setting for pattern, setting in reversed(self.patterns.items()) if _matches(parts, pattern)), None
            )
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)


def _matches(parts: list[str], pattern: str) -> bool:
    wanted = pattern.split(".")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


@dataclass(frozen=True, slots=True)
class Socket:
    """A listening socket; `address` None is the wildcard."""

    proto: int
    address: Address | None
    port: int
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """Everything the input says about one host. Routes hold all tables of both families."""

    name: str
    rules: Mapping[int, Ruleset] = field(default_factory=dict)
    """By family, 4 and 6; a missing family is unknown."""
    services: tuple[VirtualService, ...] | None = None
    interfaces: tuple[Interface, ...] | None = None
    routes: Mapping[int, tuple[Route, ...]] = field(default_factory=dict)
    routing_rules: Mapping[int, tuple[RoutingRule, ...]] = field(default_factory=dict)
    sets: Mapping[str, IpSet] | None = None
    """By name."""
    sysctl: Sysctl | None = None
    sockets: tuple[Socket, ...] | None = None
    kernel: str | None = None
    role: Role | None = None
    timeouts: Timeouts | None = None
    daemons: tuple[SyncDaemon, ...] | None = None
    modules: frozenset[str] | None = None
    """Of the kernel, by name; None is unknown."""
    vrrp: Vrrp | None = None
    statements: tuple[Statement, ...] = ()
    """What must get through it and what must not, as far as that is said of this host."""
