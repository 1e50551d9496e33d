"""Excerpts of source files with carets under what a finding talks about, in the manner of rustc."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from lvsconf.languages.secrets import concealed
from lvsconf.report.drawing.screen import Look, safe, show_character, width, wrap
from lvsconf.source import Source, Span

_LEAST_COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to point at, what to say there, and whether it is the place of the finding itself."""

    span: Span
    text: str
    primary: bool = False


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A mark on one line in characters from 0; the end is one past the last."""

    start: int
    end: int
    text: str
    primary: bool


@dataclass(frozen=True, slots=True)
class _Window:
    """The characters of a line that are shown, and the column in which each stands."""

    left: int
    right: int
    shown: str
    columns: tuple[int, ...]
    to_end: bool

    def column(self, index: int) -> int:
        """The column of a character; what lies outside is clipped to the edge."""
        return self.columns[min(max(index, self.left), self.right) - self.left]

    def holds(self, stretch: _Stretch) -> bool:
        """Whether the start of a stretch can be seen."""
        return self.left <= stretch.start < self.right + self.to_end


def excerpt(marks: Sequence[Mark], sources: Mapping[str, Source], look: Look, colour: str) -> tuple[list[str], int]:
    """The lines that show the marks, the file of the first one first; and the width of the line numbers."""
    order = list(dict.fromkeys(mark.span.file for mark in marks))
    digits = max(2, *(len(str(mark.span.line)) for mark in marks))
    lines: list[str] = []
    for file in order:
        inside = sorted(
            (mark for mark in marks if mark.span.file == file),
            key=lambda mark: (mark.span.line, mark.span.column, not mark.primary),
        )
        head = next((mark for mark in inside if mark.primary), inside[0]).span
        arrow = "-->" if file == order[0] else ":::"
        lines.append(f"{' ' * digits}{look.paint(arrow, 'frame')} {safe(file)}:{head.line}:{head.column}")
        lines += _file(inside, sources.get(file), digits, look, colour)
    return lines, digits


def _file(marks: Sequence[Mark], source: Source | None, digits: int, look: Look, colour: str) -> list[str]:
    bar = look.paint(f"{' ' * digits} |", "frame")
    columns = max(look.width - digits - 3, _LEAST_COLUMNS)
    lines = [bar]
    previous = None
    for number, group in groupby(marks, key=lambda mark: mark.span.line):
        here = list(group)
        if previous is not None and number > previous + 1:
            lines.append(look.paint("...", "frame"))
        previous = number
        if source is None or not 0 < number <= len(source.lines):
            # A fact that no file holds, such as a service stated on the command line: only its words can be shown.
            lines += [f"{bar} {safe(mark.text)}" for mark in here if mark.text]
            continue
        text = concealed(source.lines[number - 1])
        waiting = [_stretch(mark, text) for mark in here]
        while waiting:
            anchor = next((each for each in waiting if each.primary), waiting[0])
            window = _window(text, anchor, columns)
            seen = [each for each in waiting if each is anchor or window.holds(each)]
            waiting = [each for each in waiting if each not in seen]
            lines.append(f"{look.paint(f'{number:>{digits}} |', 'frame')} {window.shown}".rstrip())
            lines += [f"{bar} {row}" for row in _rows(seen, window, columns, look, colour)]
    return lines


def _stretch(mark: Mark, text: str) -> _Stretch:
    span = mark.span
    start = min(max(span.column - 1, 0), len(text))
    if span.end_line > span.line:
        words = f"{mark.text} (up to line {span.end_line})" if mark.text else f"up to line {span.end_line}"
        return _Stretch(start, max(len(text), start + 1), words, mark.primary)
    return _Stretch(start, max(min(span.end_column - 1, len(text)), start + 1), mark.text, mark.primary)


def _window(text: str, anchor: _Stretch, columns: int) -> _Window:
    """As much of a line as fits, cut around the anchor with an ellipsis at each end that is cut."""
    if len(text) <= columns and sum(width(show_character(each)) for each in text) <= columns:
        return _cut(text, 0, len(text))
    # One column for each ellipsis; a line that can be shown from its start is.
    right, used = _extend(text, 0, columns - 1)
    if anchor.end <= right:
        return _cut(text, 0, right)
    left, before = anchor.start, 0
    while left > 0:
        more = width(show_character(text[left - 1]))
        if before + more > columns // 3:
            break
        left, before = left - 1, before + more
    right, used = _extend(text, left, columns - 2)
    # What is left over goes to the text before, but a label that fits beside the carets keeps its room.
    label = width(safe(anchor.text)) + 1 if anchor.text else 0
    room = columns - 2 - (label if used + label <= columns - 2 else 0)
    while right == len(text) and left > 0:
        used += width(show_character(text[left - 1]))
        if used > room:
            break
        left -= 1
    return _cut(text, left, right)


def _extend(text: str, left: int, columns: int) -> tuple[int, int]:
    """How far a line can be shown from `left` on in so many columns, and how many that takes."""
    used, right = 0, left
    while right < len(text):
        more = width(show_character(text[right]))
        if used + more > columns:
            break
        used, right = used + more, right + 1
    return right, used


def _cut(text: str, left: int, right: int) -> _Window:
    pieces = ["…"] if left else []
    position = len(pieces)
    columns = [position]
    for character in text[left:right]:
        shown = show_character(character)
        pieces.append(shown)
        position += width(shown)
        columns.append(position)
    if right < len(text):
        pieces.append("…")
    return _Window(left, right, "".join(pieces), tuple(columns), to_end=right == len(text))


def _rows(stretches: Sequence[_Stretch], window: _Window, columns: int, look: Look, colour: str) -> list[str]:
    """The row of carets, with one label beside it where there is room, and the other labels hanging below."""
    placed = [
        (window.column(each.start), max(window.column(each.end), window.column(each.start) + 1), each)
        for each in stretches
    ]
    row: list[tuple[str, str]] = []
    for start, end, each in sorted(placed, key=lambda item: item[2].primary):
        row += [(" ", "")] * (end - len(row))
        row[start:end] = [("^", colour) if each.primary else ("-", "frame")] * (end - start)
    drawn = "".join(
        look.paint("".join(character for character, _ in group), kind) if kind else "".join(" " for _ in group)
        for kind, group in groupby(row, key=lambda cell: cell[1])
    )
    labelled = sorted((item for item in placed if item[2].text), key=lambda item: (-item[1], -item[0]))
    if labelled and labelled[0][1] == len(row):
        words = safe(labelled[0][2].text)
        if len(row) + 1 + width(words) <= columns:
            drawn += " " + look.paint(words, colour if labelled[0][2].primary else "frame")
            labelled = labelled[1:]
    return [drawn, *_hanging(labelled, columns, look, colour)]


def _hanging(labelled: Sequence[tuple[int, int, _Stretch]], columns: int, look: Look, colour: str) -> list[str]:
    waiting = sorted(labelled, key=lambda item: item[0], reverse=True)
    rows = [_pipes([item[0] for item in waiting], look)] if waiting else []
    for index, (start, _, each) in enumerate(waiting):
        pipes = [item[0] for item in waiting[index + 1 :] if item[0] < start]
        words = safe(each.text)
        least = max(pipes) + 2 if pipes else 0
        begin = start
        if begin + width(words) > columns:
            begin = max(least, min(start, columns - min(width(words), columns)))
        for line in wrap(words, max(columns - begin, _LEAST_COLUMNS)):
            lead = _pipes(pipes, look)
            blanks = begin - (max(pipes) + 1 if pipes else 0)
            rows.append(lead + " " * blanks + look.paint(line, colour if each.primary else "frame"))
    return rows


def _pipes(columns: Sequence[int], look: Look) -> str:
    """A row with a bar in each of these columns."""
    row, position = "", 0
    for column in sorted(set(columns)):
        row += " " * (column - position) + look.paint("|", "frame")
        position = column + 1
    return row
