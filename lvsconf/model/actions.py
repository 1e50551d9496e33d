"""What targets do beyond the packet that meets them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lvsconf.model.effects import Action
from lvsconf.model.fields import Field


@dataclass(frozen=True, slots=True)
class ChangeSet(Action):
    """Add the packet's element to a set, or delete it (`-j SET`). `timeout` None is the set's own."""

    name: str
    directions: tuple[str, ...]
    family: int
    adds: bool
    exist: bool
    timeout: int | None


@dataclass(frozen=True, slots=True)
class Tee(Action):
    """A copy of the packet goes to another router (`-j TEE`), by `device` where one is named."""

    gateway: int
    device: str | None


@dataclass(frozen=True, slots=True)
class HashMark(Action):
    """A mark from a hash over the packet or its connection (`-j HMARK`); ports are (and mask, or mask)."""

    conntrack: bool
    addresses_only: bool
    source_mask: int
    destination_mask: int
    source_port: tuple[int, int]
    destination_port: tuple[int, int]
    proto_mask: int
    seed: int
    modulus: int
    offset: int


@dataclass(frozen=True, slots=True)
class ToSocket(Action):
    """Hand the packet to a transparent socket (`-j TPROXY`); 0 is the packet's own address or port."""

    address: int
    port: int
    mark: int
    mask: int


@dataclass(frozen=True, slots=True)
class SynProxy(Action):
    """Answer a SYN with a cookie, and take the ACK that brings it back (`-j SYNPROXY`)."""


@dataclass(frozen=True, slots=True)
class Copy(Action):
    """`target = (target & ~target_mask) ^ shifted(source & source_mask)` (xt_connmark.c connmark_tg_shift).

    A shift to the left is positive. Nothing happens to a packet without a conntrack entry.
    """

    source: Field
    source_mask: int
    target: Field
    target_mask: int
    shift: int = 0


class NatTo(Enum):
    """Where a translation takes the new address from."""

    RANGE = "the addresses that the rule names, or the one that the packet has"
    OUT_DEVICE = "an address of the interface by which the packet leaves"
    HOST = "an address of the host, by which the packet came in"
    NETWORK = "the same host of another network"


@dataclass(frozen=True, slots=True)
class Nat(Action):
    """Translate the packet's connection and accept (struct nf_nat_range2); the hook says which end.

    `addresses` and `ports` are what may be chosen from, both ends included, None to keep what is there; `base` shifts
    the range of ports, `random` keeps no port as it is, `persistent` gives a client the same address for every
    destination.
    """

    to: NatTo
    addresses: tuple[int, int] | None = None
    ports: tuple[int, int] | None = None
    base: int | None = None
    random: bool = False
    persistent: bool = False


@dataclass(frozen=True, slots=True)
class Track(Action):
    """Tell conntrack how to track the packet (xt_CT.c xt_ct_target).

    `zone` None is the packet's mark; it counts in the directions that are said. `timeouts` names a policy, `helper`
    what reads along.
    """

    zone: int | None = 0
    original: bool = True
    reply: bool = True
    timeouts: str | None = None
    helper: str | None = None
