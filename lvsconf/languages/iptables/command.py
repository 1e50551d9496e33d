"""One iptables command: words to the command, its chain and its rules. What can't be read is kept as unread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lvsconf.extensions import registry
from lvsconf.extensions.head import LETTERS
from lvsconf.extensions.names import number_of, protocol_name
from lvsconf.extensions.options import Codec, Option, OptionError, Settled
from lvsconf.extensions.settled import matching
from lvsconf.languages.iptables import getopt
from lvsconf.languages.iptables.cursor import Cursor
from lvsconf.languages.iptables.opened import Module, OpenUse, look_up, match_for, option_names, target_for
from lvsconf.languages.iptables.words import Argument
from lvsconf.languages.suggest import suggestion
from lvsconf.model.netfilter import Given, Rule, Use
from lvsconf.source import Source, Span


@dataclass(slots=True)
class Command:
    """What one line asks for. `letter` is the command (`A`, `I`, …), None when the line names none."""

    letter: str | None = None
    operands: list[Argument] = field(default_factory=list)
    rules: tuple[Rule, ...] = ()
    other_family: bool = False
    command_span: Span | None = None


_OPERANDS = {
    "A": (1, 1), "D": (1, 2), "C": (1, 1), "I": (1, 2), "R": (2, 2), "L": (0, 1), "S": (0, 2), "F": (0, 1),
    "Z": (0, 2), "N": (1, 1), "X": (0, 1), "E": (2, 2), "P": (2, 2),
}  # fmt: skip
"""How many operands each command takes, at least and at most."""


CHAIN = matching(r"[A-Za-z0-9_.:][A-Za-z0-9_.:-]{0,27}")
"""Names of chains as everybody writes them."""


def _jump(family: int) -> Settled:
    """A name after `-j` that is none of a target."""
    chain = CHAIN(family)
    return lambda word: chain(word) if target_for(word, family) is None else None


class Slot(NamedTuple):
    """A word, by its index, that another rule of the same shape may have otherwise; the codec of an option's value."""

    place: int
    settled: Callable[[int], Settled]
    codec: Codec | None = None


