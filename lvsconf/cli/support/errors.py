"""What ends a command with 2, and how it is said."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from lvsconf.report.drawing.screen import safe

_FEW = 20


class CommandError(Exception):
    """Bad usage, or input that cannot be used; the message is for the user."""


def complain(text: str) -> None:
    """One line on stderr, safe to show whatever a file is called."""
    sys.stderr.write(f"lvsconf: {safe(text)}\n")


def unknown(what: str, word: str, choices: Iterable[str]) -> CommandError:
    """CommandError about a word that is none of the choices, with the nearest of them."""
    from difflib import get_close_matches

    by_folded = {choice.casefold(): choice for choice in choices}
    near = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.5)
    hint = f"; did you mean '{by_folded[near[0]]}'?" if near else ""
    if not near and len(by_folded) <= _FEW:
        hint = f"; there are {', '.join(by_folded.values())}"
    return CommandError(f"unknown {what} '{word}'{hint}")
