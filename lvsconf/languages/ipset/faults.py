"""What is wrong with a line."""

from __future__ import annotations

from lvsconf.languages.lines import Word

UNREADABLE = "LVS043"
REFUSED = "LVS044"


class Fault(ValueError):
    """A line that ipset or the kernel refuses. `word` is the one that it is about, None for the line as a whole."""

    def __init__(self, message: str, word: Word | None = None, code: str = REFUSED, help: str = "") -> None:
        super().__init__(message)
        self.word = word
        self.code = code
        self.help = help


def unreadable(message: str, word: Word | None, help: str = "") -> Fault:
    """A word that means nothing where it stands."""
    return Fault(message, word, UNREADABLE, help)
