"""Lines of a shape that was read before, where only plain values of options differ.

A dump has thousands of `-A` lines and few shapes. A shape is a line's words without those that are settled: values
that the option's codec answers for, whatever else the line holds (Codec.settled), and names of chains.
CommandReader reads the first line of each shape and says where such words stand; as it prints, the next ones print.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lvsconf.extensions.options import Settled
from lvsconf.languages.iptables.command import CommandReader
from lvsconf.languages.lines import LINE_LIMIT, LineGrammar

_MOST = 20_000
"""Shapes that are kept; lines of further ones are read one by one."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where the settled words stand, and the words of the printed line: the settled ones by their place in the line
    read. `same` says that the two lines don't differ."""

    settled: tuple[tuple[int, Settled], ...]
    printed: tuple[str | int, ...]
    same: bool


class _Words(dict[str, "_Words"]):
    """A tree of words: what may follow, by the word or as a settled one, and the shape of a line that ends here."""

    __slots__ = ("settled", "shape")

    def __init__(self) -> None:
        super().__init__()
        self.settled: _Words | None = None
        self.shape: _Shape | None = None


class Shapes:
    """The shapes met in one file of a family."""

    def __init__(self, grammar: LineGrammar, family: int) -> None:
        self.family = family
        self._words = re.compile(grammar.pattern("WORD")).findall
        self._counters = re.compile(grammar.pattern("COUNTERS")).match
        self._tree = _Words()
        self._room = _MOST

    def words(self, text: str) -> list[str]:
        """The words of a line, quotes included, as the grammar finds them; none for a line that it refuses whole."""
        if len(text) > LINE_LIMIT or "\0" in text:
            return []
        # Without quotes and tabs the grammar's words are what stands between the spaces.
        return self._words(text) if '"' in text or "\t" in text else text.split(" ")

    def reprint(self, text: str) -> str | None:
        """A line as iptables-save prints it; None when no line of its shape has been read."""
        words = self.words(text)
        quoted = '"' in text or "\t" in text
        counters = self._counters(text) if text[:1] == "[" else None
        if counters is not None:
            del words[0]
        node = self._tree
        for word in words:
            following = node.get(word, node.settled)
            if following is None:
                return None
            node = following
        shape = node.shape
        if shape is None:
            return None
        same = shape.same
        for index, settled in shape.settled:
            word = words[index]
            shown = settled(word)
            if shown is None:
                return None
            if shown != word:
                words[index] = shown
                same = False
        if same and not quoted:
            return text
        printed = " ".join([item if isinstance(item, str) else words[item] for item in shape.printed])
        return printed if counters is None else f"{counters[0]} {printed}"

    def learn(self, text: str, reader: CommandReader, printed: Sequence[str]) -> None:
        """Keep the shape of a line that was read whole; `printed` has its words as they print, without counters."""
        command = reader.command
        if self._room == 0 or command.letter != "A" or reader.problems or reader.counters or reader.lists:
            return
        words = self.words(text)
        del words[: len(words) - len(reader.words)]
        settled = {index: of_family(self.family) for index, of_family in reader.settled}
        settled = {index: show for index, show in settled.items() if show(words[index]) is not None}
        if any('"' in word and index not in settled for index, word in enumerate(words)):
            return
        shape = _shape(words, settled, printed)
        if shape is None:
            return
        self._room -= 1
        node = self._tree
        for index, word in enumerate(words):
            if index in settled:
                node.settled = node.settled or _Words()
                node = node.settled
            else:
                node = node.setdefault(word, _Words())
        node.shape = shape


def _shape(words: Sequence[str], settled: dict[int, Settled], printed: Sequence[str]) -> _Shape | None:
    """The shape of a line; None when it does not show where a settled word is printed."""
    shown = {index: show(words[index]) for index, show in settled.items()}
    if [shown.get(index, word) for index, word in enumerate(words)] == list(printed):
        places: list[str | int] = [index if index in settled else word for index, word in enumerate(words)]
        return _Shape(tuple(settled.items()), tuple(places), same=True)
    places = list(printed)
    for index, word in shown.items():
        found = [place for place, item in enumerate(printed) if item == word]
        if len(found) != 1:
            return None
        places[found[0]] = index
    return _Shape(tuple(settled.items()), tuple(places), same=False)
