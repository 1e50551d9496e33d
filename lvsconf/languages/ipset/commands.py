"""One line as ipset sees it: words, options of the tool, the command and its arguments (lib/ipset.c)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from lvsconf.findings import Problem
from lvsconf.languages.lines import LineError, Word, line_grammar
from lvsconf.languages.suggest import suggestion
from lvsconf.source import Source, Span

LONGEST = 1023
"""Bytes of a line; ipset takes what follows for the next line."""
MOST_WORDS = 30

COMMANDS: dict[str, tuple[tuple[str, ...], int]] = {
    "create": (("create", "new", "-N"), 2),
    "add": (("add", "-A"), 2),
    "del": (("del", "-D"), 2),
    "test": (("test", "-T"), 2),
    "destroy": (("destroy", "x", "-X"), 0),
    "list": (("list", "-L"), 0),
    "save": (("save", "-S"), 0),
    "restore": (("restore", "-R"), 0),
    "flush": (("flush", "-F"), 0),
    "rename": (("rename", "e", "-E"), 2),
    "swap": (("swap", "w", "-W"), 2),
    "help": (("help", "-h", "-H"), 0),
    "version": (("version", "-v", "-V"), 0),
    "quit": (("quit",), 0),
}
"""The names of each command, and how many arguments it needs; the first that a word begins is meant."""

_FLAGS = {
    **dict.fromkeys(("-!", "-exist"), "-exist"),
    **dict.fromkeys(("-q", "-quiet", "-s", "-sorted", "-r", "-resolve", "-n", "-name", "-t", "-terse"), ""),
}
_WITH_VALUE = ("-o", "-output", "-f", "-file")


class Command(NamedTuple):
    """A command and its arguments, whose text is without quotes. `exist`: the line has `-exist`."""

    name: str
    words: tuple[Word, ...]
    exist: bool
    line: int
    column: int
    end_column: int

    def place(self, source: Source, word: Word | None = None) -> Span:
        """Where a word stands; the whole command without one."""
        column, end_column = (self.column, self.end_column) if word is None else (word.column, word.end_column)
        return source.span(self.line, column, end_column)


def read_command(source: Source, number: int) -> tuple[Command | None, Problem | None]:
    """One line; neither a command nor a problem when nothing is on it (a comment, COMMIT)."""
    # isspace(3) before the first word: only there do form feed and vertical tab separate.
    text = source.lines[number - 1]
    if text[:1].isspace():
        text = text.lstrip(" \t\r\v\f").rjust(len(text))
    if len(text) > LONGEST or len(text.encode("utf-8", "surrogateescape")) > LONGEST:
        message = f"the line is longer than {LONGEST} bytes: ipset reads the rest as a line of its own"
        return None, Problem("LVS043", message, source.span(number))
    try:
        line = line_grammar("ipset").parse(text)
    except LineError as error:
        nul = text[error.column - 1 : error.column] == "\0"
        quote = -1 if nul else text.find('"', error.column - 1)
        message = "the quote is never closed" if quote >= 0 else f"this line can't be read: {error}"
        return None, Problem("LVS043", message, source.span(number, max(quote + 1, error.column), error.end_column))
    if line is not None and line.rule == "commit" and number == len(source.lines) and not source.text.endswith("\n"):
        return None, Problem("LVS043", "`COMMIT` counts only as a whole line, with its end", source.span(number))
    if line is None or line.rule != "command":
        return None, None
    words = list(line.words)
    place = words[0].column, words[-1].end_column
    if '"' in text:
        words = [word for word in map(_unquoted, words) if word.text]
    if len(words) > MOST_WORDS:
        word = words[MOST_WORDS]
        return None, Problem("LVS043", f"ipset reads {MOST_WORDS} words of a line at most", _at(source, number, word))
    arguments: list[Word] | Word = words
    exist = False
    if "-" in text:
        exist = any(_FLAGS.get(_dashed(word.text)) for word in words)
        arguments = _without_options(words)
    if isinstance(arguments, Word):
        return None, Problem("LVS043", f"`{arguments.text}` needs a value", _at(source, number, arguments))
    if not arguments:
        span = source.span(number, *place)
        return None, Problem("LVS043", "this line names no command such as create or add", span)
    first, *rest = arguments
    name = _command(first.text)
    if name is None:
        names = [each for each, _ in COMMANDS.values()]
        known = suggestion(first.text, [word for words in names for word in words])
        return None, Problem("LVS043", f"`{first.text[:80]}` is no command", _at(source, number, first), help=known)
    if len(rest) < COMMANDS[name][1]:
        wanted = "the name of a set and its type" if name == "create" else "two arguments"
        wanted = "the name of a set and an element" if name in ("add", "del", "test") else wanted
        return None, Problem("LVS043", f"`{first.text}` needs {wanted}", source.span(number, *place))
    return Command(name, tuple(rest), exist, number, *place), None


def _at(source: Source, number: int, word: Word) -> Span:
    return source.span(number, word.column, word.end_column)


def _unquoted(word: Word) -> Word:
    return word._replace(text=word.text.replace('"', "")) if '"' in word.text else word


def _dashed(text: str) -> str:
    return text[1:] if text.startswith("--") else text


def _without_options(words: list[Word]) -> list[Word] | Word:
    """The words that are no options of the tool, wherever these stand; the option itself when its value is missing."""
    kept: list[Word] = []
    waiting: Word | None = None
    for word in words:
        if waiting is not None:
            waiting = None
        elif _dashed(word.text) in _WITH_VALUE:
            waiting = word
        elif _dashed(word.text) not in _FLAGS:
            kept.append(word)
    return kept if waiting is None else waiting


@lru_cache(maxsize=64)
def _command(text: str) -> str | None:
    """The command that a word names: any beginning of a long name will do, with or without two dashes."""
    begun = text.removeprefix("--")
    if not begun or text == "-":
        return None
    for name, (names, _) in COMMANDS.items():
        if any(each.startswith(begun) for each in names):
            return name
    return None
