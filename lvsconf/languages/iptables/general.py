"""The options of no module: commands, the head of a rule, matches and targets by name, counters."""

from __future__ import annotations

import re

from lvsconf.extensions import registry
from lvsconf.extensions.head import LETTERS
from lvsconf.extensions.names import number_of, protocol_name
from lvsconf.extensions.options import Option, OptionError, Settled
from lvsconf.extensions.settled import matching
from lvsconf.languages.iptables import legality
from lvsconf.languages.iptables.gathered import Gathered, Slot
from lvsconf.languages.iptables.opened import OpenUse, match_for, target_for
from lvsconf.languages.iptables.words import Argument
from lvsconf.languages.suggest import suggestion
from lvsconf.model.netfilter import Given
from lvsconf.source import Span

_COUNT = re.compile(r"[ \t]*([+-]?)([0-9]+)", re.ASCII)
_COUNT_DIGITS = 20
"""As many as a 64-bit number can have."""

CHAIN = matching(r"[A-Za-z0-9_.:][A-Za-z0-9_.:-]{0,27}")
"""Names of chains as everybody writes them."""


def _jump(family: int) -> Settled:
    """A name after `-j` that is none of a target."""
    chain = CHAIN(family)
    return lambda word: chain(word) if target_for(word, family) is None else None


