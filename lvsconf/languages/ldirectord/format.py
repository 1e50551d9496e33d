"""ldirectord.cf with the lines of a `virtual` indented by one tab; their words stay as they are."""

from __future__ import annotations

import re

from lvsconf.languages.ldirectord.reader import belongs_to_virtual, parsed
from lvsconf.languages.lines import LineError
from lvsconf.source import Source


def format_source(source: Source) -> str:
    """The text with its lines indented; a line that can't be read, or stands in the wrong place, stays.

    Blanks at the end of a line stay as well: they belong to the value.
    """
    pieces = source.text.split("\n")
    inside = False
    for index in range(len(source.lines)):
        text = pieces[index]
        try:
            line = parsed(text)
        except LineError:
            inside = inside and belongs_to_virtual(text)
            continue
        if line is not None and line.rule == "comment":
            if inside and text[:1] in (" ", "\t"):
                pieces[index] = "\t" + text.strip(" \t\r")
            continue
        if inside and belongs_to_virtual(text):
            if line is not None:
                pieces[index] = "\t" + text.lstrip(" \t")
            continue
        inside = line is not None and bool(re.match(r"virtual6?[ \t]*=", text))
        if line is None:
            pieces[index] = ""
    return "\n".join(pieces)
