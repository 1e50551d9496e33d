"""Tables, chains and rules as the kernel holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lvsconf.source import Span


class Hook(Enum):
    """The five netfilter hooks of a family."""

    PRE_ROUTING = "PREROUTING"
    LOCAL_IN = "INPUT"
    FORWARD = "FORWARD"
    LOCAL_OUT = "OUTPUT"
    POST_ROUTING = "POSTROUTING"


BUILT_IN: dict[str, tuple[str, ...]] = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}
"""The built-in chains of each table (net/ipv4/netfilter/iptable_*.c valid_hooks)."""


@dataclass(frozen=True, slots=True)
class Given:
    """One option as it was given: its value (None for a flag), whether `!` stood before it, and where."""

    value: Any
    inverted: bool = False
    span: Span | None = None


Arguments = Mapping[str, Given]
"""Options by their key in the module's option table."""


@dataclass(frozen=True, slots=True)
class Use:
    """A match or target module as a rule uses it. `unread` holds words that could not be understood."""

    module: str
    arguments: Arguments
    span: Span | None = None
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `head` has the options that belong to no module (`-p -s -d -i -o -f`).

    `target` is None for a rule without one (it only counts). `jump` and `goto` name a user chain.
    """

    head: Arguments
    matches: tuple[Use, ...]
    target: Use | None = None
    jump: str | None = None
    goto: str | None = None
    counters: tuple[int, int] | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain in order. `policy` is None for a user chain."""

    name: str
    policy: str | None
    rules: tuple[Rule, ...] = ()
    counters: tuple[int, int] | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table; chains in the order of the dump."""

    name: str
    chains: Mapping[str, Chain]
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All loaded tables of one family (4 or 6); a table that is absent is not loaded."""

    family: int
    tables: Mapping[str, Table]
    unknown: tuple[str, ...] = ()
    """Why part of the rules is not known (nft-only tables, a legacy twin), in words."""
