"""The table of keywords (keywords.txt), read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_STEP = 4


@dataclass(frozen=True, slots=True)
class Keyword:
    """One keyword where it may stand. `lines` is the kind of lines its block holds, `inside` the keywords there."""

    name: str
    values: tuple[str, ...] = ()
    needed: int = 0
    lines: str | None = None
    inside: Mapping[str, Keyword] | None = None
    replacement: str | None = None

    @property
    def opens(self) -> bool:
        """Whether a block follows."""
        return self.lines is not None or self.inside is not None


@dataclass(slots=True)
class _Row:
    name: str
    rest: list[str]
    inside: list[_Row] = field(default_factory=list)


@cache
def keywords() -> Mapping[str, Keyword]:
    """The keywords outside all blocks."""
    text = (Path(__file__).with_name("keywords.txt")).read_text(encoding="utf-8")
    rows: list[_Row] = []
    levels: list[list[_Row]] = [rows]
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        name, *rest = line.split()
        depth = (len(line) - len(line.lstrip())) // _STEP
        row = _Row(name, rest)
        del levels[depth + 1 :]
        levels[depth].append(row)
        levels.append(row.inside)
    shared = {row.name: row.inside for row in rows if row.name.startswith("<")}
    return _table([row for row in rows if row.name not in shared], shared)


@cache
def places() -> Mapping[str, tuple[str, ...]]:
    """For each keyword the blocks it stands in; an empty name is the top."""
    found: dict[str, list[str]] = {}

    def walk(table: Mapping[str, Keyword], block: str) -> None:
        for name, keyword in table.items():
            known = found.setdefault(name, [])
            if block not in known:
                known.append(block)
            walk(keyword.inside or {}, name)

    walk(keywords(), "")
    return {name: tuple(blocks) for name, blocks in found.items()}


def _table(rows: list[_Row], shared: Mapping[str, list[_Row]]) -> dict[str, Keyword]:
    return {row.name: _keyword(row, shared) for row in _spread(rows, shared)}


def _spread(rows: list[_Row], shared: Mapping[str, list[_Row]]) -> Iterator[_Row]:
    for row in rows:
        if row.name in shared:
            yield from _spread(shared[row.name], shared)
        else:
            yield row


def _keyword(row: _Row, shared: Mapping[str, list[_Row]]) -> Keyword:
    block = next((word for word in row.rest if word.startswith("{")), None)
    old = next((word.removeprefix("old=") for word in row.rest if word.startswith("old=")), None)
    values = [word for word in row.rest if not word.startswith(("{", "old="))]
    return Keyword(
        row.name,
        tuple(word.strip("[]") for word in values),
        sum(not word.startswith("[") for word in values),
        block.strip("{}") if block is not None and block != "{" else None,
        _table(row.inside, shared) if block == "{" else None,
        old,
    )
