"""Nothing reaches a generated file unquoted."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from lvsconf.compile import quoting
from lvsconf.compile.quoting import UnsafeTextError, Word
from lvsconf.compile.templates import environment
from tests.compile.example import DR, TUN, built

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = ["$(rm -rf /)", "`id`", "a b", "a;b", "a'b", 'a"b', "a\\b", "a|b", "a&b", "a>b", "*", "~", "!", "{a,b}", "#a"]


@pytest.mark.parametrize("source", ["{{ value }}", "{{ '$(rm -rf /)' }}", "{{ word ~ value }}", "{{ word | upper }}"])
@pytest.mark.parametrize("value", ["plain", "$(rm -rf /)", True, None, 1.5, ["a"]])
def test_a_template_prints_words_only(source: str, value: object) -> None:
    with pytest.raises(UnsafeTextError, match="has not been quoted"):
        environment().from_string(source).render(value=value, word=quoting.plain("word"))


def test_words_and_numbers_are_printed() -> None:
    text = environment().from_string("{{ word }} {{ number }}").render(word=quoting.shell("a b"), number=7)
    assert text == "'a b' 7"


def test_what_is_not_there_explains_itself() -> None:
    with pytest.raises(UndefinedError, match="'wrod' is undefined"):
        environment().from_string("{{ wrod }}").render(word=quoting.plain("word"))


@pytest.mark.parametrize("text", [*HOSTILE, "", "a\nb", "\x00"])
def test_a_rules_file_has_plain_words(text: str) -> None:
    if text == "!":
        assert quoting.plain(text) == "!"
        return
    with pytest.raises(UnsafeTextError):
        quoting.plain(text)


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "\x00", "\x1b[0m", "\u2028", "\u202e"])
def test_lines_cannot_be_broken(text: str) -> None:
    for make in (quoting.shell, quoting.comment, quoting.plain):
        with pytest.raises(UnsafeTextError):
            make(text)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20) | st.sampled_from(HOSTILE))
def test_the_shell_reads_back_what_was_quoted(text: str) -> None:
    word = quoting.shell(text)
    done = subprocess.run(["sh", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert done.stdout.decode() == text


def test_a_word_that_is_changed_is_no_word() -> None:
    word = quoting.plain("word")
    assert type(word) is Word
    assert type(word + "x") is str
    assert type(word.upper()) is str


def _calls_of_word() -> Iterator[str]:
    for path in (ROOT / "lvsconf" / "compile").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Word":
                yield path.name


def test_words_are_made_in_one_place() -> None:
    assert set(_calls_of_word()) == {"quoting.py"}


def test_templates_switch_nothing_off() -> None:
    for path in (ROOT / "lvsconf" / "compile" / "templates").iterdir():
        text = path.read_text(encoding="utf-8")
        assert "|" not in "".join(part.split("}}")[0] for part in text.split("{{")[1:]), path.name
        assert "autoescape" not in text and "{% set" not in text, path.name


@pytest.mark.parametrize("name", [*HOSTILE, "a\nb", "../up"])
@pytest.mark.parametrize("text", [DR, TUN])
def test_a_hostile_cluster_builds_nothing(text: str, name: str) -> None:
    for old in ("web {", "lb1", "web1", "eth0", "eth1", "http", "192.0.2.100", "10.0.0.2", "tcp 80"):
        for new in (name, f'"{name}"'):
            if old not in text or new in ('"#a"', "#a", "~"):
                continue
            found = built(text.replace(old, f"{new} {{" if old == "web {" else new))
            assert found.problems and not found.files, (old, new)
