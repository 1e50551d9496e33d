"""The words of an iptables command, unquoted, with their places."""

from __future__ import annotations

from typing import NamedTuple

from lvsconf.languages.lines import Word

PARAMETER_LIMIT = 1024


class Argument(NamedTuple):
    """One word of the command line as iptables sees it, which no longer knows what was quoted."""

    text: str
    column: int
    end_column: int
    quoted: bool = False
    unclosed: bool = False

    @property
    def fault(self) -> str | None:
        """Why iptables-restore would not take this word."""
        if self.unclosed:
            return "the quote is never closed"
        return f"a word is longer than {PARAMETER_LIMIT - 1} characters" if len(self.text) >= PARAMETER_LIMIT else None

    @property
    def is_not(self) -> bool:
        """Whether this is the `!` before an option."""
        return self.text == "!"


def arguments_of(words: tuple[Word, ...]) -> list[Argument]:
    """Tokens as arguments."""
    return [
        _unquoted(word) if '"' in word.text else Argument(word.text, word.column, word.end_column) for word in words
    ]


def unquoted(text: str) -> str:
    """What a token says."""
    return _unquoted(Word("WORD", text, 1, len(text) + 1)).text if '"' in text else text


def _unquoted(word: Word) -> Argument:
    """A quote may open inside a word; a backslash takes the next character as it is, between quotes only."""
    before, _, rest = word.text.partition('"')
    pieces = [before]
    position = 0
    closed = False
    while position < len(rest):
        character = rest[position]
        if character == '"':
            closed = True
            break
        if character == "\\":
            position += 1
            pieces.append(rest[position : position + 1])
        else:
            pieces.append(character)
        position += 1
    return Argument("".join(pieces), word.column, word.end_column, quoted=True, unclosed=not closed)
