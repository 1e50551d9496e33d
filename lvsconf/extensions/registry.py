"""Finds extension modules by name; a module's file is imported when it is first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from lvsconf.extensions.options import MatchModule, TargetModule

MATCH_ALIASES = {"icmpv6": "icmp6", "ipv6-icmp": "icmp6"}
"""Names that `-m` and `-p` take for the same module (libxtables, xtables_find_match)."""


@cache
def match_names() -> frozenset[str]:
    """All matches there is a module for."""
    return _names("matches")


@cache
def target_names() -> frozenset[str]:
    """All targets there is a module for."""
    return _names("targets")


def names() -> tuple[frozenset[str], frozenset[str]]:
    """The names of all matches and all targets."""
    return match_names(), target_names()


@cache
def match(name: str) -> MatchModule | None:
    """The match of that name, None when it is not known."""
    name = MATCH_ALIASES.get(name, name)
    # The name comes from the input: only what is a file here may be imported.
    if name not in match_names():
        return None
    module: MatchModule = import_module(f"lvsconf.extensions.matches.{name}").MODULE
    return module


@cache
def target(name: str) -> TargetModule | None:
    """The target of that name, None when it is not known."""
    if name not in target_names():
        return None
    module: TargetModule = import_module(f"lvsconf.extensions.targets.{name}").MODULE
    return module


def about(module: MatchModule | TargetModule) -> str:
    """The first line of the module's file: what it is about, and where the kernel does it."""
    folder = "matches" if isinstance(module, MatchModule) else "targets"
    text = import_module(f"lvsconf.extensions.{folder}.{module.name}").__doc__ or ""
    return text.split("\n", 1)[0]


def _names(kind: str) -> frozenset[str]:
    folder = Path(__file__).parent / kind
    return frozenset(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
