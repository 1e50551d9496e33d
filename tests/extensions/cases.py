"""The lines of the `.t` files: how each is read, printed and answered.

A line is `options ; printed form or = ; OK|FAIL ; remarks ; packets`. `:CHAIN` and `*table` set where it stands. The
remarks are a family (4, 6), `newer` (iptables after 1.8.9 says this, 1.8.9 does not) and `noload` (the kernel at
hand may lack what it takes). A packet is `field=value … => match|no match|unknown`; fields that are not named are 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lvsconf.extensions import registry
from lvsconf.model.fields import FIELDS, Field

FOLDER = Path(__file__).parent
ANSWERS = {"match": True, "no match": False, "unknown": None}


@dataclass(frozen=True)
class Case:
    file: str
    table: str
    chain: str
    options: str
    printed: str | None
    family: int
    remarks: frozenset[str]
    packets: tuple[tuple[dict[Field, int], bool | None], ...]

    @property
    def name(self) -> str:
        return f"{self.file}-{self.family}-{self.options}"

    @property
    def text(self) -> str:
        return f"*{self.table}\n-A {self.chain} {self.options}\nCOMMIT\n"


def cases() -> list[Case]:
    found = []
    for kind in ("matches", "targets"):
        for path in sorted((FOLDER / kind).glob("*.t")):
            module = registry.match(path.stem) if kind == "matches" else registry.target(path.stem)
            assert module is not None, f"{path.name} tests a module that does not exist"
            found.extend(_of_file(path, kind, module.families))
    return found


def _of_file(path: Path, kind: str, families: frozenset[int]) -> list[Case]:
    table, chain, found = "filter", "INPUT", []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith(":"):
            chain = line[1:].split(",")[0]
        elif line.startswith("*"):
            table = line[1:]
        elif line and not line.startswith("#"):
            parts = [part.strip() for part in line.split(" ;")]
            options, printed, verdict, remarks, packets = (*parts, "", "", "", "")[:5]
            assert verdict in ("OK", "FAIL"), f"{path.name}: {line}"
            words = frozenset(remarks.split())
            wanted = {int(word) for word in words if word.isdigit()} or families
            for family in sorted(wanted & families):
                expected = None if verdict == "FAIL" else options if printed == "=" else printed
                found.append(
                    Case(f"{kind}/{path.name}", table, chain, options, expected, family, words, _packets(packets))
                )
    return found


def _packets(text: str) -> tuple[tuple[dict[Field, int], bool | None], ...]:
    found = []
    for part in text.split("|") if text else ():
        packet, _, answer = part.partition("=>")
        values = dict.fromkeys(FIELDS.values(), 0)
        for word in packet.split():
            name, _, value = word.partition("=")
            values[FIELDS[name]] = int(value, 0)
        found.append((values, ANSWERS[answer.strip()]))
    return tuple(found)
