"""The answer to `ask`: whose packets fare how, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO

from lvsconf.model.fields import SRC
from lvsconf.packets.set_text import SetText, describe
from lvsconf.questions.asking import Answer
from lvsconf.questions.reaching import Group
from lvsconf.report.drawing.screen import safe, wrapped

CONDITIONS = 3


def write(layout: str, question: str, answer: Answer, assumed: tuple[str, ...], out: TextIO) -> None:
    """Write an answer in one of FORMATS; `question` says what was asked."""
    out.writelines(f"{line}\n" for line in _LAYOUTS[layout](question, answer, assumed))


def _said(answer: Answer, group: Group) -> SetText:
    return describe(answer.space, group.packets, within=answer.within)


def _text(question: str, answer: Answer, assumed: tuple[str, ...]) -> Iterator[str]:
    yield from wrapped("", safe(question))
    for group in answer.groups:
        yield ""
        yield from wrapped("  ", safe(str(group)))
        said = _said(answer, group)
        for line in said.lines:
            yield from wrapped("      ", safe("everybody" if line == "anything" else line))
        for condition in _conditions(group):
            yield from wrapped("    if ", safe(condition))
    if not answer.groups:
        yield "  nobody: no packet that was asked about can come there"
    if assumed:
        yield ""
        for said_of in assumed:
            yield from wrapped("assumed: ", safe(said_of))


def _conditions(group: Group) -> tuple[str, ...]:
    """What the ends that are not sure hang on."""
    if group.certain:
        return ()
    found = dict.fromkeys(said for ending in group.endings for said in ending.conditions)
    return tuple(found)[:CONDITIONS]


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
        "witness": group.shown.described,
    }


_LAYOUTS: Mapping[str, Callable[[str, Answer, tuple[str, ...]], Iterator[str]]] = {"text": _text, "json": _json}
FORMATS = tuple(_LAYOUTS)
