"""keepalived.conf with each line indented by the depth of its block; its words stay as they are."""

from __future__ import annotations

from lvsconf.languages.keepalived.expansion import LONGEST
from lvsconf.languages.lines import Line, LineError, line_grammar
from lvsconf.source import Source

STEP = "    "


def format_source(source: Source) -> str:
    """The text with its lines indented; a line that can't be read stays."""
    pieces = source.text.split("\n")
    depth = 0
    around: int | None = None  # the depth outside of the definition that goes on
    for index, text in enumerate(source.lines):
        bare = text.strip(" \t\f\v\r")
        try:
            line = line_grammar("keepalived").parse(text) if len(text) <= LONGEST else None
        except LineError:
            line = None
        if line is None:
            if not bare and around is None:  # in a definition an empty line ends it, and one of blanks does not
                pieces[index] = ""
            if around is not None and not text:
                depth, around = around, None
            continue
        kinds = [word.kind for word in line.words]
        closing = next((place for place, kind in enumerate(kinds) if kind != "CLOSE"), len(kinds))
        depth = max(depth - closing, 0)
        indented = STEP * depth + _words(text, bare)
        if len(indented) <= LONGEST and "UNCLOSED" not in kinds:
            pieces[index] = indented
        for kind in kinds[closing:]:
            depth = max(depth + {"OPEN": 1, "CLOSE": -1}.get(kind, 0), 0)
        depth, around = _after(line, bare, depth, around)
    return "\n".join(pieces)


def _words(text: str, bare: str) -> str:
    """The line without the blanks around it. Blanks after a `\\` stay: without them it would go on in the next line."""
    return text.lstrip(" \t\f\v\r") if bare.endswith("\\") and not text.endswith("\\") else bare


def _after(line: Line, bare: str, depth: int, around: int | None) -> tuple[int, int | None]:
    """The depth after a line; a definition ends where it began, whatever braces it holds."""
    goes_on = bare.endswith("\\")
    if around is None:
        return (depth, depth) if line.rule == "definition" and goes_on else (depth, None)
    return (depth, around) if goes_on or line.rule == "comment" else (around, None)
