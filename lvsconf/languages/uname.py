"""`uname -r`, or `uname -a`: the kernel release."""

from __future__ import annotations

import re

from lvsconf.findings import Problem
from lvsconf.source import Source

NAME = "uname"
EXPECTS = "a kernel release such as 6.1.0-26-amd64, as uname -r prints it"

_RELEASE = re.compile(r"[0-9]+\.[0-9]+\S*")
_WHOLE = re.compile(r"\A\s*(?:Linux \S+ )?[0-9]+\.[0-9]+(?:\.[0-9]+)?(?:[-+._]\S*)?(?: [^\n]*)?\s*\Z")


def recognise(text: str) -> bool:
    """Whether this is one line of uname."""
    return len(text) < 512 and bool(_WHOLE.match(text))


def is_release(text: str) -> bool:
    """Whether this is a kernel release."""
    return bool(_RELEASE.fullmatch(text))


def read(source: Source) -> tuple[str | None, tuple[Problem, ...]]:
    """The release, None when the file is empty or holds none."""
    for number, text in enumerate(source.lines, 1):
        if not text.strip():
            continue
        words = text.split()
        release = words[2] if words[0] == "Linux" and len(words) > 2 else words[0]
        if is_release(release):
            return release, ()
        column = text.index(release) + 1
        span = source.span(number, column, column + len(release))
        return None, (Problem("LVS010", f"`{release[:80]}` is no kernel release", span),)
    return None, ()
