"""The directives (directives.txt), and what ldirectord takes for their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lvsconf.languages.suggest import suggestion

_LISTED = 8
"""Words that a message lists."""


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: whether it may stand outside and inside of a virtual, and the kind of its value."""

    name: str
    outside: bool
    inside: bool
    kind: str

    @property
    def secret(self) -> bool:
        """Whether its value must not be shown."""
        return self.kind == "secret"


@cache
def directives() -> Mapping[str, Directive]:
    """The table, by name."""
    rows = Path(__file__).with_name("directives.txt").read_text(encoding="utf-8").split("\n")
    found = {}
    for row in rows:
        if row and not row.startswith("#"):
            name, where, kind = row.split()
            found[name] = Directive(name, where != "virtual", where != "global", kind)
    return found


def value_of(directive: Directive, text: str, *, inside: bool) -> str:
    """The value that ldirectord takes from the text after `=`; raises ValueError with what was expected.

    Blanks at the end of a line belong to the value.
    """
    if directive.kind == "text" and inside:
        quoted = re.match(r'"(.*)"', text)
        text = quoted[1] if quoted else text
    read = _KINDS.get(directive.kind)
    if read is not None:
        return read(text)
    if "|" in directive.kind:
        return _word(text, tuple(directive.kind.split("|")))
    return text


def _search(pattern: str, expected: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        found = re.search(pattern, text, re.ASCII)
        if found is None:
            raise ValueError(f"expected {expected}")
        return found[found.lastindex or 0]

    return read


def _positive(text: str) -> str:
    found = re.search(r"[0-9]+", text)
    if found is None or found[0] == "0":
        raise ValueError("expected a number above 0")
    return found[0]


def _yes_or_no(text: str) -> str:
    if text not in ("yes", "no"):
        more = ": nothing may follow it, not even a blank" if text.strip() in ("yes", "no") else ""
        raise ValueError(f"expected `yes` or `no`{more}")
    return text


def _quote(text: str) -> str:
    found = re.match(r'"(.*)"', text)
    if found is None:
        raise ValueError('expected a text in `"`')
    return found[1]


def _quoted(text: str) -> str:
    found = _quote(text)
    if not found:
        raise ValueError("expected a text that is not empty")
    return found


def _word(text: str, words: tuple[str, ...]) -> str:
    found = re.search(r"\w+", text, re.ASCII)
    word = found[0] if found else ""
    if (word.lower() if words == ("get", "head") else word) not in words:
        near = suggestion(word, words)
        listed = ", ".join(words[:_LISTED]) + (", …" if len(words) > _LISTED else "")
        raise ValueError(near or f"expected one of {listed}")
    return word


def _checktype(text: str) -> str:
    if re.search(r"[0-9]", text):
        return "combined"
    kinds = ("connect", "negotiate", "ping", "off", "on", "external", "external-perl")
    found = re.search(r"[\w-]+", text, re.ASCII)
    if found is None or found[0] not in kinds:
        near = suggestion(found[0] if found else "", kinds)
        raise ValueError(near or f"expected one of {', '.join(kinds)} or a number")
    return found[0]


def _port(text: str) -> str:
    found = re.search(r"[0-9]+", text)
    if found is None or not 0 < int(found[0][:9]) < 65536:
        raise ValueError("expected a port from 1 to 65535")
    return found[0]


def _status(text: str) -> str:
    parts = re.split(r"\s*,\s*", text)
    known = ("all", "none", "starting", "running", "stopping", "reloading")
    wrong = next((part for part in parts if part not in known), None)
    if wrong is not None:
        raise ValueError(suggestion(wrong, known) or f"expected some of {', '.join(known)}, with commas")
    if "none" in parts and set(parts) != {"none"}:
        raise ValueError("`none` stands alone")
    return text


_KINDS: dict[str, Callable[[str], str]] = {
    "positive": _positive,
    "number": _search(r"[0-9]+", "a number"),
    "leading": _search(r"\A[0-9]+", "a number"),
    "yesno": _yes_or_no,
    "text": _search(r"(?s:.+)", "a value"),
    "quote": _quote,
    "quoted": _quoted,
    "secret": _quoted,
    "status": _status,
    "host": _search(r"\A[0-9A-Za-z._+-]+", "the name or address of a host"),
    "checktype": _checktype,
    "port": _port,
    "lowercase": _search(r"[a-z]+", "the name of a scheduler, in lower case"),
}
