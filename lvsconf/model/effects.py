"""Effect: what a target does, as data. A rule's effects are applied in order; a list without a verdict continues."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from lvsconf.model.fields import Field
from lvsconf.model.preds import Pred


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
class Add:
    """`field = field + by`, which stops at 0 and at the field's largest value."""

    field: Field
    by: int


@dataclass(frozen=True, slots=True)
class Forget:
    """The field has another value, which nobody knows."""

    field: Field


@dataclass(frozen=True, slots=True)
class When:
    """Effects that only packets meet for which the Pred holds."""

    pred: Pred
    effects: tuple[Effect, ...]


class Action:
    """Something a target does that takes more than the packet: sets, sockets, a copy. The engine knows each kind."""

    __slots__ = ()


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
class Fork:
    """What happens is not known. Each way it may go has its words and its effects."""

    reason: str
    ways: tuple[tuple[str, tuple[Effect, ...]], ...]


Effect: TypeAlias = Verdict | Assign | Add | Forget | When | Action | Jump | Goto | Return | Notrack | Reject | Fork


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
