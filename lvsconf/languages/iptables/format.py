"""Each line as iptables-save prints it, in the order read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lvsconf.extensions.addresses import show_masked
from lvsconf.extensions.options import Settled
from lvsconf.extensions.printing import rule_words, shown
from lvsconf.languages.iptables.command import Command, CommandReader
from lvsconf.languages.iptables.reader import POLICIES
from lvsconf.languages.iptables.shapes import Met, Shapes, plain
from lvsconf.languages.iptables.words import arguments_of
from lvsconf.languages.lines import LINE_LIMIT, UNDERSTOOD, Line, LineError, line_grammar
from lvsconf.model.netfilter import Rule
from lvsconf.source import Source

_PRINTED = UNDERSTOOD - {"LVS024"}
"""Problems of lines that print all the same; a rule that iptables-save would change stays as it is."""
_LETTER_OF = {"source": "-s", "destination": "-d"}


def format_source(source: Source, family: int) -> str:
    """The text with each line as the tool prints it; a line that can't be read stays."""
    shapes = Shapes[_Form](family)
    announced: set[str] = set()
    pieces = source.text.split("\n")
    for index, text in enumerate(source.lines):
        met = shapes.find(text)
        if met is not None:
            printed: str | None = _met(text, met)
        else:
            before = len(announced)
            printed = _line(text, source, index + 1, shapes, announced)
            if len(announced) > before:
                shapes = Shapes(family)  # the name may have been that of a target till now
        # A carriage return that would now end the line would no longer count as part of its last word.
        if printed is not None and not printed.endswith("\r"):
            pieces[index] = printed
    if pieces[-1] == "COMMIT":
        pieces.append("")  # iptables-restore does not know it without a newline
    return "\n".join(pieces)


@dataclass(frozen=True, slots=True)
class _Form:
    """How the lines of a shape print: words, those that are settled by their index in the line read. `same` says that
    they are the words of the line read."""

    words: tuple[str | int, ...]
    same: bool


def _met(text: str, met: Met[_Form]) -> str:
    """A line of a known shape."""
    form = met.learned
    if form.same and met.printed is met.words and plain(text):
        return text
    printed = " ".join([item if isinstance(item, str) else met.printed[item] for item in form.words])
    return f"{met.counters} {printed}" if met.counters else printed


def _form(words: Sequence[str], settled: Mapping[int, Settled], printed: Sequence[str]) -> _Form | None:
    """How a line printed; None when that does not show where a settled word went."""
    shown = {index: show(words[index]) for index, show in settled.items()}
    if [shown.get(index, word) for index, word in enumerate(words)] == list(printed):
        return _Form(tuple(index if index in settled else word for index, word in enumerate(words)), same=True)
    places: list[str | int] = list(printed)
    for index, word in shown.items():
        found = [place for place, item in enumerate(printed) if item == word]
        if len(found) != 1:
            return None
        places[found[0]] = index
    return _Form(tuple(places), same=False)


def _line(text: str, source: Source, number: int, shapes: Shapes[_Form], announced: set[str]) -> str | None:
    try:
        line = line_grammar("iptables").parse(text)
    except LineError:
        return None
    if line is None:
        return ""
    if line.rule == "comment":
        return text.lstrip(" \t")
    if line.rule == "command":
        return _command(line, source, number, shapes, announced)
    if line.rule == "chain":
        announced.add(_chain_name(line))
        return _chain(line)
    return line.words[0].text if len(line.words) == 1 else None


def _chain_name(line: Line) -> str:
    return line.words[0].text[1:].lstrip(" \t")


def _chain(line: Line) -> str | None:
    rest = [word.text for word in line.words[1:]]
    kinds = [word.kind for word in line.words[2:]]
    if not rest or rest[0] not in POLICIES or kinds not in ([], ["COUNTERS"]):
        return None
    return " ".join((":" + _chain_name(line), rest[0], rest[1] if len(rest) > 1 else "[0:0]"))


def _command(line: Line, source: Source, number: int, shapes: Shapes[_Form], announced: set[str]) -> str | None:
    grammar = line_grammar("iptables")
    words = line.words
    prefixed = words[0].kind == "COUNTERS"
    reader = CommandReader(arguments_of(words[1:] if prefixed else words), source, number, shapes.family, announced)
    command = reader.read()
    if command.letter is None or command.other_family or any(p.code not in _PRINTED for p in reader.problems):
        return None
    operands = [operand.text for operand in command.operands]
    whole = ["-" + command.letter, *operands]
    if command.letter in ("A", "I", "R", "C") or (command.letter == "D" and len(operands) < 2):
        rule = _rule(command, reader, shapes.family)
        if rule is None:
            return None
        whole.extend(rule)
    elif len(words) - prefixed > 1 + len(operands):
        return None  # words that this command has no use for
    printed = [shown(word) for word in whole]
    text = " ".join(printed)
    if len(text) > LINE_LIMIT or [each.text for each in arguments_of(tuple(grammar.scan(text)))] != whole:
        return None  # iptables-save prints some words without the quotes they need: that is no form to write
    again = CommandReader(arguments_of(tuple(grammar.scan(text))), source, number, shapes.family, announced)
    again.read()
    if any(problem.code not in _PRINTED for problem in again.problems):
        return None  # nor is what iptables itself would not load again
    shapes.learn(source.lines[number - 1], reader, lambda words, settled: _form(words, settled, printed))
    if not prefixed:
        return text
    counters = reader.counters
    return f"{words[0].text if counters is None else f'[{counters[0]}:{counters[1]}]'} {text}"


def _rule(command: Command, reader: CommandReader, family: int) -> list[str] | None:
    """The words of the rule without its command; None when some of them could not be read."""
    rule: Rule = command.rules[0]
    if any(use.unread for use in rule.matches):
        return None
    target = rule.target
    tail: list[str] = []
    if target is not None and target.unread:
        if target.unread != (target.module,):
            return None
        # A chain, or a target without options that is not known: either way the name is what prints.
        tail = ["-g" if rule.goto is not None else "-j", target.module]
        rule = Rule(rule.head, rule.matches, span=rule.span)
    words = list(rule_words(rule, "", family)[2:])
    for key, givens in reader.lists.items():
        place = words.index(_LETTER_OF[key])
        words[place + 1] = ",".join(show_masked(given.value, family) for given in givens)
    return [*words, *tail]
