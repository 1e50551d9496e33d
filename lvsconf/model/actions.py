"""What targets do beyond the packet that meets them."""

from __future__ import annotations

from dataclasses import dataclass

from lvsconf.model.effects import Action


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
