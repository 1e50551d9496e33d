"""What a VRRP daemon is configured to do with addresses."""

from __future__ import annotations

from dataclasses import dataclass

from lvsconf.model.addresses import InterfaceAddress
from lvsconf.source import Span


@dataclass(frozen=True, slots=True)
class VirtualAddress:
    """An address that a daemon adds. `device` None: nothing says which interface.

    `excluded` addresses are added as well, but are not in the advertisements.
    """

    address: InterfaceAddress
    device: str | None = None
    label: str | None = None
    excluded: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class VrrpInstance:
    """One virtual router. `master` is its state at the start; who becomes master is decided by an election.

    `vmac` is the name of the macvlan interface that holds the addresses, None without one.
    """

    name: str
    interface: str | None = None
    router_id: int | None = None
    master: bool = False
    priority: int = 100
    preempt: bool = True
    vmac: str | None = None
    addresses: tuple[VirtualAddress, ...] = ()
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class SyncGroup:
    """Instances that change their state together."""

    name: str
    instances: tuple[str, ...] = ()
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Vrrp:
    """All of a daemon's instances, and the addresses that it adds whatever their state."""

    instances: tuple[VrrpInstance, ...] = ()
    groups: tuple[SyncGroup, ...] = ()
    static: tuple[VirtualAddress, ...] = ()
