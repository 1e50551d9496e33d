"""The tables of a TOML file one by one, with places: tomllib reads the values, and tells no positions.

Each table is read on its own, so that one with an error loses no other. The keys of a table are all that is looked
for; what is in an inline table has no places of its own.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Any

from lvsconf.source import Source, Span


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value; `items` are the members of a list of plain values."""

    key: Span
    value: Span
    items: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `path` are the words of its header, `repeated` that it is one of an array, as in `[[x]]`.

    What stands before the first header has no words and no array; `header` is its first line then.
    """

    path: tuple[str, ...]
    repeated: bool
    header: Span
    values: Mapping[str, Any]
    entries: Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Broken:
    """A table that is no TOML."""

    message: str
    span: Span
    help: str = ""


_STRINGS = r"""
    \"\"\"(?:[^"\\]|\\.|""?(?!"))*+(?:"{3,5})? | '''(?:[^']|''?(?!'))*+(?:'{3,5})?
    | "(?:[^"\\\n]|\\[^\n])*+"? | '[^'\n]*'?
"""
_COARSE = re.compile(rf"(?:\#[^\n]*|{_STRINGS}|\n[ \t]*\[|[\[\]{{}}])", re.VERBOSE | re.DOTALL)
"""What tells where a header may stand. A string or list that is not closed ends somewhere, too."""
_FINE = re.compile(
    rf"(?P<comment>\#[^\n]*)|(?P<plain>{_STRINGS}|[^\s\[\]{{}},=\#\"']+)|(?P<mark>[\[\]{{}}=,\n])",
    re.VERBOSE | re.DOTALL,
)
_HEADER_LINE = re.compile(r"^[ \t]*\[", re.MULTILINE)

_DEEPEST = 32
_MOST_WORDS = 32
_LONG_KEY = re.compile(rf"(?:^|[{{,\[])(?:[^\n.=,{{}}\[\]#]*+\.){{{_MOST_WORDS}}}", re.MULTILINE)
"""tomllib calls itself for each bracket, and takes quadratic time for the words of a key."""

_QUOTES = 'strings stand in quotes, as in to = "tcp:192.0.2.100:80"'
_WORDING = {
    "Cannot overwrite a value": ("this key stands twice in its table", ""),
    "Expected '=' after a key in a key/value pair": ("`=` is missing after this key", ""),
    "Expected newline or end of document after a statement": ("more follows than the value of the key", _QUOTES),
    "Illegal character '\\n'": ("the string is not closed on its line", ""),
    "Invalid statement": ("this is neither a [[header]] nor a key with its value", ""),
    "Invalid value": ("this is no value", _QUOTES),
    "Unclosed array": ("the list is not closed", ""),
    "Unterminated string": ("the string is not closed", ""),
}
"""tomllib's messages that leave one puzzled, and what to do."""
_PLACED = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def tables(source: Source) -> Iterator[Table | Broken]:
    """The tables of a file in order, and those that can't be read."""
    reader = _Reader(source)
    for start, end in _pieces(source.text):
        found = reader.table(start, end)
        if isinstance(found, Broken):
            # It may have swallowed others, for want of a bracket or a quote.
            places = [start, *(at for at in _lines_of_headers(source.text, start, end) if at > start), end]
            for one, other in pairwise(places):
                again = found if (one, other) == (start, end) else reader.table(one, other)
                if again is not None:
                    yield again
        elif found is not None:
            yield found


def _lines_of_headers(text: str, start: int, end: int) -> Iterator[int]:
    return (found.start() for found in _HEADER_LINE.finditer(text, start, end))


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Where each table begins and ends: headers are lines that begin with a bracket, outside of strings and lists."""
    start = depth = 0
    for token in _COARSE.finditer(text):
        mark = token[0]
        if mark[0] == "\n":
            if depth == 0:
                yield start, token.start() + 1
                start = token.start() + 1
            depth += 1
        elif mark in ("[", "{"):
            depth += 1
        elif mark in ("]", "}"):
            depth = max(depth - 1, 0)
        if depth > _DEEPEST:
            break
    yield start, len(text)


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._starts = [0, *(found.end() for found in re.finditer("\n", source.text))]

    def table(self, start: int, end: int) -> Table | Broken | None:
        """The table of a piece; None when there is nothing in it."""
        text = self._source.text[start:end]
        broken = _refused(text)
        if broken is not None:
            offset, message, advice = broken
            return Broken(message, self._word(start + offset, start, end), advice)
        values: Any = tomllib.loads(text)
        path: tuple[str, ...] = ()
        repeated = False
        after = start
        header = self._span(start, start)
        if _HEADER_LINE.match(text):
            marks = [token for token in self._line(start, end) if token.lastgroup != "comment"]
            header, after = self._span(marks[0].start(), marks[-1].end()), marks[-1].end()
            path, repeated = _header(self._source.text[marks[0].start() : after])
        elif not values:
            return None
        for word in path:
            values = values[word]
        if repeated:
            (values,) = values
        return Table(path, repeated, header, values, dict(self._entries(after, end)))

    def _line(self, start: int, end: int) -> Iterator[re.Match[str]]:
        return takewhile(lambda token: token[0] != "\n", _FINE.finditer(self._source.text, start, end))

    def _entries(self, start: int, end: int) -> Iterator[tuple[str, Entry]]:
        """The keys of a table that is known to be right, by their first word."""
        key: list[re.Match[str]] = []
        value: list[re.Match[str]] = []
        items: list[Span] = []
        depth = 0
        assigned = False
        for token in (*_FINE.finditer(self._source.text, start, end), None):
            mark = token[0] if token is not None else "\n"
            if token is not None and token.lastgroup == "comment":
                continue
            if mark == "\n" and depth == 0:
                if value:
                    yield _first_word(key[0][0]), Entry(self._stretch(key), self._stretch(value), tuple(items))
                key, value, items, assigned = [], [], [], False
            elif token is None or mark == "\n":
                continue
            elif not assigned:
                assigned = mark == "="
                key += [] if assigned else [token]
            else:
                value = [*value[:1], token]
                depth += (mark in ("[", "{")) - (mark in ("]", "}"))
                if token.lastgroup == "plain" and depth == 1:
                    items.append(self._stretch([token]))

    def _stretch(self, tokens: Sequence[re.Match[str]]) -> Span:
        return self._span(tokens[0].start(), tokens[-1].end())

    def _word(self, at: int, start: int, end: int) -> Span:
        """The word at an offset; the whole line before it where none stands there."""
        text = self._source.text
        at = min(at, end)
        word = re.compile(r"\S{1,80}").match(text, at, end)
        if word is not None:
            return self._span(at, word.end())
        last = len(text[start:at].rstrip()) + start
        line = max(text.rfind("\n", start, last) + 1, start)
        return self._span(line + len(text[line:last]) - len(text[line:last].lstrip()), last)

    def _span(self, start: int, end: int) -> Span:
        """The stretch between two offsets."""
        line, last = bisect_right(self._starts, start), bisect_right(self._starts, max(end - 1, start))
        column, end_column = start - self._starts[line - 1] + 1, end - self._starts[last - 1] + 1
        return Span(self._source.name, line, column, last, end_column)


def _refused(text: str) -> tuple[int, str, str] | None:
    """Where tomllib stops in a text, its message and what may help."""
    depth = 0
    for token in _COARSE.finditer(text):
        depth += (token[0][-1] in "[{" and token[0][0] in "\n[{") - (token[0] in ("]", "}"))
        if depth > _DEEPEST:
            return token.start(), f"brackets stand in more than {_DEEPEST} others", ""
    long = _LONG_KEY.search(text)
    if long is not None:
        return long.start(), f"a key of more than {_MOST_WORDS} words", ""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        placed = _PLACED.fullmatch(str(error))
        if placed is None:
            return 0, str(error)[:200], ""
        said, line, column = placed.groups()
        message, advice = _WORDING.get(said, (said[:1].lower() + said[1:200], ""))
        at = len(text) if line is None else _offset(text, int(line)) + int(column) - 1
        if said == "Invalid value" and not text[at : at + 1].strip():
            message, advice = "the value is missing or breaks off", ""
        return at, message, advice
    except ValueError:  # int() takes no more than 4300 digits
        return 0, "a number in this table has too many digits", ""
    return None


def _offset(text: str, line: int) -> int:
    """Where a line begins."""
    at = 0
    for _ in range(line - 1):
        at = text.index("\n", at) + 1
    return at


@lru_cache(maxsize=256)
def _header(text: str) -> tuple[tuple[str, ...], bool]:
    """The words of a header, and whether it has two brackets."""
    inner: Any = tomllib.loads(text)
    words = []
    while isinstance(inner, dict) and inner:
        ((word, inner),) = inner.items()
        words.append(word)
    return tuple(words), isinstance(inner, list)


def _first_word(text: str) -> str:
    """The first word of a key, from its first token."""
    if text[0] not in "\"'":
        return text.partition(".")[0]
    (word,) = tomllib.loads(f"{text} = 0")
    return word
