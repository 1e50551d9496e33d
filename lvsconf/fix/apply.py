"""Edits to texts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lvsconf.findings import Edit
from lvsconf.source import Source

Position = tuple[int, int]
"""A line and a column, both from 1."""


class EditError(ValueError):
    """Edits that cannot be carried out: they overlap, or point outside of the text."""


@dataclass(frozen=True, slots=True)
class _Change:
    start: int
    end: int
    text: str


def apply(sources: Mapping[str, Source], edits: Iterable[Edit]) -> dict[str, Source]:
    """The sources that the edits change, as they are afterwards. Raises EditError and changes nothing then."""
    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.span.file, []).append(edit)
    changed = {}
    for file, group in sorted(by_file.items()):
        if file not in sources:
            raise EditError(f"{file} is not an input that can be edited")
        source = sources[file]
        text = source.text
        for change in reversed(_changes(source, group)):
            text = text[: change.start] + change.text + text[change.end :]
        changed[file] = Source(file, text)
    return changed


def overlap(first: Sequence[Edit], second: Sequence[Edit]) -> bool:
    """Whether two sets of edits want the same place. Two insertions at one point do: their order is not known."""
    return any(_collide(one, other) for one in first for other in second)


def mover(edits: Iterable[Edit], source: Source) -> Callable[[Position], Position]:
    """Says where a position of the source stands after the edits; inside of an edit, where its new text starts."""
    own = [edit for edit in edits if edit.span.file == source.name]
    changes = _changes(source, own)
    before = _Offsets(source.text)
    after = _Offsets(apply({source.name: source}, own)[source.name].text) if own else before

    def moved(position: Position) -> Position:
        offset = before.of(*position)
        shift = 0
        for change in changes:
            if offset < change.start or (offset == change.start and change.start < change.end):
                break
            if offset < change.end:
                offset = change.start
                break
            shift += len(change.text) - (change.end - change.start)
        return after.position(offset + shift)

    return moved


class _Offsets:
    """Lines and columns against offsets. Only a newline ends a line, as in Source."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)

    def of(self, line: int, column: int) -> int:
        """The offset of a position; one past the last character of a line is its newline."""
        if line == len(self._starts) + 1 and column == 1:
            return self._length
        if not 0 < line <= len(self._starts) or column < 1:
            raise EditError(f"there is no line {line}, column {column}")
        offset = self._starts[line - 1] + column - 1
        limit = self._starts[line] - 1 if line < len(self._starts) else self._length
        if offset > limit:
            raise EditError(f"line {line} has no column {column}")
        return offset

    def position(self, offset: int) -> Position:
        """The position of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def _changes(source: Source, edits: Sequence[Edit]) -> list[_Change]:
    """Edits of one file as offsets, in order; the same edit twice counts once."""
    offsets = _Offsets(source.text)
    changes = []
    for edit in dict.fromkeys(edits):
        span = edit.span
        start, end = offsets.of(span.line, span.column), offsets.of(span.end_line, span.end_column)
        if end < start:
            raise EditError(f"{source.name}:{span.line}:{span.column}: an edit ends before it starts")
        changes.append(_Change(start, end, edit.text))
    changes.sort(key=lambda change: (change.start, change.end))
    for before, after in pairwise(changes):
        if after.start < before.end or (after.start, after.end) == (before.start, before.end):
            line, column = offsets.position(after.start)
            raise EditError(f"{source.name}:{line}:{column}: two edits overlap")
    return changes


def _collide(one: Edit, other: Edit) -> bool:
    if one.span.file != other.span.file:
        return False
    if one == other:
        return False
    starts = (one.span.line, one.span.column), (other.span.line, other.span.column)
    ends = (one.span.end_line, one.span.end_column), (other.span.end_line, other.span.end_column)
    if starts[0] == starts[1] and ends[0] == ends[1]:
        return True
    return starts[0] < ends[1] and starts[1] < ends[0]
