"""Kernel eras as data: hook order, state tables and timeouts, each entry with its source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lvsconf.model.netfilter import Hook

StateTable = Mapping[str, Mapping[str, str]]
"""Segment class, then state, to next state."""

# The C loader is part of the wheels; the Python one is the same language, ten times slower.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class HookStep:
    """One function registered at a hook."""

    priority: int
    step: str
    table: str | None = None
    manip: str | None = None


@dataclass(frozen=True, slots=True)
class Era:
    """What one stretch of kernel releases does alike."""

    name: str
    kernels: str
    measured: str
    hooks: Mapping[Hook, tuple[HookStep, ...]]
    conntrack_tcp: Mapping[str, StateTable]
    conntrack_timeouts: Mapping[str, int]
    ipvs_tcp: Mapping[str, StateTable]
    ipvs_tcp_secure: Mapping[str, StateTable]
    ipvs_timeouts: Mapping[str, int]
    ipvs_active: frozenset[str]


def _grid(text: str) -> StateTable:
    head, *rows = (line.split() for line in text.strip().splitlines())
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


def _era(raw: Mapping[str, Any]) -> Era:
    return Era(
        name=raw["era"],
        kernels=raw["kernels"],
        measured=raw["measured"],
        hooks={Hook[name]: tuple(HookStep(**step) for step in steps) for name, steps in raw["hooks"].items()},
        conntrack_tcp={name: _grid(text) for name, text in raw["conntrack_tcp"].items()},
        conntrack_timeouts=raw["conntrack_timeouts"],
        ipvs_tcp={name: _grid(text) for name, text in raw["ipvs_tcp"].items()},
        ipvs_tcp_secure={name: _grid(text) for name, text in raw["ipvs_tcp_secure"].items()},
        ipvs_timeouts=raw["ipvs_timeouts"],
        ipvs_active=frozenset(raw["ipvs_active"]),
    )


@cache
def load(name: str) -> Era:
    """The era in the file `name`.yaml beside this module."""
    text = (Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8")
    return _era(yaml.load(text, Loader=_Loader))  # noqa: S506 - a safe loader, see above


NEWEST = "linux-5.10"


def for_kernel(release: str | None) -> tuple[Era, tuple[str, ...], tuple[str, ...]]:
    """The era of a kernel release such as `6.1.0-44-amd64`, what is taken for granted to choose it, and what is not
    known to be true: nothing is proven about a kernel of another era than those that are modelled.
    """
    if release is None:
        return load(NEWEST), ("the kernel is 5.10 or later (no uname, no --kernel)",), ()
    found = re.match(r"(\d+)\.(\d+)", release)
    if found and (int(found[1]), int(found[2])) >= (5, 10):
        return load(NEWEST), (), ()
    return load(NEWEST), (), (f"kernel {release} behaves like 5.10 (older kernels are not modelled yet)",)
