"""Passwords in the lines of daemons' configurations, which nobody should find in a report."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"(?i)(?<![\w-])(?:[\w-]*pass[\w-]*|[\w-]*pwd[\w-]*|[\w-]*secret[\w-]*|auth_(?!type\b)\w+)(?:[ \t]*=[ \t]*|[ \t]+)"
)


def concealed(line: str) -> str:
    """A line with an asterisk for each character of a password, misspelt keywords included.

    `{`, `}` and blanks stay, so that what else stands on the line stays where it is.
    """
    found = _SECRET.search(line)
    return line if found is None else line[: found.end()] + re.sub(r"[^\s{}]", "*", line[found.end() :])
