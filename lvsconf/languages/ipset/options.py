"""The options of a line: words after the set's type, or after an element (lib/ipset.c, call_parser)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from lvsconf.languages.ipset.faults import FaultError, unreadable
from lvsconf.languages.lines import Word
from lvsconf.languages.suggest import suggestion


class Given(NamedTuple):
    """One option of a line: its own word, and the word of its value (None for a flag)."""

    name: str
    word: Word
    value: Word | None = None


def options(
    words: Sequence[Word], known: Collection[str], flags: Collection[str], aliases: Mapping[str, str], what: str
) -> Iterator[Given]:
    """The options in the order of the line. Two dashes may stand before each.

    `known` has all that may stand here, `flags` those without a value, `aliases` other words for some; `what` says in
    words what takes them. Raises FaultError.
    """
    seen: set[str] = set()
    position = 0
    while position < len(words):
        word = words[position]
        text = word.text.removeprefix("--")
        name = aliases.get(text, text)
        if name not in known:
            near = suggestion(text, [*known, *aliases])
            raise unreadable(f"`{word.text[:80]}` is no option of {what}", word, near)
        position += 1
        value = None
        if name not in flags and text not in aliases:
            if position == len(words):
                raise unreadable(f"`{word.text}` needs a value", word)
            value = words[position]
            position += 1
        # Flags set a bit, which may be done again.
        if name in seen and name not in flags:
            raise FaultError(f"`{word.text}` is given twice", word)
        seen.add(name)
        yield Given(name, word, value)
