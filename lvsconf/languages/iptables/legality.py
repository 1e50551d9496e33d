"""Which options a command of iptables goes with (iptables/xshared.c, commands_v_options and add_command)."""

from __future__ import annotations

from collections.abc import Iterable

from lvsconf.languages.iptables.getopt import Takes, takes

OPERANDS = {
    "A": (1, 1), "D": (1, 2), "C": (1, 1), "I": (1, 2), "R": (2, 2), "L": (0, 2), "S": (0, 2), "F": (0, 1),
    "Z": (0, 2), "N": (1, 1), "X": (0, 1), "E": (2, 2), "P": (2, 2),
}  # fmt: skip
"""How many operands each command takes, at least and at most."""

NUMBERED = frozenset("IDRLSZ")
"""Commands whose second operand is the number of a rule."""

RULES = frozenset("AIDRC")
"""Commands that hold a rule."""

CHAIN_NAME_LIMIT = 28
"""The longest name of a chain (XT_EXTENSION_MAXNAMELEN with its closing NUL is 29)."""

_RULE_OPTIONS = frozenset("sdiopfjg")
_WITH_COUNTERS = frozenset("AIRP")
SHOWN = frozenset({"n", "x", "line-numbers", "v"})
"""Options that change what is shown, not the rule."""

ONLY_ELSEWHERE = {
    "V": "prints the version and ends the load there",
    "h": "prints help and ends the load there",
    "w": "is for the command line, not for a file",
    "W": "is for the command line, not for a file",
    "t": "can't stand in a file: the `*` line names the table",
}
"""Options that iptables-restore refuses, or that end it."""


def both(first: str, second: str) -> bool:
    """Whether two commands may stand in one line: listing, and zeroing what was listed."""
    return {first, second} in ({"L", "Z"}, {"S", "Z"})


def illegal(command: str, numbered: bool, given: Iterable[str]) -> str | None:
    """The first of the options (by letter) that does not go with the command; `numbered`: it names a rule by number."""
    for letter in given:
        if letter in _RULE_OPTIONS:
            legal = command in RULES and not (command == "D" and numbered)
        elif letter == "c":
            legal = command in _WITH_COUNTERS
        else:
            legal = letter not in SHOWN or letter == "v" or command == "L"
        if not legal:
            return letter
    return None


def takes_word(command: str) -> bool:
    """Whether the first operand is the next word, whatever it is."""
    return takes(command) is Takes.VALUE
