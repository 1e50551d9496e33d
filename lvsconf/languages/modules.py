"""`lsmod` and /proc/modules: the modules that are loaded."""

from __future__ import annotations

import re

from lvsconf.findings import Problem
from lvsconf.source import Source

NAME = "modules"
EXPECTS = "the output of lsmod"

_HEADER = re.compile(r"Module[ \t]+Size[ \t]+Used by")
_ROW = re.compile(r"(?P<name>[A-Za-z0-9_-]+)[ \t]+[0-9]+[ \t]+-?[0-9]+(?:[ \t].*)?")


def recognise(text: str) -> bool:
    """Whether this lists modules."""
    return bool(_HEADER.match(text) or re.match(r"\w+ [0-9]+ [0-9]+ \S+ (?:Live|Loading|Unloading) 0x", text))


def read(source: Source) -> tuple[frozenset[str], tuple[Problem, ...]]:
    """The names of the modules, with underscores as the kernel writes them."""
    names = set()
    problems = []
    for number, text in enumerate(source.lines, 1):
        if not text.strip() or _HEADER.match(text):
            continue
        found = _ROW.fullmatch(text.strip())
        if found is None:
            problems.append(Problem("LVS039", "this line names no module with its size", source.span(number)))
        else:
            names.add(found["name"].replace("-", "_"))
    return frozenset(names), tuple(problems)
