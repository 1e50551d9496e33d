"""How iptables finds options: getopt_long over its own table and those of the modules loaded so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
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
    "modprobe": "M",
    "version": "V",
    "help": "h",
    "ipv4": "4",
    "ipv6": "6",
}
"""The remaining options of no module."""

_LONG: dict[str, str] = {
    **COMMANDS,
    **OTHERS,
    **{name: letter for letter, option in LETTERS.items() for name in (option.name, *option.aliases)},
}
_SHORT = frozenset(letter for letter in _LONG.values() if len(letter) == 1)


class Takes(Enum):
    """What getopt lets follow an option: nothing, a value, or a value in the same word only."""

    NOTHING = 0
    VALUE = 1
    ATTACHED = 2


_TAKES = {
    **dict.fromkeys(_LONG.values(), Takes.VALUE),
    **dict.fromkeys(("n", "v", "x", "line-numbers", "V", "4", "6", "f"), Takes.NOTHING),
    **dict.fromkeys(("L", "S", "F", "Z", "X", "w", "W", "h"), Takes.ATTACHED),
}

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
        if len(self.names) == 1:
            super().__init__(f"--{self.names[0]} belongs to two modules here, and has to be written in full")
        else:
            super().__init__("could be " + " or ".join(f"--{name}" for name in self.names))


def is_option(text: str) -> bool:
    """Whether getopt takes a word for an option."""
    return len(text) > 1 and text[0] == "-"


def long_names() -> tuple[str, ...]:
    """The long options of no module."""
    return tuple(_LONG)


def takes(letter: str) -> Takes:
    """What may follow an option of no module."""
    return _TAKES[letter]


def short_options(text: str) -> list[Global] | None:
    """`-s`, or `-s10.0.0.1` with the value attached, or `-vA` for two; None when a letter is not known."""
    found: list[Global] = []
    for place, letter in enumerate(text[1:], 2):
        if letter not in _SHORT:
            return None
        if _TAKES[letter] is not Takes.NOTHING:
            return [*found, Global(letter, text[place:] or None)]
        found.append(Global(letter))
    return found


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
    candidates: list[tuple[str, Found | str]] = [item for item in _LONG.items() if item[0].startswith(name)]
    candidates += [item for group in groups for item in group if item[0].startswith(name)]
    if not candidates:
        return None
    # Two names of one option are no two meanings; the same option of two modules is.
    meant = candidates[0][1]
    if any(option is not meant and option != meant for _, option in candidates):
        raise AmbiguousError(known for known, _ in candidates)
    return meant
