"""grammars/cluster.lark compiled, and what to say about text that it does not take."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

from lark import Lark, Token, Tree, UnexpectedInput, UnexpectedToken
from lark.lexer import PatternStr

from lvsconf.resources import grammars_path
from lvsconf.source import Source, Span

_MEANT = {
    "NAME": "a name",
    "DEVICE": "the name of an interface, such as `eth0`",
    "DEVICE_ADDRESS": "an address with its length, such as `192.0.2.2/24`",
    "HOST_ADDRESS": "an address, such as `10.0.0.2` or `10.0.0.2/24`",
    "HOST": "an address, such as `192.0.2.1`",
    "NETWORK": "a network, such as `192.0.2.0/24`",
    "NETMASK": "a netmask, such as `255.255.255.0`",
    "PORT": "a port from 1 to 65535",
    "DURATION": "a timeout, such as `300s`",
    "WEIGHT": "a weight from 0 to 65535",
    "DESTINATION": "a real server, such as `web1` or `web1:8080`",
    "_SEP": "`;`",
    "_COMMA": "`,`",
    "$END": "the end of the file",
}
"""What people call the terminals of the grammar that are not words of the language themselves."""


_ENDS = ("`;`", "`,`", "`}`")


class _EveryWord:
    """Lets the lexer take any word anywhere: it is the parser that knows what may stand."""

    always_accept = ("VALUE",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The tokens as they are."""
        return stream


@cache
def _grammar() -> Lark:
    return Lark.open(
        str(grammars_path() / "cluster.lark"),
        parser="lalr",
        postlex=_EveryWord(),
        propagate_positions=True,
        maybe_placeholders=False,
    )


class UnexpectedWordError(Exception):
    """The first place where the text is not in the language: what stands there, and what could have."""

    def __init__(self, message: str, span: Span, suggestion: str = "") -> None:
        super().__init__(message)
        self.span = span
        self.suggestion = suggestion


def parse(source: Source) -> Tree[Token]:
    """The tree of a cluster file. Raises UnexpectedWordError."""
    try:
        return _grammar().parse(source.text)
    except UnexpectedInput as error:
        raise _unexpected(source, error) from error


def _unexpected(source: Source, error: UnexpectedInput) -> UnexpectedWordError:
    if not isinstance(error, UnexpectedToken):
        return _stray(source, source.span(error.line, error.column, error.column + 1))
    expected = sorted(error.accepts or error.expected)
    found, span = _found(source, error.token)
    message = f"unexpected {found}: expected {_listed(expected)}"
    vocabulary = [word for name in expected if (word := _keyword(name)) is not None]
    close = get_close_matches(str(error.token).lower(), vocabulary, 1)
    return UnexpectedWordError(message, span, f"did you mean `{close[0]}`?" if close else "")


def _stray(source: Source, span: Span) -> UnexpectedWordError:
    # A comma where none belongs has no token of its own there; a quote that nothing closes never has one.
    character = source.lines[span.line - 1][span.column - 1]
    if character == '"':
        return UnexpectedWordError('a `"` that nothing closes: expected another one on the same line', span)
    return UnexpectedWordError(f"unexpected `{character}`", span)


def _found(source: Source, token: Token) -> tuple[str, Span]:
    if token.type == "$END":
        line = max(len(source.lines), 1)
        column = len(source.lines[-1]) + 1 if source.lines else 1
        return "end of the file", source.span(line, column, column)
    line, column = token.line or 1, token.column or 1
    word = str(token)[:1] if token.type in ("_SEP", "_COMMA") else str(token)
    if word == "\n":
        return "end of the line", source.span(line, column, column)
    return f"`{word}`", source.span(line, column, column + len(word))


def _keyword(terminal: str) -> str | None:
    """The word of the language that a terminal stands for."""
    if terminal in _MEANT:
        return None
    pattern = _grammar().get_terminal(terminal).pattern
    return pattern.value if isinstance(pattern, PatternStr) else None


def _called(terminal: str) -> str:
    return _MEANT[terminal] if terminal in _MEANT else f"`{_keyword(terminal)}`"


def _listed(terminals: list[str]) -> str:
    # words first, then what only ends something
    names = sorted(map(_called, terminals), key=lambda name: (name in _ENDS, name))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
