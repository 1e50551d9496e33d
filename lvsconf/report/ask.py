"""The answer to `ask`: whose packets fare how, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO

from lvsconf.model.fields import SRC
from lvsconf.packets.set_text import SetText, describe
from lvsconf.questions.asking import Answer
from lvsconf.questions.reaching import Group
from lvsconf.report.drawing.screen import safe, wrap

COLUMNS = 80
LINES = 6
"""So many lines a set is told in."""
CONDITIONS = 3


def write(layout: str, question: str, answer: Answer, assumed: tuple[str, ...], out: TextIO) -> None:
    """Write an answer in one of FORMATS; `question` says what was asked."""
    out.writelines(f"{line}\n" for line in _LAYOUTS[layout](question, answer, assumed))


def _said(answer: Answer, group: Group) -> SetText:
    return describe(answer.space, group.packets, ways=LINES, within=answer.within)


def _text(question: str, answer: Answer, assumed: tuple[str, ...]) -> Iterator[str]:
    yield from _wrapped("", safe(question))
    for group in answer.groups:
        yield ""
        yield from _wrapped("  ", safe(str(group)))
        said = _said(answer, group)
        for line in (*said.ways, *(["and more"] if said.more else [])):
            yield from _wrapped("      ", safe("everybody" if line == "anything" else line))
        for condition in _conditions(group):
            yield from _wrapped("    if ", safe(condition))
    if not answer.groups:
        yield "  nobody: no packet that was asked about can come there"
    if assumed:
        yield ""
        for said_of in assumed:
            yield from _wrapped("assumed: ", safe(said_of))


def _conditions(group: Group) -> tuple[str, ...]:
    """What the ends that are not sure hang on."""
    if group.certain:
        return ()
    found = dict.fromkeys(said for ending in group.endings for said in ending.conditions)
    return tuple(found)[:CONDITIONS]


def _wrapped(lead: str, text: str) -> Iterator[str]:
    for number, line in enumerate(wrap(text, COLUMNS - len(lead))):
        yield f"{lead if not number else ' ' * len(lead)}{line}"


def _json(question: str, answer: Answer, assumed: tuple[str, ...]) -> Iterator[str]:
    groups = [_object(answer, group) for group in answer.groups]
    yield json.dumps({"version": 1, "question": question, "groups": groups, "assumed": list(assumed)}, indent=2)


def _object(answer: Answer, group: Group) -> dict[str, Any]:
    said = _said(answer, group)
    return {
        "reached": group.reached,
        "endings": [
            {
                "reached": ending.reached,
                "what": ending.what,
                "by": ending.by or ending.why,
                "file": ending.span.file if ending.span else None,
                "line": ending.span.line if ending.span else None,
                "assumes": list(ending.conditions),
            }
            for ending in group.endings
        ],
        "clients": {
            "ways": list(said.ways),
            "more": said.more,
            "sources": answer.space.how_many(group.packets & answer.within, SRC),
        },
        "witness": {
            "packets": list(group.shown.packets),
            "at": max(len(group.shown.packets) - 1, 0),
            "trace": list(group.shown.trace),
        },
    }


_LAYOUTS: Mapping[str, Callable[[str, Answer, tuple[str, ...]], Iterator[str]]] = {"text": _text, "json": _json}
FORMATS = tuple(_LAYOUTS)
