"""Lint over files that are named in the test, or over a sample with something changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lvsconf.findings import Finding, Result
from lvsconf.gathering import Group
from lvsconf.lint.runner import lint
from lvsconf.model.host import Role
from lvsconf.snapshot import HostInput, assemble
from lvsconf.source import Source

TOP = Path(__file__).resolve().parents[2]
SAMPLES = sorted(path.name for path in (TOP / "samples").iterdir() if (path / "iptables.rules").is_file())


def sample(name: str) -> dict[str, str]:
    """The files of a sample."""
    return {path.name: path.read_text(encoding="utf-8") for path in (TOP / "samples" / name).iterdir()}


def host(files: Mapping[str, str], name: str = "director", role: Role | None = None) -> HostInput:
    """The host that files describe."""
    group = Group(name, tuple(Source(f"{name}/{file}", text) for file, text in sorted(files.items())))
    return assemble(group, role=role)


def lint_of(
    files: Mapping[str, str], role: Role | None = None, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> Result:
    """Every rule over one host."""
    return lint([host(files, role=role)], select=select, ignore=ignore)


def places(findings: Sequence[Finding]) -> set[tuple[str, str, int]]:
    """Code, file and line of each finding."""
    return {(each.code, each.span.file, each.span.line) for each in findings}
