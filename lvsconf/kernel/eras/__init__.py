"""Kernel eras as data: hook order, state tables, timeouts and behaviour, each entry with its source.

A file says what its era does; one with `like` says only what differs from another: cells of tables, entries of
mappings, whole hooks, whole lists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lvsconf.kernel.eras.behaviour import Behaviour, behaviour
from lvsconf.model.netfilter import Hook

StateTable = Mapping[str, Mapping[str, str]]
"""Segment class, then state, to next state."""
Version = tuple[int, ...]

# The C loader is part of the wheels; the Python one is the same language, ten times slower.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FOLDER = Path(__file__).parent
_TABLES = ("conntrack_tcp", "ipvs_tcp", "ipvs_tcp_secure")


@dataclass(frozen=True, slots=True)
class HookStep:
    """One function registered at a hook. `chain` is whether there is a chain of rules behind nat's."""

    priority: int
    step: str
    table: str | None = None
    manip: str | None = None
    chain: bool = True

    @property
    def asks(self) -> str | None:
        """The table whose rules it asks."""
        return self.table or {"mangle_output": "mangle", "nat": "nat" if self.chain else None}.get(self.step)


@dataclass(frozen=True, slots=True)
class Era:
    """What one stretch of kernel releases does alike.

    `first` is the first release, `read` are those whose source was read, `measured` those that were booted. `without`
    are the settings that it does not have, with the value that it behaves like.
    """

    name: str
    kernels: str
    first: str
    read: tuple[str, ...]
    measured: str
    hooks: Mapping[Hook, tuple[HookStep, ...]]
    conntrack_tcp: Mapping[str, StateTable]
    conntrack_timeouts: Mapping[str, int]
    ipvs_tcp: Mapping[str, StateTable]
    ipvs_tcp_secure: Mapping[str, StateTable]
    ipvs_timeouts: Mapping[str, int]
    ipvs_active: frozenset[str]
    behaviour: Behaviour
    without: Mapping[str, int]
    lacks: Mapping[str, tuple[str, ...]]

    @property
    def chains(self) -> frozenset[tuple[str, str]]:
        """The built-in chains that there are, with their tables."""
        return frozenset(
            (step.asks, hook.value) for hook, steps in self.hooks.items() for step in steps if step.asks is not None
        )


def _grid(text: str) -> StateTable:
    head, *rows = (line.split() for line in text.strip().splitlines())
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`changes` over `base`: mappings entry by entry, everything else as a whole."""
    found = dict(base)
    for key, value in changes.items():
        old = found.get(key)
        found[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return found


@cache
def _raw(name: str) -> Mapping[str, Any]:
    """A file with what it takes over, its tables as grids."""
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    found = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, see above
    for key in _TABLES:
        for table, rows in found.get(key, {}).items():
            if isinstance(rows, str):
                found[key][table] = _grid(rows)
    model = found.pop("like", None)
    return found if model is None else _replaced(_raw(model), found)


def _replaced(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """As `_merged`; a table with other columns is another table."""
    merged = _merged(base, changes)
    for key in _TABLES:
        for table, rows in changes.get(key, {}).items():
            if len({tuple(row) for row in merged[key][table].values()}) > 1:
                merged[key][table] = rows
    return merged


@cache
def load(name: str) -> Era:
    """The era in the file `name`.yaml beside this module."""
    raw = _raw(name)
    return Era(
        name=raw["era"],
        kernels=raw["kernels"],
        first=raw["first"],
        read=tuple(raw["read"]),
        measured=raw["measured"],
        hooks={Hook[key]: tuple(HookStep(**step) for step in steps) for key, steps in raw["hooks"].items()},
        conntrack_tcp=raw["conntrack_tcp"],
        conntrack_timeouts=raw["conntrack_timeouts"],
        ipvs_tcp=raw["ipvs_tcp"],
        ipvs_tcp_secure=raw["ipvs_tcp_secure"],
        ipvs_timeouts=raw["ipvs_timeouts"],
        ipvs_active=frozenset(raw["ipvs_active"]),
        behaviour=behaviour(raw["behaviour"]),
        without=raw["without"],
        lacks={kind: tuple(names) for kind, names in raw["lacks"].items()},
    )


NEWEST = "linux-5.10"


def version(release: str) -> Version:
    """What a release is compared by: up to 2.6 three numbers told it, since then two. ValueError where it is none."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", release)
    if found is None:
        raise ValueError(f"`{release}` is no kernel release such as 6.1.0-26-amd64 or 2.6.32")
    return tuple(int(part) for part in found.groups("0")[: 3 if found[1] == "2" else 2])


@cache
def names() -> tuple[str, ...]:
    """All eras, oldest first."""
    found = (path.stem for path in _FOLDER.glob("*.yaml"))
    return tuple(sorted(found, key=lambda name: version(_raw(name)["first"])))


def for_kernel(release: str | None) -> tuple[Era, tuple[str, ...], tuple[str, ...]]:
    """The era of a kernel release such as `6.1.0-44-amd64`, what is taken for granted to choose it, and why nothing is
    proven about it: only what was measured proves anything. ValueError for what is no release.
    """
    if release is None:
        return load(NEWEST), ("the kernel is 5.10 or later (no uname, no --kernel)",), ()
    wanted = version(release)
    known = [name for name in names() if version(_raw(name)["first"]) <= wanted]
    era = load(known[-1] if known else names()[0])
    doubt = _between(era, release, wanted)
    if era.measured:
        return era, doubt, ()
    return era, (), (f"kernel {release}: from source, not measured", *doubt)


def _between(era: Era, release: str, wanted: Version) -> tuple[str, ...]:
    """What to say of a release that lies between one that was read of its era and one of another."""
    read = sorted((version(each), each) for name in names() for each in load(name).read)
    before = [each for each in read if each[0] <= wanted]
    after = [each for each in read if each[0] >= wanted]
    if not after or (before and before[-1][1] in era.read and after[0][1] in era.read):
        return ()
    taken = f"taken to do as kernels {era.kernels} do"
    if not before:
        return (f"kernel {release} is older than every kernel that was read: {taken}",)
    return (f"kernel {release} lies between {before[-1][1]} and {after[0][1]}, which were read: {taken}",)
