"""`sysctl -a` and sysctl.conf."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lvsconf.findings import Problem
from lvsconf.languages.lines import LineError, line_grammar
from lvsconf.model.host import Setting
from lvsconf.source import Source

NAME = "sysctl"
EXPECTS = "lines such as `net.ipv4.ip_forward = 1`, as sysctl -a prints them"

_SETTING = re.compile(r"^[ \t]*-?(?:net|kernel|vm|fs|dev|abi|user|debug)[./][\w./:@*-]+[ \t]*=", re.MULTILINE)


def recognise(text: str) -> bool:
    """Whether this is a list of kernel settings."""
    return bool(_SETTING.search(text))


def dotted(key: str) -> str:
    """A key in the form `sysctl -a` prints: `net/ipv4/conf/eth0.1/forwarding` is `net.ipv4.conf.eth0/1.forwarding`."""
    first = re.search(r"[./]", key)
    if first is None or first.group() == ".":
        return key
    return key.translate(str.maketrans("./", "/."))


def read(source: Source) -> tuple[Mapping[str, Setting], tuple[Problem, ...]]:
    """The settings; of two for one key the last counts, as when the file is loaded."""
    grammar = line_grammar("sysctl")
    settings: dict[str, Setting] = {}
    problems: list[Problem] = []
    for number, text in enumerate(source.lines, 1):
        try:
            line = grammar.parse(text)
        except LineError as error:
            span = source.span(number, error.column, error.end_column)
            problems.append(Problem("LVS040", f"this line is no `key = value`: {error}", span))
            continue
        if line is None or line.rule == "comment":
            continue
        key, value = line.words[0], line.find("VALUE")
        span = source.span(number, key.column, (value or line.words[-1]).end_column)
        settings[dotted(key.text.removeprefix("-"))] = Setting(value.text.rstrip() if value else "", span)
    return settings, tuple(problems)


def format_source(source: Source) -> str:
    """Each setting as `key = value`; comments, and lines that can't be read, stay."""
    grammar = line_grammar("sysctl")
    pieces = source.text.split("\n")
    for index, text in enumerate(source.lines):
        try:
            line = grammar.parse(text)
        except LineError:
            continue
        if line is None or line.rule == "comment":
            continue
        key, value = line.words[0].text, line.find("VALUE")
        dash = "-" if key.startswith("-") else ""
        pieces[index] = f"{dash}{dotted(key.removeprefix('-'))} = {value.text.rstrip() if value else ''}"
    return "\n".join(pieces)
