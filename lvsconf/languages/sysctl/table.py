"""The kernel settings that are known: what each takes, means and is by default (keys.yaml)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lvsconf.languages.sysctl.values import parse

IPVS = "net.ipv4.vs."
_CONF = re.compile(r"(net\.ipv[46]\.conf\.)[^.]+\.")

# The C loader is part of the wheels; the Python one is the same language, ten times slower.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of keys.yaml, where its fields are told. `name` has `*` for the interface."""

    name: str
    values: str
    effect: str
    source: str
    default: int | tuple[int, ...] | None = None
    low: int | None = None
    high: int | None = None
    first: str | None = None
    last: str | None = None
    combine: str | None = None

    def parse(self, text: str) -> tuple[int, ...]:
        """The numbers that the kernel takes from a text; raises ValueError with what it wants."""
        return parse(text, self.values, self.low, self.high)

    def printed(self, text: str) -> str:
        """What the kernel prints after it was given a text; raises ValueError as `parse` does."""
        return "\t".join(map(str, self.parse(text))) if self.values != "cpus" else text


@dataclass(frozen=True, slots=True)
class _File:
    keys: Mapping[str, Key]
    kernels: tuple[str, ...]


@cache
def _file() -> _File:
    text = Path(__file__).with_name("keys.yaml").read_text("utf-8")
    raw = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, see above
    return _File({name: _key(name, entry) for name, entry in raw["keys"].items()}, tuple(raw["kernels"]))


def _key(name: str, entry: Mapping[str, Any]) -> Key:
    low, high = entry.get("range", (None, None))
    default = entry.get("default")
    return Key(
        name=name,
        values=entry["values"],
        effect=entry["effect"],
        source=entry["in"],
        default=tuple(default) if isinstance(default, list) else default,
        low=low,
        high=high,
        first=entry.get("first"),
        last=entry.get("last"),
        combine=entry.get("combine"),
    )


def table() -> Mapping[str, Key]:
    """Every key by its name."""
    return _file().keys


def find(key: str) -> Key | None:
    """The entry of a key as `sysctl -a` prints it; that of an interface has `*` in its place."""
    known = table()
    return known.get(key) or known.get(_CONF.sub(r"\1*.", key, count=1))


def default(key: str) -> int:
    """The default of a key with one number; KeyError where there is none."""
    found = find(key)
    if found is None or not isinstance(found.default, int):
        raise KeyError(key)
    return found.default


def exists(key: Key, release: str) -> bool | None:
    """Whether a kernel release has the key; None between a kernel that was read and has it and one that has not."""
    version = _version(release)
    if version is None:
        return None
    kernels = [found for found in map(_version, _file().kernels) if found is not None]
    first, last = _version(key.first or ""), _version(key.last or "")
    if first is not None and version < first:
        before = [kernel for kernel in kernels if kernel < first]
        return False if before and version <= _end(before[-1], version) else None
    if last is not None and version > _end(last, version):
        after = [kernel for kernel in kernels if kernel > last]
        return False if after and version >= after[0] else None
    return True


def newest_without(key: Key) -> str | None:
    """The newest kernel read that does not have the key yet."""
    kernels = _file().kernels
    place = kernels.index(key.first) if key.first is not None else 0
    return kernels[place - 1] if place else None


def _version(text: str) -> tuple[int, ...] | None:
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if found is None:
        return None
    # Before 3.0 the third number told the release, since then it counts the corrections.
    return tuple(int(part) for part in found.groups("0")[: 3 if found[1] == "2" else 2])


def _end(release: tuple[int, ...], version: tuple[int, ...]) -> tuple[int, ...]:
    """The last version that counts as this release: all of 2.4.x are 2.4."""
    return version if release[:2] == (2, 4) == version[:2] else release
