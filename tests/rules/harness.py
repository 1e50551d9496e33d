"""Running the examples of a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lvsconf.cli.support.hosts import Hosts, read
from lvsconf.findings import Finding, Result
from lvsconf.lint.registry import Example, Rule
from lvsconf.model.host import Role

ROOT = Path(__file__).resolve().parent.parent.parent
MARKER = re.compile(r"[ \t]*# <- (LVS\d{3}(?:,? LVS\d{3})*)[ \t]*$")


@dataclass(frozen=True)
class Prepared:
    """An example written to a directory, and where its markers say that findings are: (code, file, line)."""

    hosts: Hosts
    directory: Path
    marks: tuple[tuple[str, str, int], ...]


def strip(files: Mapping[str, str]) -> tuple[dict[str, str], list[tuple[str, str, int]]]:
    """The files without their markers, and the markers."""
    clean, marks = {}, []
    for name, text in files.items():
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            match = MARKER.search(line)
            if match:
                marks += [(code, name, number) for code in re.findall(r"LVS\d{3}", match[1])]
                lines[number - 1] = line[: match.start()]
        # `|-` in YAML leaves no end of line; the files of a host have one.
        clean[name] = "\n".join(lines).rstrip("\n") + "\n" if text else ""
    return clean, marks


def prepare(example: Example, code: str, directory: Path) -> Prepared:
    """Write an example's files, or take its sample."""
    marks = []
    if example.sample:
        directory = ROOT / "samples" / example.sample
        assert directory.exists(), f"there is no samples/{example.sample}"
    else:
        clean, marks = strip(example.inputs)
        for name, text in clean.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for place in example.at:
        name, _, line = place.rpartition(":")
        marks.append((code, name, int(line)))
    options = example.options
    hosts = read(
        [str(directory)],
        services=options.get("services"),
        role=Role(options["role"]) if "role" in options else None,
        kernel=options.get("kernel"),
        language=options.get("language"),
    )
    return Prepared(hosts, directory, tuple(marks))


def asked(rule: Rule) -> tuple[str, ...]:
    """What to select so that a rule is asked among all others."""
    return ("LVS", rule.code) if rule.opt_in else ()


def places(result: Result, code: str, directory: Path) -> list[tuple[str, str, int]]:
    """Where findings of one code are, in the form of the markers."""

    def name(finding: Finding) -> str:
        path = Path(finding.span.file)
        return str(path.relative_to(directory)) if path.is_relative_to(directory) else finding.span.file

    return sorted((each.code, name(each), each.span.line) for each in result.findings if each.code == code)
