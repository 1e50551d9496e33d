"""Changes as a unified diff that `patch` and `git apply` take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff

from lvsconf.source import Source


def diff(before: Mapping[str, Source], after: Mapping[str, Source]) -> Iterator[str]:
    """The lines of the diff, with their line ends, one file after the other by name."""
    for file in sorted(after):
        if before[file].text == after[file].text:
            continue
        old, new = _lines(before[file].text), _lines(after[file].text)
        for line in unified_diff(old, new, _quoted(file, "a"), _quoted(file, "b")):
            if line.endswith("\n"):
                yield line
            else:
                yield f"{line}\n"
                yield "\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """The lines with their ends; only a newline ends one, whatever else `splitlines` would break at."""
    pieces = text.split("\n")
    last = pieces.pop()
    return [f"{piece}\n" for piece in pieces] + ([last] if last else [])


def _quoted(file: str, side: str) -> str:
    """A file name in a diff header; a name with odd characters is quoted as GNU diff and git do."""
    name = f"{side}/{file}" if not file.startswith("/") else file
    if all(character.isprintable() and character not in '"\\' for character in name):
        return name
    raw = name.encode("utf-8", "surrogateescape")
    escapes = {0x22: '\\"', 0x5C: "\\\\", 0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}
    shown = (escapes.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}") for byte in raw)
    return f'"{"".join(shown)}"'