class CommandReader(Cursor):
    """Reads the words of one command from left to right, as getopt does."""

    def __init__(self, words: list[Argument], source: Source, line: int, family: int) -> None:
        super().__init__(words, source, line)
        self.family = family
        self.command = Command()
        self.head: dict[str, Given] = {}
        self.lists: dict[str, tuple[Given, ...]] = {}
        self.matches: list[OpenUse] = []
        self.target: OpenUse | None = None
        self.goto: str | None = None
        self.newest: OpenUse | None = None
        self.counters: tuple[int, int] | None = None
        self.protocol_tried = False
        self.settled: list[Slot] = []

    # -- the walk ----------------------------------------------------------------------------------------------

    def read(self) -> Command:
        """Read all words."""
        while (word := self.next()) is not None:
            if word.fault is not None:
                self._lose(word, word.fault)
            elif word.is_not:
                if self.negation is not None:
                    self.problem("LVS010", "`!` is given twice", word.column, word.end_column)
                self.negation = word
            elif getopt.is_option(word.text):
                self._option(word)
            else:
                self._lose(word, f"`{word.text}` belongs to no option", self.plain_words())
        if self.negation is not None:
            self._lose(self.negation, "`!` stands before nothing")
        self._finish()
        return self.command

    def _option(self, word: Argument) -> None:
        if not word.text.startswith("--"):
            short = getopt.short_option(word.text)
            if short is None:
                self._unknown(word)
            else:
                self._global(short.letter, word, short.attached)
            return
        name, equals, attached = word.text[2:].partition("=")
        value = attached if equals else None
        try:
            found = self._resolve(name)
        except getopt.AmbiguousError as error:
            self._unknown(word, f"`--{name}` is not clear: it {error}")
            return
        if found is None:
            self._unknown(word)
        elif isinstance(found, str):
            self._global(found, word, value)
        else:
            self._of_module(found[0], found[1], word, value)

    def _resolve(self, name: str) -> tuple[OpenUse, Option] | str | None:
        found = look_up(name, self._uses(), self.newest)
        if found is not None:
            return found
        newest = self.newest
        if not self._load_protocol_match():
            return None
        found = look_up(name, self._uses(), self.newest)
        if found is None:  # it does not know the option either: the rule is read as if it were not there
            self.matches.pop()
            self.newest, self.protocol_tried = newest, False
        return found

    def _uses(self) -> list[OpenUse]:
        return [*self.matches, *([self.target] if self.target is not None else [])]

    def _load_protocol_match(self) -> bool:
        """`-p tcp --dport 80`: an option that nobody knows loads the protocol's match."""
        given = self.head.get("protocol")
        if given is None or self.protocol_tried:
            return False
        self.protocol_tried = True
        name = protocol_name(given.value)
        name = registry.MATCH_ALIASES.get(name, name)
        module = match_for(name, self.family)
        if module is None or any(use.module is module for use in self.matches):
            return False
        word = self.words[self.position - 1]
        start = self.negation.column if self.negation else word.column
        self._open(OpenUse(module.name, module, start, word.end_column))
        return True

    def _open(self, use: OpenUse) -> None:
        self.matches.append(use)
        self.newest = use

    # -- options of no module ------------------------------------------------------------------------------------

    def _global(self, letter: str, word: Argument, attached: str | None) -> None:
        if letter in LETTERS and (letter != "f" or self.family == 4):
            self._head(LETTERS[letter], word, attached)
        elif letter in _OPERANDS:
            self._command(letter, word, attached)
        elif letter in ("j", "g"):
            self._target(letter, word, attached)
        elif letter == "m":
            self._match(word, attached)
        elif letter == "c":
            self._counters(word, attached)
        elif letter in getopt.WITHOUT_EFFECT:
            following = self.peek()
            if letter == "w" and following is not None and following.text.isdigit():
                self.position += 1
        elif letter in ("4", "6"):
            self.command.other_family = int(letter) != self.family
        elif letter in ("W", "modprobe"):
            self.position += attached is None
        else:
            self._unknown(word, f"`{word.text}` can't stand here")

    def _head(self, option: Option, word: Argument, attached: str | None) -> None:
        values = self.values(word, option.codec.words, attached, option.invert)
        inverted, start = self.take_negation(word, option.invert)
        if values is None:
            self._lose_option(word, start, [], f"`{word.text}` wants {option.codec.expects}", "LVS012")
            return
        end = values[-1].end_column if values else word.end_column
        fault = next((value.fault for value in values if value.fault), None)
        if fault is not None:
            self._lose_option(word, start, values, fault, "LVS010")
            return
        if option.key in self.head:
            self._lose_option(word, start, values, f"`{word.text}` is given twice", "LVS019")
            return
        try:
            givens = self._parse_head(option, values, inverted, self.span(start, end))
        except OptionError as error:
            self._lose_option(word, start, values, f"{word.text}: {error}", "LVS012")
            return
        self.head[option.key] = givens[0]
        self._settle(option, attached)
        if len(givens) > 1:
            self.lists[option.key] = givens

    def _parse_head(self, option: Option, values: list[Argument], inverted: bool, span: Span) -> tuple[Given, ...]:
        """One value, or for addresses several: such a line stands for several rules."""
        parse = option.codec.parse
        text = values[0].text if values else ""
        if option.key not in ("source", "destination") or "," not in text:
            value = parse(tuple(item.text for item in values), self.family)
            if option.key == "protocol" and inverted and value == 0:
                raise OptionError("no packet has another protocol than any: the rule would never match")
            return (Given(value, inverted, span),)
        if inverted:
            raise OptionError("`!` can't stand before several addresses")
        return tuple(Given(parse((part,), self.family), False, span) for part in text.split(","))

    def _command(self, letter: str, word: Argument, attached: str | None) -> None:
        self.take_negation(word, allowed=False)
        if self.command.letter is not None:
            self.problem("LVS019", "one line holds two commands", word.column, word.end_column)
        low, high = _OPERANDS[letter]
        operands = [Argument(attached, word.end_column - len(attached), word.end_column)] if attached else []
        while len(operands) < high and (following := self.peek()) is not None:
            if getopt.is_option(following.text) or following.is_not:
                break
            if letter in ("I", "D", "R") and operands and number_of(following.text) is None:
                break
            operands.append(following)
            self.position += 1
            if letter == "A":
                self.settled.append(Slot(self.position - 1, CHAIN))
        if len(operands) < low:
            self.problem("LVS010", f"`{word.text}` wants {low} words after it", word.column, word.end_column)
            return
        self.command.letter = letter
        self.command.operands = operands
        self.command.command_span = self.span(word.column, operands[-1].end_column if operands else word.end_column)

    def _match(self, word: Argument, attached: str | None) -> None:
        values = self.values(word, 1, attached, invertible=False)
        _, start = self.take_negation(word, allowed=False)
        if values is None:
            self._lose_option(word, start, [], f"`{word.text}` wants the name of a match", "LVS010")
            return
        name, end = values[0].text, values[0].end_column
        module = match_for(name, self.family)
        use = OpenUse(module.name if module else name, module, start, end)
        if module is None:
            use.unread = [word.text, *(value.text for value in values)]
            note = suggestion(name, registry.match_names())
            self.problem("LVS013", f"the match `{name}` is not known", word.column, end, note)
        self._open(use)

    def _target(self, letter: str, word: Argument, attached: str | None) -> None:
        values = self.values(word, 1, attached, invertible=False)
        _, start = self.take_negation(word, allowed=False)
        if values is None:
            self._lose_option(word, start, [], f"`{word.text}` wants a target or a chain", "LVS010")
            return
        name, end = values[0].text, values[0].end_column
        if self.target is not None:
            self._lose_option(word, start, values, "a rule has only one target", "LVS019")
            return
        module = target_for(name, self.family) if letter == "j" else None
        # Whether an unknown name is a chain shows when the whole table is read.
        self.target = OpenUse(name, module, start, end, unread=[] if module else [name])
        self.goto = name if letter == "g" else None
        if module is None and attached is None:
            self.settled.append(Slot(self.position - 1, _jump if letter == "j" else CHAIN))
        self.newest = self.target

    def _counters(self, word: Argument, attached: str | None) -> None:
        values = self.values(word, 1, attached, invertible=False) or []
        self.take_negation(word, allowed=False)
        texts = values[0].text.split(",", 1) if values else []
        if len(texts) == 1 and (second := self.next()) is not None:
            values.append(second)
            texts.append(second.text)
        numbers = [number_of(text) for text in texts]
        if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
            self.counters = (numbers[0], numbers[1])
        else:
            end = values[-1].end_column if values else word.end_column
            self.problem("LVS012", f"`{word.text}` wants packets and bytes", word.column, end)

    # -- options of modules ----------------------------------------------------------------------------------------

    def _of_module(self, use: OpenUse, option: Option, word: Argument, attached: str | None) -> None:
        left_out = option.codec.optional and attached is None and not self.value_follows()
        values = self.values(word, 0 if left_out else option.codec.words, attached, option.invert)
        inverted, start = self.take_negation(word, option.invert)
        if values is None:
            self._lose_option(word, start, [], f"`{word.text}` wants {option.codec.expects}", "LVS012", use)
            return
        end = values[-1].end_column if values else word.end_column
        fault = next((value.fault for value in values if value.fault), None)
        if fault is not None:
            self._lose_option(word, start, values, fault, "LVS010", use)
            return
        key = use.key_of(option)
        if key in use.arguments:
            self._lose_option(word, start, values, f"`{word.text}` comes on top of the same setting", "LVS019", use)
            return
        try:
            value = option.codec.parse(tuple(item.text for item in values), self.family)
        except OptionError as error:
            self._lose_option(word, start, values, f"{word.text}: {error}", "LVS012", use)
            return
        use.arguments[key] = Given(value, inverted, self.span(start, end))
        use.reaches(start, end)
        self._settle(option, attached)

    def _settle(self, option: Option, attached: str | None) -> None:
        """Remember where a value stands that another rule of this shape may have otherwise."""
        if option.codec.settled is not None and attached is None:
            self.settled.append(Slot(self.position - 1, option.codec.settled, option.codec))

    # -- what could not be read --------------------------------------------------------------------------------------

    def _lose(self, word: Argument, message: str, more: Sequence[Argument] = ()) -> None:
        negated, self.negation = self.negation, None
        lost = [*([negated] if negated is not None and negated is not word else []), word, *more]
        self._unread(lost, None)
        self.problem("LVS010", message, lost[0].column, lost[-1].end_column)

    def _lose_option(
        self, word: Argument, start: int, values: list[Argument], message: str, code: str, use: OpenUse | None = None
    ) -> None:
        end = values[-1].end_column if values else word.end_column
        self.problem(code, message, start, end)
        self._unread([word, *values], use, start)

    def _unknown(self, word: Argument, message: str = "") -> None:
        lost = [word, *self.plain_words()]
        negated, self.negation = self.negation, None
        if negated is not None:
            lost.insert(0, negated)
        name = word.text.partition("=")[0]
        newest = self.newest
        if newest is None or newest.module is not None:
            self.problem(
                "LVS011",
                message or f"the option `{name}` is not known here",
                word.column,
                word.end_column,
                self._nearest(name),
            )
            newest = None
        # The options of a module that is not known have been reported with it.
        self._unread(lost, newest)

    def _nearest(self, name: str) -> str:
        """Most likely one of the modules' own options is meant."""
        own = {f"--{long}" for use in self._uses() if use.module for long, _ in option_names(use.module)}
        return suggestion(name, own) or suggestion(name, {f"--{long}" for long in getopt.long_names()})

    def _unread(self, words: list[Argument], use: OpenUse | None, start: int | None = None) -> None:
        """Keep words that mean something unknown with the module they belong to, or as a match without a name."""
        first = words[0].column if start is None else min(start, words[0].column)
        if use is None:
            use = self.newest if self.newest is not None and self.newest is not self.target else None
        if use is None:
            use = OpenUse("", None, first, words[-1].end_column)
            self.matches.append(use)
        use.reaches(first, words[-1].end_column)
        use.unread.extend(word.text for word in words)

    # -- the whole -------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        for use in self._uses():
            if use.module is not None and not use.unread:
                self._check(use, use.module)
        span = self.span(self.words[0].column, self.words[-1].end_column) if self.words else None
        matches = tuple(self._closed(use) for use in self.matches)
        target = None if self.target is None else self._closed(self.target)
        heads = [dict(self.head)]
        for key, givens in self.lists.items():
            heads = [{**head, key: given} for head in heads for given in givens]
        self.command.rules = tuple(
            Rule(head, matches, target, goto=self.goto, counters=self.counters, span=span) for head in heads
        )

    def _closed(self, use: OpenUse) -> Use:
        return Use(use.name, use.arguments, self.span(use.start, use.end), tuple(use.unread))

    def _check(self, use: OpenUse, module: Module) -> None:
        missing = [o.name for o in module.options if o.required and o.key not in use.arguments]
        if missing:
            self.problem("LVS019", f"`{use.name}` needs `--{missing[0]}`", use.start, use.end)
            return
        if module.check is not None:
            try:
                module.check(use.arguments, self.family)
            except OptionError as error:
                self.problem("LVS019", str(error), use.start, use.end)
                return
        given = self.head.get("protocol")
        protocols = module.protocols
        if module.protocols_of is not None:
            protocols = module.protocols_of(use.arguments, self.family)
        if protocols and (given is None or given.inverted or given.value not in protocols):
            wanted = " or ".join(f"`-p {protocol_name(number)}`" for number in sorted(protocols))
            self.problem("LVS019", f"`{use.name}` needs {wanted}", use.start, use.end)
