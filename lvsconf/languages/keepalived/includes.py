"""`include`: which files a pattern names, as glob(3) with GLOB_BRACE finds them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

_INCLUDE = re.compile(r"[ \t]*include[rmwba]?[ \t]+([^\n!#]*[^\s!#])")
_MOST = 1000
"""Patterns that the braces of one may stand for."""


def patterns(text: str) -> Iterator[str]:
    """What the lines of a configuration include, as far as a look at each line alone tells."""
    for line in text.split("\n"):
        found = _INCLUDE.match(line)
        if found is not None:
            yield found[1]


def alternatives(pattern: str) -> tuple[str, ...]:
    """`a{b,c}` is `ab` and `ac`; braces that don't pair stand for themselves."""
    done: list[str] = []
    todo = [pattern]
    while todo and len(todo) + len(done) < _MOST:
        each = todo.pop(0)
        found = re.search(r"\{([^{}]*)\}", each)
        if found is None:
            done.append(each)
        else:
            todo += [each[: found.start()] + part + each[found.end() :] for part in found[1].split(",")]
    return tuple(dict.fromkeys([*done, *todo]))


def has_wildcard(pattern: str) -> bool:
    """Whether a pattern may name any number of files, none included."""
    return bool(re.search(r"[*?\[]", pattern))


def matching(pattern: str, includer: str, names: Iterable[str]) -> list[str]:
    """The names that a pattern in the file `includer` means, in the order of glob: sorted for each alternative.

    A name that stands where the pattern says counts; when there is none, a snapshot holds the file under its last name
    beside the file that includes it.
    """
    folder = posixpath.dirname(includer)
    known = sorted(names)
    found: list[str] = []
    for each in alternatives(pattern):
        wanted = posixpath.normpath(posixpath.join(folder, each))
        here = [name for name in known if _same(posixpath.normpath(name), wanted)]
        beside = posixpath.join(folder, posixpath.basename(each))
        found += here or [name for name in known if name != includer and _same(posixpath.normpath(name), beside)]
    return list(dict.fromkeys(found))


def _same(name: str, pattern: str) -> bool:
    """A wildcard stands for no slash, and for no dot at the start of a name."""
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(
        fnmatchcase(part, want) and (not part.startswith(".") or want.startswith("."))
        for part, want in zip(parts, wanted, strict=True)
    )
