"""The hosts that the paths of a command line describe, read once and linted as often as needed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lvsconf import snapshot
from lvsconf.cli.support.config import about_nobody
from lvsconf.cli.support.errors import CommandError, complain
from lvsconf.findings import Result, Unreadable
from lvsconf.gathering import STDIN, STDIN_NAME
from lvsconf.lint.runner import lint
from lvsconf.model.host import Role
from lvsconf.source import Source

if TYPE_CHECKING:
    from lvsconf.fix.prove import Rerun

_NOTHING: Mapping[str, Source] = {}


@dataclass(frozen=True, slots=True)
class Hosts:
    """What the user named, and what the options say about it. `stdin` is the name that standard input goes by."""

    groups: tuple[snapshot.Group, ...]
    unreadable: tuple[Unreadable, ...]
    services: tuple[str, ...] = ()
    role: Role | None = None
    kernel: str | None = None
    language: str | None = None
    stdin: str | None = None

    def inputs(self, changed: Mapping[str, Source] = _NOTHING) -> list[snapshot.HostInput]:
        """The hosts, with some of their sources replaced."""
        try:
            return [
                snapshot.assemble(
                    _replaced(group, changed),
                    language=self.language,
                    services=self.services,
                    role=self.role,
                    kernel=self.kernel,
                )
                for group in self.groups
            ]
        except ValueError as error:
            raise CommandError(str(error)) from error

    def only(self, who: str) -> snapshot.HostInput:
        """The one host that they describe; CommandError if `who` would have to choose."""
        inputs = self.inputs()
        if len(inputs) != 1:
            raise CommandError(f"{who} needs one host, these paths describe {len(inputs)}")
        return inputs[0]

    def lint(
        self, select: Sequence[str] = (), ignore: Sequence[str] = (), changed: Mapping[str, Source] = _NOTHING
    ) -> Result:
        """Lint all of them."""
        inputs = self.inputs(changed)
        return lint(
            inputs,
            unreadable=self.unreadable,
            ignored=about_nobody(inputs),
            select=tuple(select),
            ignore=tuple(ignore),
        )

    def rerun(self) -> Rerun:
        """What a fix is proven with: all rules, whichever the user has asked for."""
        return lambda changed: self.lint(changed=changed)

    def writable(self) -> frozenset[str]:
        """The sources that are files of their own: not standard input, not a part of an archive."""
        names = {source.name for group in self.groups for source in group.sources} - {self.stdin}
        return frozenset(name for name in names if Path(name).is_file())


def read(
    paths: Sequence[str],
    *,
    services: Sequence[str] | None = None,
    role: Role | None = None,
    kernel: str | None = None,
    language: str | None = None,
    stdin_filename: str | None = None,
) -> Hosts:
    """Read everything that is named."""
    piped = STDIN in paths
    if stdin_filename is not None and not piped:
        raise CommandError("--stdin-filename is for standard input, which is not read: name it with -")
    groups, unreadable = snapshot.gather(paths, stdin=sys.stdin.buffer, stdin_filename=stdin_filename)
    stdin = (stdin_filename or STDIN_NAME) if piped else None
    return Hosts(groups, unreadable, tuple(services or ()), role, kernel, language, stdin)


def tell_unreadable(unreadable: Iterable[Unreadable]) -> None:
    """Name what gave nothing; it ends the command with 2."""
    for each in unreadable:
        complain(f"{each.file}:{each.line}:{each.column}: {each.message}")


def _replaced(group: snapshot.Group, changed: Mapping[str, Source]) -> snapshot.Group:
    if not any(source.name in changed for source in group.sources):
        return group
    return replace(group, sources=tuple(changed.get(source.name, source) for source in group.sources))
