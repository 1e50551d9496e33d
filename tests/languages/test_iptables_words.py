"""The tokeniser: what iptables-restore makes of quotes and blanks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.extensions.codecs import Text
from lvsconf.extensions.printing import joined, quoted
from lvsconf.languages.iptables.words import arguments_of
from lvsconf.languages.lines import LineError, line_grammar


def words(text: str) -> list[str]:
    return [argument.text for argument in arguments_of(tuple(line_grammar("iptables").scan(text)))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-A INPUT", ["-A", "INPUT"]),
        (" \t-A\tINPUT ", ["-A", "INPUT"]),
        ('-m "a b"', ["-m", "a b"]),
        ('-m a"b c"', ["-m", "ab c"]),
        ('-m "a"b', ["-m", "a", "b"]),
        ('-m ""', ["-m", ""]),
        (r'-m "a\"b"', ["-m", 'a"b']),
        (r'-m "a\\b"', ["-m", "a\\b"]),
        (r'-m "a\b"', ["-m", "ab"]),
        (r"-m a\ b", ["-m", "a\\", "b"]),
        ("-m 'a b'", ["-m", "'a", "b'"]),
        ('-m "open', ["-m", "open"]),
        ('-m "open\\', ["-m", "open"]),
        ("-m a\fb", ["-m", "a\fb"]),
        ("-m a\u00a0b", ["-m", "a\u00a0b"]),
        ("-m #x [1:2] *y :z COMMIT", ["-m", "#x", "[1:2]", "*y", ":z", "COMMIT"]),
    ],
)
def test_words(text: str, expected: list[str]):
    assert words(text) == expected


def test_quotes_change_no_meaning():
    quoted, marked = arguments_of(tuple(line_grammar("iptables").scan('"!" !')))
    assert quoted.is_not
    assert marked.is_not


def test_columns():
    found = line_grammar("iptables").scan('[1:2] -A  "x y"')
    assert [(word.column, word.end_column) for word in found] == [(1, 6), (7, 9), (11, 16)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("*filter", "table"),
        ("COMMIT", "commit"),
        ("# x", "comment"),
        ("#", "comment"),
        (":INPUT ACCEPT [0:0]", "chain"),
        (":X", "chain"),
        ("-A INPUT", "command"),
        ("[0:0] -A INPUT", "command"),
        ("COMMITTED", "command"),
    ],
)
def test_lines(text: str, rule: str):
    line = line_grammar("iptables").parse(text)
    assert line is not None
    assert line.rule == rule


@pytest.mark.parametrize(
    ("text", "column"),
    [("[0:0]", 6), ("COMMIT x", 8), ("-A \0", 4), ("x" * 20000, 1)],
)
def test_no_line(text: str, column: int):
    with pytest.raises(LineError) as caught:
        line_grammar("iptables").parse(text)
    assert caught.value.column == column


def test_an_empty_line():
    assert line_grammar("iptables").parse("  \t") is None


@given(st.text(st.characters(blacklist_characters="\n\0", blacklist_categories=("Cs",)), max_size=40))
def test_what_is_printed_is_read_back(text: str):
    assert words(f"-m {quoted(text)} x") == ["-m", text, "x"]
    assert words(joined(["-m", Text(text)])) == ["-m", text]
