"""The netfilter project's own test lines for matches, where its suite is at hand.

A line is `rule;printed form or =;OK|FAIL`. `:CHAIN,…` and `*table` say where it is tried; a `libxt_` file is for both
families. What a line needs to be there first (`%` and `@` lines) is left out: no kernel is asked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from lvsconf.extensions import registry
from lvsconf.languages import iptables
from lvsconf.languages.iptables.format import format_source
from lvsconf.source import Source

SUITE = Path(__file__).resolve().parents[2] / ".." / "shared" / "corpus" / "iptables-suite"
FAMILIES = {"libxt": (4, 6), "libipt": (4,), "libip6t": (6,)}
CHAINS_OF_ITS_OWN = {"standard"}
"""Files about the options of no module."""


@dataclass(frozen=True)
class Line:
    file: str
    number: int
    table: str
    chain: str
    family: int
    rule: str
    printed: str | None

    @property
    def name(self) -> str:
        return f"{self.file}-{self.number}-{self.chain}-{self.family}-{self.rule[:40]}"


def _lines(path: Path) -> list[Line]:
    found = []
    table, chains = "filter", ["INPUT"]
    families = FAMILIES[path.stem.partition("_")[0]]
    for number, text in enumerate(path.read_text("utf-8").splitlines(), 1):
        if text.startswith(":"):
            chains = text[1:].strip().split(",")
        elif text.startswith("*"):
            table = text[1:].strip()
        elif text and text[0] not in "#%@":
            rule, saved, verdict = text.split(";")[:3]
            expected = None if verdict.strip() == "FAIL" else rule if saved == "=" else saved
            found.extend(
                Line(path.name, number, table, chain, family, rule, expected) for chain in chains for family in families
            )
    return found


def match_lines() -> list[Line]:
    """All lines of the files that are about a match."""
    found = []
    for path in sorted(SUITE.glob("lib*_*.t")):
        kind, _, name = path.stem.partition("_")
        if kind in FAMILIES and (name in registry.match_names() or name in CHAINS_OF_ITS_OWN):
            found.extend(_lines(path))
    return found


LINES = match_lines()


@pytest.mark.skipif(not SUITE.is_dir(), reason="the suite is not here")
def test_every_match_file_is_read():
    names = {path.stem.partition("_")[2] for path in SUITE.glob("lib*_*.t") if path.stem.partition("_")[0] in FAMILIES}
    unknown = names - registry.match_names() - registry.target_names() - CHAINS_OF_ITS_OWN
    assert not {name for name in unknown if name.islower()}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_line(line: Line):
    source = Source("rules", f"*{line.table}\n-A {line.chain} {line.rule}\nCOMMIT\n")
    _, problems = iptables.read(source, line.family)
    if line.printed is None:
        assert problems, "should be refused"
        return
    assert not problems
    shown = format_source(source, line.family).split("\n")[1]
    assert shown == f"-A {line.chain} {line.printed}".rstrip()
