"""Text with positions: where every fact, finding and edit points to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a file. Lines and columns count from 1; the end is one column past the last character."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, other: Span) -> Span:
        """The stretch from the start of this one to the end of `other` (same file)."""
        return Span(self.file, self.line, self.column, other.end_line, other.end_column)


@dataclass(frozen=True, slots=True)
class Source:
    """One input file: the name the user gave it, and its text."""

    name: str
    text: str
    lines: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Only a newline ends a line: the system's tools take form feeds and the like as part of it.
        pieces = self.text.split("\n")
        if pieces and pieces[-1] == "":
            pieces.pop()
        object.__setattr__(self, "lines", tuple(piece.removesuffix("\r") for piece in pieces))

    def span(self, line: int, column: int = 1, end_column: int | None = None) -> Span:
        """The columns `column` up to, not including, `end_column` (default: the rest) of one line."""
        if end_column is None:
            length = len(self.lines[line - 1]) if 0 < line <= len(self.lines) else 0
            end_column = max(length + 1, column)
        return Span(self.name, line, column, line, end_column)
