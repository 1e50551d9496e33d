"""Each statement against the table of keywords: how many values it has, and of what kind."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.findings import Problem
from lvsconf.languages.keepalived import values
from lvsconf.languages.keepalived.tree import Statement, reach, walk
from lvsconf.languages.repeats import said_once

_CONCEALED = "*" * 8


def check(top: Statement) -> list[Problem]:
    """What is wrong with the values of a configuration; statements with a wrong one are marked as not usable."""
    # The same words stand in each of many blocks: one finding says it all.
    return said_once(_all(top), lambda problem: problem.code == "LVS055")


def _all(top: Statement) -> Iterator[Problem]:
    for statement in walk(top):
        if statement.rule is None:
            continue
        problem = _values(statement)
        if problem is not None:
            statement.usable = problem.code not in ("LVS052", "LVS054")
            yield problem
        if statement.rule.lines == "names" and not statement.body and statement.condition is None:
            yield Problem("LVS053", f"the block of `{statement.name}` is empty", statement.words[0].span)
        if statement.rule.replacement is not None:
            message = f"`{statement.name}` is deprecated"
            help_text = f"use `{statement.rule.replacement}`"
            yield Problem("LVS053", message, statement.words[0].span, help=help_text)


def shown(statement: Statement, index: int) -> str:
    """A value for a message; what is secret is not shown."""
    rule = statement.rule
    secret = rule is not None and "secret" in rule.values
    return _CONCEALED if secret else (statement.value(index) or "")[:80]


def _values(statement: Statement) -> Problem | None:
    rule = statement.rule
    if rule is None:
        return None
    given = statement.words[1:]
    if len(given) < rule.needed:
        what = _called(rule.values[len(given)])
        return Problem("LVS052", f"`{statement.name}` needs {what}", statement.span, label="a value is missing")
    unknown = next((word for word in given if not word.known), None)
    if unknown is not None and "method" in rule.values:
        return Problem("LVS054", f"what `{unknown.text[:80]}` stands for is not known", unknown.span)
    for index, (kind, word) in enumerate(zip(rule.values, given, strict=False), 1):
        if kind in ("text", "any..."):
            return None
        try:
            values.check(kind, word.text)
        except ValueError as error:
            if not word.known:
                what = f"what `{shown(statement, index)}` stands for is not known"
                return Problem("LVS054", what, word.span)
            message = f"`{shown(statement, index)}` is no value for `{statement.name}`"
            return Problem("LVS052", message, word.span, help=str(error))
    if len(given) > len(rule.values) and "method" not in rule.values:
        extra = given[len(rule.values) :]
        if extra[0].kind == "WORD" and extra[0].text == "\\":
            return Problem("LVS055", "a line can't go on in the next one here", extra[0].span)
        what = f"keepalived does not look at what follows `{statement.name}` here"
        return Problem("LVS055", what, reach(extra))
    return None


def _called(kind: str) -> str:
    if kind.startswith("seconds:"):
        return "a time in seconds"
    return {"word": "a value", "text": "a value", "address": "an address", "method": "NAT, DR or TUN"}.get(
        kind, "a number" if ".." in kind else "a value"
    )
