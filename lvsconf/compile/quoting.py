"""The only place that makes Words: text that may stand in a generated file.

A template prints nothing else (see `templates`), so what has not been through here can't reach a script.
"""

from __future__ import annotations

import re
import shlex

_PLAIN = re.compile(r"[A-Za-z0-9_.:,/+=-]+|!")


class Word(str):
    """Text that is safe where its maker says it is. Any operation on it gives a plain str again."""

    __slots__ = ()


class UnsafeTextError(ValueError):
    """Text that can't stand in a generated file, however it is quoted."""


def plain(text: object) -> Word:
    """One word of a rules or sysctl file. Their readers share no way of quoting, so what needs it doesn't pass."""
    found = str(text)
    if not _PLAIN.fullmatch(found):
        raise UnsafeTextError(f"{found!r} can't be a word of a rules file")
    return Word(found)


def shell(text: object) -> Word:
    """One word of a shell command, quoted where it has to be."""
    return Word(shlex.quote(_one_line(text)))


def comment(text: object) -> Word:
    """Text for a comment that ends with its line."""
    return Word(_one_line(text))


def _one_line(text: object) -> str:
    found = str(text)
    if not found.isprintable():
        raise UnsafeTextError(f"{found!r} has characters that can't be printed in one line")
    return found
