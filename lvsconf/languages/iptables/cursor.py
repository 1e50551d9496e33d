"""Walks over the words of one command: takes values, remembers a `!`, and keeps the problems met on the way."""

from __future__ import annotations

from lvsconf.findings import Problem
from lvsconf.languages.iptables import getopt
from lvsconf.languages.iptables.words import Argument
from lvsconf.source import Source, Span


class Cursor:
    """A place in the words of one line."""

    def __init__(self, words: list[Argument], source: Source, line: int) -> None:
        self.words = words
        self.source = source
        self.line = line
        self.problems: list[Problem] = []
        self.negation: Argument | None = None
        self.position = 0

    def span(self, start: int, end: int) -> Span:
        """Columns of this line."""
        return Span(self.source.name, self.line, start, self.line, end)

    def problem(self, code: str, message: str, start: int, end: int, note: str = "") -> None:
        """Remember something that could not be understood."""
        self.problems.append(Problem(code, message, self.span(start, end), help=note))

    def peek(self) -> Argument | None:
        """The next word, which stays where it is."""
        return self.words[self.position] if self.position < len(self.words) else None

    def next(self) -> Argument | None:
        """The next word."""
        word = self.peek()
        self.position += word is not None
        return word

    def plain_words(self) -> list[Argument]:
        """All words up to the next option or `!`."""
        taken: list[Argument] = []
        while (word := self.peek()) is not None and not word.is_not and not getopt.is_option(word.text):
            taken.append(word)
            self.position += 1
        return taken

    def value_follows(self) -> bool:
        """Whether the next word is one that may be left out (xs_has_arg: it begins with neither `-` nor `!`)."""
        word = self.peek()
        return word is not None and word.text[:1] not in ("-", "!")

    def values(self, word: Argument, count: int, attached: str | None, invertible: bool) -> list[Argument] | None:
        """The words that an option takes; None when there are too few.

        getopt hands over the first one whatever it is; the modules look for the others themselves.
        """
        found: list[Argument] = []
        if attached is not None and count:
            found.append(Argument(attached, word.end_column - len(attached), word.end_column))
        while len(found) < count:
            if found and not self.value_follows():
                return None
            value = self.next()
            if value is None:
                return None
            if not found and value.is_not and self.value_follows():
                self._old_negation(word, value, invertible)
                continue
            found.append(value)
        return found

    def _old_negation(self, option: Argument, mark: Argument, invertible: bool) -> None:
        """`-s ! x`: refused since iptables 1.4.3, and still meant as it looks."""
        message = f"`!` stands after `{option.text}`; iptables now wants it before the option"
        self.problem("LVS018", message, mark.column, mark.end_column)
        if self.negation is None and invertible:
            self.negation = mark

    def take_negation(self, word: Argument, allowed: bool, ignored: bool = False) -> tuple[bool, int]:
        """Whether a `!` stood before the option, and the column where the whole begins."""
        mark, self.negation = self.negation, None
        if mark is None:
            return False, word.column
        if ignored:
            self.problem("LVS023", f"the `!` before `{word.text}` changes nothing", mark.column, word.end_column)
        elif not allowed:
            self.problem("LVS019", f"`!` can't stand before `{word.text}`", mark.column, word.end_column)
        return allowed, min(mark.column, word.column)
