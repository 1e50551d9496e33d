"""The `lvsconf.toml` that says what must get through hosts and what must not: the nearest, or the one that is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lvsconf.cli.support.errors import CommandError
from lvsconf.findings import Unreadable
from lvsconf.gathering import Group, gather, places
from lvsconf.languages import recognise, statements
from lvsconf.languages.suggest import suggestion
from lvsconf.snapshot import HostInput
from lvsconf.source import Source

if TYPE_CHECKING:
    from lvsconf.cli.support.hosts import Hosts


def with_statements(hosts: Hosts, file: str | None, *, no_config: bool) -> Hosts:
    """The hosts with the statements about them: of `file`, none at all, or the nearest to each.

    A host's own file is the nearest. CommandError for a `file` that can't be read; one that is found and can't be is
    among those that are unreadable.
    """
    if file is not None and no_config:
        raise CommandError("--config and --no-config exclude each other")
    if file is not None or no_config:
        named = None if file is None else _named(file)
        why = "--no-config" if named is None else f"--config names {named.name}"
        return replace(hosts, groups=tuple(_instead(group, named, why) for group in hosts.groups))
    found: dict[Path, Source | None] = {}
    unreadable: dict[str, Unreadable] = {}
    groups = []
    for group in hosts.groups:
        path = None if _own(group) or group.statements is not None else nearest(places(group))
        if path is not None and path not in found:
            found[path], failed = _read(path, _shown(path, group))
            unreadable |= {each.file: each for each in failed}
        source = None if path is None else found[path]
        groups.append(group if source is None else _given(group, source))
    return replace(hosts, groups=tuple(groups), unreadable=(*hosts.unreadable, *unreadable.values()))


def nearest(starts: Iterable[Path]) -> Path | None:
    """The first file of statements in one of these directories or above, in the repository that the directory is in."""
    for start in starts:
        for folder in (start, *start.parents):
            for name in statements.FILES:
                if (folder / name).is_file():
                    return folder / name
            if (folder / ".git").exists():
                break
    return None


def about_nobody(inputs: Iterable[HostInput]) -> Iterator[str]:
    """Statements about hosts that are none of these, in words."""
    inputs = list(inputs)
    met = {each.span for host in inputs for each in host.host.statements}
    names = [host.host.name.rpartition("/")[2] for host in inputs]
    by_host: dict[tuple[str, str], list[int]] = {}
    for each in dict.fromkeys(each for host in inputs for each in host.elsewhere if each.span not in met):
        by_host.setdefault((each.span.file, each.host or ""), []).append(each.span.line)
    for (file, name), lines in by_host.items():
        near = suggestion(name, names)
        count = f" ({len(lines)} statements)" if len(lines) > 1 else ""
        yield f"{file}:{lines[0]}: no host here is called `{name}`{count}" + (f"; {near}" if near else "")


def _own(group: Group) -> bool:
    return any(_states(source) for source in group.sources)


def _states(source: Source) -> bool:
    return recognise.BY_NAME.get(source.name.rpartition("/")[2]) is recognise.STATEMENTS


def _instead(group: Group, named: Source | None, why: str) -> Group:
    """The group with these statements and no others."""
    kept = tuple(each for each in group.sources if not _states(each) or (named is not None and each.name == named.name))
    passed = tuple(f"{each.name}: {why}" for each in group.sources if each not in kept)
    return replace(group, sources=kept, ignored=(*group.ignored, *passed), statements=named)


def _given(group: Group, source: Source) -> Group:
    """The group with a file that was found; one in its own directory may have been passed over as hidden."""
    ignored = tuple(said for said in group.ignored if not said.startswith(f"{source.name}: "))
    return replace(group, ignored=ignored, statements=source)


def _shown(path: Path, group: Group) -> str:
    """How to call a file that was found: as the user calls the host, absolute or from the current directory."""
    here = Path.cwd()
    absolute = Path(group.name).is_absolute()
    return str(path.relative_to(here)) if not absolute and path.is_relative_to(here) else str(path)


def _named(file: str) -> Source:
    if not Path(file).is_file():
        raise CommandError(f"{file}: {'not a file' if Path(file).exists() else 'there is no such file'}")
    source, failed = _read(Path(file), file)
    if source is None:
        raise CommandError("; ".join(f"{each.file}:{each.line}:{each.column}: {each.message}" for each in failed))
    return source


def _read(path: Path, name: str) -> tuple[Source | None, tuple[Unreadable, ...]]:
    groups, unreadable = gather([path])
    source = replace(groups[0].sources[0], name=name) if groups else None
    return source, tuple(replace(each, file=name) for each in unreadable)
