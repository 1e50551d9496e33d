"""The hosts of one side of a comparison: what files describe, or what a cluster file stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lvsconf.cli.support.errors import CommandError
from lvsconf.cli.support.hosts import read
from lvsconf.findings import Unreadable
from lvsconf.gathering import Group, decode
from lvsconf.model.host import Host, Role
from lvsconf.snapshot import assemble
from lvsconf.source import Source

CLUSTER = ".cluster"


@dataclass(frozen=True, slots=True)
class Side:
    """Hosts by their names, and the files that gave nothing."""

    hosts: dict[str, Host]
    unreadable: tuple[Unreadable, ...] = ()


def side(
    path: str, services: Sequence[str] | None, role: Role | None, kernel: str | None, language: str | None
) -> Side:
    """Read one side. CommandError: a cluster file that is refused, or no host at all."""
    if path.endswith(CLUSTER) and Path(path).is_file():
        return Side(_built(path, kernel))
    hosts = read([path], services=services, role=role, kernel=kernel, language=language)
    inputs = hosts.inputs()
    if not inputs:
        raise CommandError(f"{path}: nothing here describes a host")
    unreadable = (*hosts.unreadable, *(each for item in inputs for each in item.unreadable))
    return Side({Path(item.host.name).name: item.host for item in inputs}, unreadable)


def _built(path: str, kernel: str | None) -> dict[str, Host]:
    from lvsconf.compile import build

    built = build(Source(path, decode(Path(path).read_bytes())))
    if built.problems:
        first = built.problems[0]
        raise CommandError(f"{path}:{first.span.line}:{first.span.column}: {first.message}")
    found: dict[str, list[Source]] = {}
    for name, text in built.files.items():
        found.setdefault(name.partition("/")[0], []).append(Source(f"{path}:{name}", text))
    return {name: assemble(Group(name, tuple(sources)), kernel=kernel).host for name, sources in found.items()}


def pairs(old: Side, new: Side) -> tuple[list[tuple[str, Host, Host]], list[str]]:
    """The hosts of both sides, by name where there are several, and those that only one side has, in words."""
    if len(old.hosts) == len(new.hosts) == 1:
        (one,), (other,) = old.hosts.values(), new.hosts.values()
        return [("", one, other)], []
    both = [(name, host, new.hosts[name]) for name, host in old.hosts.items() if name in new.hosts]
    gone = [f"host {name} is not there any more" for name in old.hosts if name not in new.hosts]
    return both, [*gone, *(f"host {name} is new" for name in new.hosts if name not in old.hosts)]