class GeneralOptions(Gathered):
    """Takes the options of no module, by their letters."""

    def take(self, letter: str, word: Argument, attached: str | None) -> None:
        """One option, by its letter; `attached` is a value in the same word."""
        first = letter not in self.given
        self.given.setdefault(letter, word)
        if letter in LETTERS and (letter != "f" or self.family == 4):
            self._head(LETTERS[letter], letter, word, attached)
        elif letter in legality.OPERANDS:
            self._command(letter, word, attached)
        elif letter in ("j", "g"):
            self._target(letter, word, attached)
        elif letter == "m":
            self._match(word, attached)
        elif letter == "c":
            self._counters(word, attached, first)
        elif letter in legality.SHOWN:
            if letter != "v" and not first:
                self.problem("LVS019", f"`{word.text}` is given twice", word.column, word.end_column)
            self.take_negation(word, allowed=False)
        elif letter in ("4", "6"):
            self.command.other_family = int(letter) != self.family
            self.negation = None
        elif letter == "M":
            if self.values(word, 1, attached, invertible=False) is None:
                self.lose(word, f"`{word.text}` wants a value")
            self.negation = None
        elif letter in legality.ONLY_ELSEWHERE:
            self.lose(word, f"`{word.text}` {legality.ONLY_ELSEWHERE[letter]}", self.plain_words())
        else:
            self.unknown(word, f"`{word.text}` can't stand here")

    def _head(self, option: Option, letter: str, word: Argument, attached: str | None) -> None:
        values = self.values(word, option.codec.words, attached, option.invert)
        inverted, start = self.take_negation(word, option.invert)
        if values is None:
            self.lose_option(word, start, [], f"`{word.text}` wants {option.codec.expects}", "LVS012")
            return
        end = values[-1].end_column if values else word.end_column
        fault = next((value.fault for value in values if value.fault), None)
        if fault is not None:
            self.lose_option(word, start, values, fault, "LVS010")
            return
        if option.key in self.head:
            self.lose_option(word, start, values, f"`{word.text}` is given twice", "LVS019")
            return
        try:
            givens = self._parse_head(option, values, inverted, self.span(start, end))
        except OptionError as error:
            self.lose_option(word, start, values, f"{word.text}: {error}", "LVS012")
            return
        self.head[option.key] = givens[0]
        self.settle(option, attached)
        if letter == "p":
            self.protocol = _match_of_protocol(values[0].text)
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
        operands = self._operands(letter, word, attached)
        low = legality.OPERANDS[letter][0]
        if len(operands) < low:
            self.problem("LVS010", f"`{word.text}` wants {low} words after it", word.column, word.end_column)
            return
        number = operands[1] if letter in legality.NUMBERED and len(operands) > 1 else None
        if number is not None and not 1 <= (number_of(number.text) or 0) <= 0x7FFFFFFF:
            self.problem("LVS012", f"`{number.text}` is not the number of a rule", number.column, number.end_column)
        if letter in legality.RULES | {"F", "Z", "X", "L", "S", "N", "P", "E"} and operands:
            self._chain_name(operands[0], new=letter == "N")
        if self.command.letter is not None:
            if legality.both(self.command.letter, letter):
                return
            self.problem("LVS019", "one line holds two commands", word.column, word.end_column)
        self.command.letter = letter
        self.command.operands = operands
        self.command.command_span = self.span(word.column, operands[-1].end_column if operands else word.end_column)

    def _operands(self, letter: str, word: Argument, attached: str | None) -> list[Argument]:
        """The first may have to follow, whatever it looks like; others look like no option."""
        operands = [Argument(attached, word.end_column - len(attached), word.end_column)] if attached else []
        if not operands and legality.takes_word(letter) and (first := self.next()) is not None:
            operands = [first]
            if letter == "A":
                self.settled.append(Slot(self.position - 1, CHAIN))
        while len(operands) < legality.OPERANDS[letter][1] and self.value_follows():
            operands.append(self.words[self.position])
            self.position += 1
        return operands

    def _chain_name(self, operand: Argument, new: bool) -> None:
        """assert_valid_chain_name; what is not new has only a limit."""
        name, fault = operand.text, ""
        if len(name.encode("utf-8", "surrogateescape")) > legality.CHAIN_NAME_LIMIT:
            fault = f"the name of a chain has at most {legality.CHAIN_NAME_LIMIT} bytes"
        elif new and (name[:1] in ("-", "!", "") or set(name) & set(" \t\r\v\f")):
            fault = f"`{name}` can't be the name of a chain"
        elif new and target_for(name, self.family) is not None:
            fault = f"`{name}` is a target, and can't be the name of a new chain"
        if fault:
            self.problem("LVS019", fault, operand.column, operand.end_column)

    def _match(self, word: Argument, attached: str | None) -> None:
        values = self.values(word, 1, attached, invertible=False)
        _, start = self.take_negation(word, allowed=False)
        if values is None:
            self.lose_option(word, start, [], f"`{word.text}` wants the name of a match", "LVS010")
            return
        name, end = values[0].text, values[0].end_column
        module = match_for(name, self.family)
        use = OpenUse(module.name if module else name, module, start, end)
        if module is None:
            use.unread = [word.text, *(value.text for value in values)]
            note = suggestion(name, registry.match_names())
            self.problem("LVS013", f"the match `{name}` is not known", word.column, end, note)
        self.open(use)

    def _target(self, letter: str, word: Argument, attached: str | None) -> None:
        values = self.values(word, 1, attached, invertible=False)
        _, start = self.take_negation(word, allowed=False)
        if values is None:
            self.lose_option(word, start, [], f"`{word.text}` wants a target or a chain", "LVS010")
            return
        name, end = values[0].text, values[0].end_column
        if self.target is not None:
            self.lose_option(word, start, values, "a rule has only one target", "LVS019")
            return
        module = target_for(name, self.family) if letter == "j" and name not in self.chains else None
        # Whether an unknown name is a chain shows when the whole table is read.
        self.target = OpenUse(name, module, start, end, unread=[] if module else [name])
        self.goto = name if letter == "g" else None
        if module is None and attached is None:
            self.settled.append(Slot(self.position - 1, _jump if letter == "j" else CHAIN))
        self.uses.append(self.target)
        self.newest = self.target

    def _counters(self, word: Argument, attached: str | None, first: bool) -> None:
        values = self.values(word, 1, attached, invertible=False) or []
        self.take_negation(word, allowed=False)
        # A comma at the very start is part of the first number, which is none then.
        packets, comma, octets = values[0].text.partition(",") if values else ("", "", "")
        texts = [packets, octets] if comma and packets else [packets]
        if len(texts) == 1 and values and self.value_follows():
            values.append(self.words[self.position])
            self.position += 1
            texts.append(values[-1].text)
        numbers = [_count(text) for text in texts]
        end = values[-1].end_column if values else word.end_column
        if not first:
            self.problem("LVS019", f"`{word.text}` is given twice", word.column, end)
        if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
            self.counters = (numbers[0], numbers[1])
        else:
            self.problem("LVS012", f"`{word.text}` wants packets and bytes", word.column, end)


def _match_of_protocol(text: str) -> str:
    """The match that an option nobody knows loads: by the name as written, or the first name of a number."""
    number = number_of(text)
    return text.lower() if number is None else protocol_name(number)


def _count(text: str) -> int | None:
    """A counter as sscanf reads it: what follows the digits is not looked at, a negative one counts down from 2^64."""
    found = _COUNT.match(text)
    if found is None:
        return None
    digits = found[2].lstrip("0") or "0"
    value = min(int(digits), 2**64 - 1) if len(digits) <= _COUNT_DIGITS else 2**64 - 1
    return -value % 2**64 if found[1] == "-" else value
