"""The same fault in many places, told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from lvsconf.findings import Problem


def said_once(problems: Iterable[Problem], wanted: Callable[[Problem], bool]) -> list[Problem]:
    """The problems; of those that are `wanted` and say the same, the first alone, with the number of the others."""
    found = list(problems)
    counts = Counter((each.code, each.message) for each in found if wanted(each))
    kept = []
    for each in found:
        count = counts.pop((each.code, each.message), 0) if wanted(each) else 1
        if count > 1:
            more = f"{count - 1} more line{'s are' if count > 2 else ' is'} like it"
            kept.append(replace(each, help=f"{each.help} ({more})" if each.help else more))
        elif count:
            kept.append(each)
    return kept
