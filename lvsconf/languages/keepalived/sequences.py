"""`~SEQ(name, first, step, last)` and `~LST(name, value, …)`: the values that a line is repeated for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from lvsconf.extensions.names import number_of

_WORD = re.compile(r"[^\s,(){}]+")
_ITEM = re.compile(r"\{([^{}]*)\}|([^{},]*)")

Values = Mapping[str, str]
"""What each name stands for in one repetition."""


def repetitions(text: str, limit: int) -> list[Values]:
    """The names and values of each repetition, `limit` at most; raises ValueError with what is wrong."""
    kind, _, inside = text.partition("(")
    inside = inside.rpartition(")")[0]
    kind = kind.strip()
    found = _list(inside) if kind == "~LST" else _sequence(inside, hexadecimal=kind == "~SEQx")
    return list(islice(found, limit))


def _sequence(inside: str, *, hexadecimal: bool) -> Iterator[Values]:
    name, *numbers = (part.strip() for part in inside.split(","))
    if not _WORD.fullmatch(name) or not 1 <= len(numbers) <= 3:
        raise ValueError("expected a name and one to three numbers: first, step, last")
    given = [_number(number) for number in numbers]
    if len(given) == 1:
        last = given[0]
        first, step = (-1 if last < 0 else 1), (-1 if last < 1 else 1)
    elif len(given) == 2:
        first, last = given
        step = 1 if first <= last else -1
    else:
        first, step, last = given
    if step == 0 or (first < last and step < 0) or (first > last and step > 0):
        raise ValueError(f"from {first} in steps of {step} there is no way to {last}")
    if hexadecimal and (first < 0 or last < 0):
        raise ValueError("hexadecimal numbers can't be negative")
    return (
        {name: f"{value:x}" if hexadecimal else str(value)} for value in range(first, last + step // abs(step), step)
    )


def _number(text: str) -> int:
    number = number_of(text.removeprefix("-"))
    if number is None:
        raise ValueError(f"`{text[:40]}` is not a number")
    return -number if text.startswith("-") else number


def _list(inside: str) -> Iterator[Values]:
    items = _items(inside)
    if len(items) < 2:
        raise ValueError("expected a name and its values")
    names = items[0]
    for values in items[1:]:
        if len(values) > len(names):
            raise ValueError(f"there are more values ({len(values)}) than names ({len(names)})")
    rows = [(*values, *[""] * (len(names) - len(values))) for values in items[1:]]
    return (dict(zip(names, row, strict=True)) for row in rows)


def _items(inside: str) -> list[tuple[str, ...]]:
    """`{a, b}, {1, 2}` or `a, 1, 2`: tuples of words."""
    items: list[tuple[str, ...]] = []
    position = 0
    while position <= len(inside):
        while inside[position : position + 1] in (" ", "\t"):
            position += 1
        found = _ITEM.match(inside, position)
        if found is None:
            raise ValueError("the braces do not pair")
        items.append(
            tuple(part.strip() for part in found[1].split(",")) if found[1] is not None else (found[2].strip(),)
        )
        position = found.end()
        while inside[position : position + 1] in (" ", "\t"):
            position += 1
        if position < len(inside) and inside[position] != ",":
            raise ValueError(f"expected a comma before `{inside[position : position + 40]}`")
        position += 1
    return items
