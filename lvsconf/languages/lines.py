"""Lines of words: one tokeniser, taken from a Lark grammar, that feeds both the parser and a cache of line shapes.

A dump has thousands of lines but few shapes, a shape being the names of a line's tokens in order. Lark decides once
for each shape which line it is and where its parts stand; the tokens themselves are found by the grammar's own
terminals, compiled to one regular expression.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from lvsconf.findings import Problem
from lvsconf.resources import grammar_path, grammars_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lark import Lark


UNDERSTOOD = frozenset({"LVS018", "LVS023", "LVS024"})
"""Problems of words that are read whole: a `!` that stands badly, words without effect, a rule that saves badly."""

LINE_LIMIT = 16384
"""The longest line that is read. The tools stop earlier: iptables-restore at 10,240 bytes."""


class Word(NamedTuple):
    """One token of a line; columns count from 1, the end is one past the last character."""

    kind: str
    text: str
    column: int
    end_column: int


class LineError(ValueError):
    """A line that the grammar has no place for: where it stops making sense, and what could stand there."""

    def __init__(self, column: int, end_column: int, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.end_column = end_column


@dataclass(frozen=True, slots=True)
class Line:
    """A line that the grammar knows: the rule it is, and its tokens."""

    rule: str
    words: tuple[Word, ...]

    def find(self, kind: str) -> Word | None:
        """The first token of that name."""
        return next((word for word in self.words if word.kind == kind), None)


class LineGrammar:
    """One of the line-oriented grammars."""

    def __init__(self, name: str) -> None:
        self._lark = _load(name)
        self._patterns = patterns = {
            terminal.name: terminal.pattern.to_regexp()
            for terminal in sorted(self._lark.terminals, key=lambda item: (-item.priority, item.name))
            if not terminal.name.startswith("_")
        }
        self._ignored = frozenset(self._lark.ignore_tokens)
        openers = _accepted(self._lark)
        followers = {name for opener in openers for name in _accepted(self._lark, opener)}
        # What neither opens a line nor follows an opener stands further on, as `=` does.
        followers |= patterns.keys() - openers
        self._opening = _alternatives(patterns, openers | self._ignored)
        self._following = _alternatives(patterns, followers | self._ignored)
        self._shapes: dict[tuple[str, ...], str] = {}

    def pattern(self, terminal: str) -> str:
        """The regular expression of a terminal."""
        return self._patterns[terminal]

    def scan(self, text: str) -> list[Word]:
        """The tokens of one line."""
        if len(text) > LINE_LIMIT:
            raise LineError(1, len(text) + 1, f"the line is longer than {LINE_LIMIT} characters")
        nul = text.find("\0")
        if nul >= 0:  # the tools would take it for the end of the text
            raise LineError(nul + 1, nul + 2, "a NUL byte")
        words: list[Word] = []
        expression = self._opening
        position = 0
        while position < len(text):
            found = expression.match(text, position)
            if found is None or found.end() == position:
                raise LineError(position + 1, len(text) + 1, "this is no word of the language")
            kind = str(found.lastgroup)
            if kind not in self._ignored:
                words.append(Word(kind, found.group(), position + 1, found.end() + 1))
                expression = self._following
            position = found.end()
        return words

    def parse(self, text: str) -> Line | None:
        """The line, None when there is nothing on it; raises LineError when the grammar has no place for it."""
        words = self.scan(text)
        if not words:
            return None
        shape = tuple(word.kind for word in words)
        rule = self._shapes.get(shape)
        if rule is None:
            rule = self._shapes[shape] = self._rule(words)
        return Line(rule, tuple(words))

    def _rule(self, words: list[Word]) -> str:
        from lark.exceptions import UnexpectedToken

        try:
            tree = self._lark.parse(words, start="line")
        except UnexpectedToken as error:
            index = getattr(error.token, "start_pos", None)
            expected = ", ".join(sorted(name for name in error.accepts or error.expected if name != "$END"))
            if error.token.type == "$END" or index is None:
                last = words[-1]
                raise LineError(
                    last.end_column, last.end_column, f"the line ends where {expected} should stand"
                ) from None
            word = words[index]
            message = f"expected {expected or 'the end of the line'}"
            raise LineError(word.column, word.end_column, message) from None
        return str(tree.data)


def one_problem(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """One bad line is one finding: the first place not understood; what is understood all the same comes last."""
    if len(problems) < 2:
        return tuple(problems)
    first = min(problems, key=lambda problem: (problem.code if problem.code in UNDERSTOOD else "", problem.span))
    more = f"{len(problems) - 1} more on this line"
    return (dataclasses.replace(first, help=f"{first.help} ({more})" if first.help else more),)


def _accepted(lark: Lark, *fed: str) -> set[str]:
    """The terminals that may follow those already fed."""
    from lark import Token

    step = lark.parse_interactive(start="line")
    for name in fed:
        step.feed_token(Token(name, name))
    names: set[str] = step.accepts()  # type: ignore[no-untyped-call]
    return names - {"$END"}


def _alternatives(patterns: dict[str, str], names: Collection[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns.items() if name in names))


@cache
def _load(name: str) -> Lark:
    # Lark takes a tenth of the time a command has; only inputs that need a grammar pay for it.
    from lark import Lark, Token
    from lark.lexer import Lexer

    class Fed(Lexer):
        """Hands on the tokens that `scan` has found."""

        def __init__(self, lexer_conf: object) -> None:
            pass

        def lex(self, data: list[Word]) -> Iterator[Token]:  # type: ignore[override]
            """One Lark token per word; its position is the word's index."""
            for index, word in enumerate(data):
                yield Token(word.kind, word.kind, start_pos=index)

    return Lark(
        grammar_path(name).read_text("utf-8"),
        parser="lalr",
        lexer=Fed,
        start=["start", "line"],
        import_paths=[str(grammars_path())],
        source_path=str(grammar_path(name)),
        keep_all_tokens=False,
    )


@cache
def line_grammar(name: str) -> LineGrammar:
    """The grammar of that name, built once."""
    return LineGrammar(name)
