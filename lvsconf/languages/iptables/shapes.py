"""Lines of a shape that was read before, where only plain values of options differ.

A dump has thousands of `-A` lines and few shapes. A shape is a line's words without those that are settled: values
that the option's codec answers for, whatever else the line holds (Codec.settled), and names of chains.
CommandReader reads the first line of each shape and says where such words stand; what was learned from it holds for
the next ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from lvsconf.extensions.options import Settled
from lvsconf.languages.iptables.command import CommandReader
from lvsconf.languages.lines import LINE_LIMIT, line_grammar

_MOST = 20_000
"""Shapes that are kept; lines of further ones are read one by one."""

Learned = TypeVar("Learned")


class Met(NamedTuple, Generic[Learned]):
    """A line of a known shape: what was learned of the shape, the words as they stand and as they print (a list of its
    own where that differs), without the counters before the command."""

    learned: Learned
    words: list[str]
    printed: list[str]
    counters: str


@dataclass(frozen=True, slots=True)
class _Shape(Generic[Learned]):
    settled: tuple[tuple[int, Settled], ...]
    learned: Learned


class _Words(dict[str, "_Words[Learned]"], Generic[Learned]):
    """A tree of words: what may follow, by the word or as a settled one, and the shape of a line that ends here."""

    __slots__ = ("settled", "shape")

    def __init__(self) -> None:
        super().__init__()
        self.settled: _Words[Learned] | None = None
        self.shape: _Shape[Learned] | None = None


def plain(text: str) -> bool:
    """Whether the words of a line are what stands between its spaces."""
    return '"' not in text and "\t" not in text


class Shapes(Generic[Learned]):
    """The shapes met in one file of a family, with what was learned of each."""

    def __init__(self, family: int) -> None:
        grammar = line_grammar("iptables")
        self.family = family
        self._pattern = re.compile(grammar.pattern("WORD"))
        self._counters = re.compile(grammar.pattern("COUNTERS")).match
        self._tree = _Words[Learned]()
        self._room = _MOST

    def words(self, text: str) -> list[str]:
        """The words of a line, quotes included, as the grammar finds them; none for a line that it refuses whole."""
        if len(text) > LINE_LIMIT or "\0" in text:
            return []
        return text.split(" ") if plain(text) else self._pattern.findall(text)

    def columns(self, text: str, met: Met[Learned]) -> list[int]:
        """Where the words of a line begin, counted from 1."""
        if not plain(text):
            found = [match.start() + 1 for match in self._pattern.finditer(text)]
            return found[len(found) - len(met.words) :]
        column = len(met.counters) + 2 if met.counters else 1
        starts = []
        for word in met.words:
            starts.append(column)
            column += len(word) + 1
        return starts

    def find(self, text: str) -> Met[Learned] | None:
        """What is known of a line; None when no line of its shape has been learned."""
        words = self.words(text)
        counters = self._counters(text) if words and text[:1] == "[" else None
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
        printed = words
        for index, settled in shape.settled:
            word = words[index]
            shown = settled(word)
            if shown is None:
                return None
            if shown != word:
                if printed is words:
                    printed = words.copy()
                printed[index] = shown
        return Met(shape.learned, words, printed, "" if counters is None else counters[0])

    def learn(
        self, text: str, reader: CommandReader, what: Callable[[Sequence[str], Mapping[int, Settled]], Learned | None]
    ) -> None:
        """Learn from a line that was read whole; `what` gets its words without counters, and those that are settled by
        their index, and says what holds for all lines of the shape, or None when it can't."""
        command = reader.command
        if self._room == 0 or command.letter != "A" or reader.problems or reader.counters or reader.lists:
            return
        words = self.words(text)
        del words[: len(words) - len(reader.words)]
        settled = {slot.place: slot.settled(self.family) for slot in reader.settled}
        settled = {index: show for index, show in settled.items() if show(words[index]) is not None}
        if any('"' in word and index not in settled for index, word in enumerate(words)):
            return
        learned = what(words, settled)
        if learned is None:
            return
        self._room -= 1
        node = self._tree
        for index, word in enumerate(words):
            if index in settled:
                node.settled = node.settled or _Words()
                node = node.settled
            else:
                node = node.setdefault(word, _Words())
        node.shape = _Shape(tuple(settled.items()), learned)
