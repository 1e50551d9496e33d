"""Where on its line a word has to stand, and how long lines may be (iptables/iptables-restore.c and xshared.c)."""

from __future__ import annotations

from lvsconf.languages.lines import Line

LONGEST = 10_239
"""Bytes of a line without its end: what is longer is read as two lines. A last word needs one more byte after it."""

MOST_WORDS = 251
"""Words after the counters: 255 arguments with the name of the tool and `-t TABLE`, and the one that ends them."""

_STARTS = {"comment": "a comment", "table": "`*`", "commit": "`COMMIT`", "chain": "`:`"}


def fault(text: str, line: Line | None, ended: bool) -> tuple[int, int, str] | None:
    """What iptables-restore makes of a line that can be read and yet is refused: columns and words, or None.

    `ended` says whether a newline follows.
    """
    # A character has at most four bytes.
    if len(text) >= LONGEST // 4:
        size = len(text.encode("utf-8", "surrogateescape"))
        if size > LONGEST or (size == LONGEST and text[0] != "#" and text[-1] not in " \t"):
            what = f"iptables-restore reads a line of {size} bytes as two: the most is {LONGEST - 1}"
            return len(text), len(text) + 1, what
    if line is None:
        return (1, len(text) + 1, "iptables-restore refuses a line of blanks") if text else None
    first, last = line.words[0], line.words[-1]
    if line.rule in _STARTS or first.kind == "COUNTERS":
        what = _STARTS.get(line.rule, "the counters")
        if first.column > 1:
            return first.column, first.end_column, f"{what} must stand at the very start of the line"
    if line.rule == "commit" and last.end_column <= len(text):
        return last.end_column, len(text) + 1, "nothing may stand after `COMMIT`, not even a blank"
    if line.rule == "commit" and not ended:
        return first.column, first.end_column, "iptables-restore does not know `COMMIT` without a newline after it"
    if line.rule == "command" and len(line.words) - (first.kind == "COUNTERS") > MOST_WORDS:
        return last.column, last.end_column, f"iptables-restore takes at most {MOST_WORDS} words in a line"
    return None
