"""Effect: what a target does, as data. A rule's effects are applied in order; a list without a verdict continues."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from lvsconf.model.fields import Field


class Verdict(Enum):
    """What ends a packet's walk through a table."""

    ACCEPT = "ACCEPT"
    DROP = "DROP"
    QUEUE = "QUEUE"


@dataclass(frozen=True, slots=True)
class Assign:
    """`field = (field & ~mask) ^ value`, the arithmetic of `--set-xmark value/mask` (xt_mark.c mark_tg)."""

    field: Field
    value: int
    mask: int


@dataclass(frozen=True, slots=True)
class Jump:
    """Go on in a user chain and come back after its end."""

    chain: str


@dataclass(frozen=True, slots=True)
class Goto:
    """Go on in a user chain; its end is the end of this chain too."""

    chain: str


@dataclass(frozen=True, slots=True)
class Return:
    """Go back to the caller; in a built-in chain, to the policy."""


@dataclass(frozen=True, slots=True)
class Notrack:
    """The packet has no conntrack entry from here on, and ctstate UNTRACKED (xt_CT.c notrack_tg)."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Answer the sender and drop. `answer` is iptables' word: icmp-port-unreachable, tcp-reset, …"""

    answer: str


@dataclass(frozen=True, slots=True)
class Copy:
    """`target = (target & ~target_mask) ^ shifted(source & source_mask)` (xt_connmark.c connmark_tg_shift).

    A shift to the left is positive. Fields of a conntrack entry are there only for packets that have one.
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
class Nat:
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
class Track:
    """Tell conntrack how to track the packet (xt_CT.c xt_ct_target).

    `zone` None is the packet's mark; it counts in the directions that are said. `timeouts` names a policy.
    """

    zone: int | None = 0
    original: bool = True
    reply: bool = True
    timeouts: str | None = None


@dataclass(frozen=True, slots=True)
class Fork:
    """What happens is not known. Each way it may go has its words and its effects."""

    reason: str
    ways: tuple[tuple[str, tuple[Effect, ...]], ...]


Effect: TypeAlias = Verdict | Assign | Copy | Jump | Goto | Return | Notrack | Track | Reject | Nat | Fork


def unknown_target(reason: str) -> Fork:
    """A target of which nothing is known: it may let the packet go on, accept it or drop it."""
    return Fork(
        reason,
        (
            (f"{reason} lets the packet go on", ()),
            (f"{reason} accepts the packet", (Verdict.ACCEPT,)),
            (f"{reason} drops the packet", (Verdict.DROP,)),
        ),
    )
