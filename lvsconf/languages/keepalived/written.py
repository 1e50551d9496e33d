"""Text that is put together from several places and still knows, for every character, where it was written."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from lvsconf.source import Source, Span

_ESCAPED = re.compile(r"\\([!#])")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A stretch of a text: from `start` on it stands at a place of a source.

    `end_column` None: character by character. Otherwise the whole stretch stands for what is written there, such as
    `$NAME`. `known` False: what stands there is not known, and the text only names it.
    """

    start: int
    source: Source
    line: int
    column: int
    end_column: int | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a line as keepalived takes it, without its quotes. `known` is False where a part of it is not."""

    text: str
    span: Span
    kind: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """A text and its places."""

    text: str
    cells: tuple[_Cell, ...]

    @staticmethod
    def line(source: Source, number: int) -> Written:
        """One line of a source."""
        return Written(source.lines[number - 1], (_Cell(0, source, number, 1),))

    def _cell(self, position: int) -> _Cell:
        index = bisect_right(self.cells, position, key=lambda cell: cell.start)
        return self.cells[max(index - 1, 0)]

    def span(self, start: int, end: int) -> Span:
        """Where characters `start` up to `end` were written; of several places the first."""
        first, last = self._cell(start), self._cell(max(end - 1, start))
        column = first.column if first.end_column is not None else first.column + start - first.start
        if (last.source, last.line) != (first.source, first.line) or last.column < first.column:
            last, end = first, len(first.source.lines[first.line - 1])
        end_column = last.end_column if last.end_column is not None else last.column + end - last.start
        return first.source.span(first.line, column, max(end_column, column))

    def known(self, start: int, end: int) -> bool:
        """Whether nothing in this stretch is unknown."""
        if len(self.cells) == 1:
            return self.cells[0].known
        return all(
            cell.known
            for index, cell in enumerate(self.cells)
            if cell.start < end and (index + 1 == len(self.cells) or self.cells[index + 1].start > start)
        )

    def cut(self, start: int, end: int | None = None) -> Written:
        """The text from `start` up to `end`."""
        stop = len(self.text) if end is None else end
        cells = [cell for cell in self.cells if start <= cell.start < stop]
        if start < stop and (not cells or cells[0].start > start):
            cells.insert(0, self._cell(start))
        moved = []
        for cell in cells:
            skipped = max(start - cell.start, 0) if cell.end_column is None else 0
            place = max(cell.start - start, 0)
            moved.append(_Cell(place, cell.source, cell.line, cell.column + skipped, cell.end_column, cell.known))
        return Written(self.text[start:stop], tuple(moved) or (self._cell(start),))

    def replaced(self, start: int, end: int, text: str, *, known: bool = True) -> Written:
        """The text with a stretch replaced by what it stands for."""
        place = self.span(start, end)
        cell = self._cell(start)
        middle = Written(text, (_Cell(0, cell.source, place.line, place.column, place.end_column, known),))
        return join((self.cut(0, start), middle, self.cut(end)))

    def word(self, kind: str, start: int, end: int) -> Word:
        """A token of the grammar as a word."""
        text = self.text[start:end]
        if kind == "QUOTED":
            text = text[1:-1]
        elif kind == "WORD" and "\\" in text:
            text = _ESCAPED.sub(r"\1", text)
        return Word(text, self.span(start, end), kind, self.known(start, end))


def join(parts: Iterable[Written]) -> Written:
    """Several texts, at least one, as one."""
    given = tuple(parts)
    text, cells = "", []
    for part in given:
        if part.text:
            cells += [_Cell(len(text) + c.start, c.source, c.line, c.column, c.end_column, c.known) for c in part.cells]
            text += part.text
    return Written(text, tuple(cells) or given[0].cells)
