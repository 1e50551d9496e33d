"""Inside the guest: what the kernel's tools refuse, and in which line of which file."""

from __future__ import annotations

import re
from typing import Any

# iptables-restore, ip6tables-restore and ipset say it in these words.
_LINE = re.compile(r"(?:Error occurred at line: |[Ee]rror in line |line )(\d+)(?: failed)?(?=[:\s]|$)")
_NOISE = re.compile(r"^(?:Try `.*|Error occurred at line: \d+)$", re.MULTILINE)
_SAYER = re.compile(r"^(?:ip6?tables-restore|ipset)(?: v[\d.]+)?(?: \(legacy\))?: (?:Error in line \d+: )?")


class SetupError(Exception):
    """The kernel or one of its tools refused a part of the snapshot; `line` counts in the file as it was given."""

    def __init__(self, text: str, file: str = "", line: int | None = None) -> None:
        place = ":".join(str(each) for each in (file, line) if each)
        super().__init__(f"{place}: {text}" if place else text)
        self.text, self.file, self.line = text, file, line

    @property
    def told(self) -> dict[str, Any]:
        """For the results."""
        return (
            {"text": self.text}
            | ({"file": self.file} if self.file else {})
            | ({"line": self.line} if self.line else {})
        )


def complaint(text: str, file: str, given: str) -> SetupError:
    """What a tool said of a file, in its own words; `given` is the file as it was given."""
    found = _LINE.search(text)
    line = int(found[1]) if found else None
    if line is not None and file.endswith("tables.rules"):
        line = _without_trace_rules(line, given)
    said = " ".join(_SAYER.sub("", _NOISE.sub("", text).strip()).split())
    if re.fullmatch(r"line \d+ failed", said):
        table = _table_of(line, given)
        said = f"the kernel refuses a rule of table {table}, whose end this is" if table else "the kernel refuses this"
    return SetupError(said, file, line)


def _without_trace_rules(line: int, given: str) -> int:
    """The lab's TRACE rules stand before the COMMIT of table raw (tracelog.with_trace_rules)."""
    table = ""
    for number, text in enumerate(given.splitlines(), 1):
        if text.strip().startswith("*"):
            table = text.strip()[1:]
        if table == "raw" and text.strip() == "COMMIT" and line > number:
            return max(number, line - 2)
    return min(line, len(given.splitlines()) or 1)


def _table_of(line: int | None, given: str) -> str:
    """The table that a COMMIT belongs to."""
    before = given.splitlines()[: line or 0]
    names = [text.strip()[1:] for text in before if text.strip().startswith("*")]
    return names[-1] if names and before[-1].strip() == "COMMIT" else ""
