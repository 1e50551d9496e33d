"""What is wrong with a line."""

from __future__ import annotations

from lvsconf.languages.lines import Word

UNREADABLE = "LVS043"
REFUSED = "LVS044"


class FaultError(ValueError):
    """A line that ipset or the kernel refuses. `word` is the one that it is about, None for the line as a whole."""

    def __init__(self, message: str, word: Word | None = None, near: str = "", code: str = REFUSED) -> None:
        super().__init__(message)
        self.word = word
        self.near = near
        self.code = code


def unreadable(message: str, word: Word | None, near: str = "") -> FaultError:
    """A word that means nothing where it stands; `near` is what may have been meant."""
    return FaultError(message, word, near, UNREADABLE)
