"""The netfilter project's own lines for targets, where they are at hand.

A line is `rule ; what iptables-save prints ; OK or FAIL ; …`, for each of the chains named above it. What is refused
only by one of the two kinds of iptables says so in a fourth column, which has no part in this.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from lvsconf.languages import iptables
from lvsconf.languages.iptables.format import format_source
from lvsconf.source import Source

SUITE = Path(__file__).resolve().parents[2] / ".." / "shared" / "corpus" / "iptables-suite"
FAMILIES = {"libxt": (4, 6), "libipt": (4,), "libip6t": (6,)}

NOT_HERE = {
    "-j SET --add-set foo src,dst": "refused because there is no set of that name; rules say nothing about sets",
}
"""Lines that have another answer here, each with the reason."""


@dataclass(frozen=True)
class Line:
    file: str
    family: int
    table: str
    chain: str
    rule: str
    printed: str | None

    @property
    def name(self) -> str:
        return f"{self.file}-{self.family}-{self.chain}-{self.rule}"

    @property
    def source(self) -> Source:
        return Source("rules", f"*{self.table}\n-A {self.chain} {self.rule}\nCOMMIT\n")


def lines() -> list[Line]:
    found = []
    for path in sorted(SUITE.glob("*.t")):
        library, _, stem = path.stem.partition("_")
        if stem.isupper():
            for family in FAMILIES.get(library, ()):
                found.extend(_of_file(path, family))
    return found


def _of_file(path: Path, family: int) -> list[Line]:
    found, table, chains = [], "filter", ["INPUT"]
    for line in path.read_text("utf-8").splitlines():
        if line.startswith(":"):
            chains = line[1:].split(",")
        elif line.startswith("*"):
            table = line[1:]
        elif line and line[0] not in "#@%":
            rule, printed, verdict = (part.strip() for part in line.split(";")[:3])
            assert verdict in ("OK", "FAIL"), f"{path.name}: {line}"
            expected = None if verdict == "FAIL" else rule if printed == "=" else printed
            found.extend(Line(path.name, family, table, chain, rule, expected) for chain in chains)
    return found


LINES = lines()
needs_suite = pytest.mark.skipif(not LINES, reason="the netfilter project's test suite is not here")


@needs_suite
@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_as_the_suite_says(line: Line):
    _, problems = iptables.read(line.source, line.family)
    agrees = _agrees(line, refused=bool(problems))
    if line.rule in NOT_HERE:
        assert not agrees, "this agrees by now: take it from NOT_HERE"
    else:
        assert agrees, problems


def _agrees(line: Line, refused: bool) -> bool:
    if line.printed is None or refused:
        return refused == (line.printed is None)
    return format_source(line.source, line.family).split("\n")[1] == f"-A {line.chain} {line.printed}"


@needs_suite
def test_no_reason_is_left_over():
    assert NOT_HERE.keys() <= {line.rule for line in LINES}
