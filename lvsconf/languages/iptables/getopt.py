"""How iptables finds options: getopt_long over its own table and those of the modules loaded so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lvsconf.extensions.head import LETTERS

COMMANDS = {
    "append": "A",
    "delete": "D",
    "check": "C",
    "insert": "I",
    "replace": "R",
    "list": "L",
    "list-rules": "S",
    "flush": "F",
    "zero": "Z",
    "new-chain": "N",
    "delete-chain": "X",
    "rename-chain": "E",
    "policy": "P",
}
"""Commands, long name to letter."""

OTHERS = {
    "jump": "j",
    "goto": "g",
    "match": "m",
    "table": "t",
    "set-counters": "c",
    "numeric": "n",
    "verbose": "v",
    "exact": "x",
    "line-numbers": "line-numbers",
    "wait": "w",
    "wait-interval": "W",
    "modprobe": "modprobe",
    "ipv4": "4",
    "ipv6": "6",
}
"""The remaining options of no module."""

WITHOUT_EFFECT = frozenset({"n", "v", "x", "line-numbers", "w"})
"""Options that change what is shown or how long is waited, not the rule."""

_LONG: dict[str, str] = {
    **COMMANDS,
    **OTHERS,
    **{name: letter for letter, option in LETTERS.items() for name in (option.name, *option.aliases)},
}
_SHORT = frozenset(letter for letter in _LONG.values() if len(letter) == 1)

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Global:
    """An option of no module, by its letter. `attached` is a value written into the same word."""

    letter: str
    attached: str | None = None


class AmbiguousError(ValueError):
    """An abbreviation of more than one option."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(set(names))
        super().__init__("could be " + " or ".join(f"--{name}" for name in self.names))


def is_option(text: str) -> bool:
    """Whether getopt takes a word for an option."""
    return len(text) > 1 and text[0] == "-"


def long_names() -> tuple[str, ...]:
    """The long options of no module."""
    return tuple(_LONG)


def short_option(text: str) -> Global | None:
    """`-s`, or `-s10.0.0.1` with the value attached."""
    letter = text[1:2]
    if letter not in _SHORT:
        return None
    return Global(letter, text[2:] or None)


def resolve(name: str, groups: Sequence[Sequence[tuple[str, Found]]], abbreviated: bool = True) -> Found | str | None:
    """The option that a long name or an unambiguous start of it means.

    `groups` are the modules' options, the newest module first; iptables' own come before them. A string in the
    result is the letter of one of iptables' own. Without `abbreviated` the name has to be given in full.
    """
    if name in _LONG:
        return _LONG[name]
    for group in groups:
        for known, option in group:
            if known == name:
                return option
    if not abbreviated:
        return None
    candidates: dict[str, Found | str] = {}
    for known, letter in _LONG.items():
        if known.startswith(name):
            candidates[known] = letter
    for group in groups:
        for known, option in group:
            if known.startswith(name):
                candidates.setdefault(known, option)
    meanings: list[Found | str] = []
    for candidate in candidates.values():
        if candidate not in meanings:
            meanings.append(candidate)
    if len(meanings) > 1:
        raise AmbiguousError(candidates)
    return meanings[0] if meanings else None
