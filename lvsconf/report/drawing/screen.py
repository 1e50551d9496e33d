"""Text that is safe to show: nothing from an input file reaches the terminal as a command to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

TAB = "    "
COLUMNS = 80
"""How wide lines for people are where nothing says otherwise."""
_COLOURS = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "bold": "1",
    "frame": "1;34",
    "added": "32",
    "removed": "31",
    "dim": "2",
}


@dataclass(frozen=True, slots=True)
class Look:
    """How to show things: coloured or not, how many columns, and only the findings when `quiet`."""

    colour: bool = False
    width: int = COLUMNS
    quiet: bool = False

    def paint(self, text: str, colour: str) -> str:
        """The text in a colour, if there are colours."""
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.colour and text else text


def show_character(character: str) -> str:
    """One character as it may be shown.

    Controls, direction overrides and other invisible characters, halves of surrogate pairs (bytes that are not
    UTF-8) and unassigned code points become escapes: they could move the cursor or make a line look like another.
    """
    if " " <= character <= "~":
        return character
    if character == "\t":
        return TAB
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}:
        number = ord(character)
        if 0xDC80 <= number <= 0xDCFF:  # a byte that `surrogateescape` let through
            number -= 0xDC00
        return f"\\x{number:02x}" if number < 0x100 else f"\\u{{{number:x}}}"
    return character


def safe(text: str) -> str:
    """A text on one line, safe to show."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\\t" if each == "\t" else "\\n" if each == "\n" else show_character(each) for each in text)


def width(text: str) -> int:
    """How many columns a safe text takes."""
    if text.isascii():
        return len(text)
    return sum(_character_width(each) for each in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def wrap(text: str, columns: int) -> list[str]:
    """A safe text in lines of at most so many columns, broken at blanks; a longer word stays whole."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and width(joined) > columns:
            lines.append(word)
        else:
            lines[-1] = joined
    return lines


def wrapped(lead: str, text: str) -> Iterator[str]:
    """A safe text in lines of COLUMNS behind a lead, those after the first indented as far."""
    for number, line in enumerate(wrap(text, COLUMNS - len(lead))):
        yield f"{lead if not number else ' ' * len(lead)}{line}"
