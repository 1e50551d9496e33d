"""Commands of a known shape: made of what the first line of the shape gave, and of the words that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lvsconf.extensions.options import Codec
from lvsconf.languages.iptables.gathered import Command, Gathered
from lvsconf.languages.iptables.shapes import Met
from lvsconf.languages.iptables.words import Argument, unquoted
from lvsconf.model.netfilter import Arguments, Given, Rule, Use
from lvsconf.source import Span


@dataclass(frozen=True, slots=True)
class _Option:
    """An option: its words from `first` to `last`, and its value, which a codec may have to read from a word anew."""

    key: str
    first: int
    last: int
    value: object
    inverted: bool
    place: int
    codec: Codec | None


@dataclass(frozen=True, slots=True)
class _Module:
    """A match, or what stands after `-j` or `-g`: a target with its options, or at `place` the name of a chain."""

    first: int
    last: int
    name: str
    options: tuple[_Option, ...]
    place: int | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the words of a line become its command: the words from `first` to `chain` are the command and its operand."""

    family: int
    first: int
    chain: int
    head: tuple[_Option, ...]
    matches: tuple[_Module, ...]
    target: _Module | None
    goto: bool

    def command(self, met: Met[Recipe], columns: Sequence[int], file: str, number: int) -> Command:
        """The command of a line; `columns` is where its words begin, `number` is its own."""
        words = met.words
        ends = [column + len(word) for column, word in zip(columns, words, strict=True)]

        def givens(options: tuple[_Option, ...]) -> dict[str, Given]:
            return {
                each.key: Given(
                    each.value if each.codec is None else each.codec.parse((unquoted(words[each.place]),), self.family),
                    each.inverted,
                    Span(file, number, columns[each.first], number, ends[each.last]),
                )
                for each in options
            }

        def use(module: _Module) -> Use:
            span = Span(file, number, columns[module.first], number, ends[module.last])
            if module.place is None:
                return Use(module.name, givens(module.options), span)
            return Use(words[module.place], {}, span, (words[module.place],))

        counters = met.counters
        rule = Rule(
            head=givens(self.head),
            matches=tuple([use(module) for module in self.matches]),
            target=None if self.target is None else use(self.target),
            goto=words[self.target.place] if self.goto and self.target and self.target.place is not None else None,
            counters=counted(counters) if counters else None,
            span=Span(file, number, 1 if counters else columns[0], number, ends[-1]),
        )
        chain = Argument(words[self.chain], columns[self.chain], ends[self.chain])
        named = Span(file, number, columns[self.first], number, ends[self.chain])
        return Command("A", [chain], (rule,), command_span=named)


def counted(text: str) -> tuple[int, int]:
    """Packets and bytes of `[packets:bytes]`."""
    packets, _, octets = text[1:-1].partition(":")
    limit = len(str(2**64))  # a count has 64 bits; anything longer is cut before int() takes it
    return int(packets[:limit]), int(octets[:limit])


def recipe(reader: Gathered) -> Recipe | None:
    """What a command that was read whole shows of its shape; None where a part of it is no run of whole words."""
    rule = reader.command.rules[0]
    starts = {word.column: index for index, word in enumerate(reader.words)}
    ends = {word.end_column: index for index, word in enumerate(reader.words)}
    slots = {slot.place: slot for slot in reader.settled}
    spans = [given.span for given in rule.head.values()]
    uses = [*rule.matches, *([rule.target] if rule.target else [])]
    spans.append(reader.command.command_span)
    spans += [span for use in uses for span in (use.span, *(given.span for given in use.arguments.values()))]
    if any(span is None or span.column not in starts or span.end_column not in ends for span in spans):
        return None

    def reach(span: Span | None) -> tuple[int, int]:
        return (starts[span.column], ends[span.end_column]) if span is not None else (0, 0)

    def options(arguments: Arguments) -> tuple[_Option, ...]:
        found = []
        for key, given in arguments.items():
            first, last = reach(given.span)
            codec = slots[last].codec if last in slots else None
            found.append(_Option(key, first, last, given.value, given.inverted, last, codec))
        return tuple(found)

    def module(use: Use) -> _Module:
        first, last = reach(use.span)
        return _Module(first, last, use.module, options(use.arguments), last if use.unread else None)

    first, chain = reach(reader.command.command_span)
    if chain not in slots:  # `-AINPUT`, in one word
        return None
    return Recipe(
        reader.family,
        first,
        chain,
        options(rule.head),
        tuple(module(use) for use in rule.matches),
        None if rule.target is None else module(rule.target),
        rule.goto is not None,
    )
