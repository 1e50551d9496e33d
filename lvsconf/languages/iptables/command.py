"""One iptables command: words to the command, its chain and its rules. What can't be read is kept as unread."""

from __future__ import annotations

from lvsconf.extensions.names import protocol_name
from lvsconf.extensions.options import Around, MatchModule, Odd, Option, OptionError, TargetModule
from lvsconf.findings import Problem
from lvsconf.languages.iptables import getopt, legality
from lvsconf.languages.iptables.gathered import Command
from lvsconf.languages.iptables.general import GeneralOptions
from lvsconf.languages.iptables.opened import Module, OpenUse, look_up, match_for
from lvsconf.languages.iptables.words import Argument
from lvsconf.model.netfilter import Given, Rule, Use


class CommandReader(GeneralOptions):
    """Reads the words of one command from left to right, as getopt does."""

    def read(self) -> Command:
        """Read all words."""
        while (word := self.next()) is not None:
            if word.fault is not None:
                self.lose(word, word.fault)
            elif word.is_not:
                if self.negation is not None:
                    self.problem("LVS010", "`!` is given twice", word.column, word.end_column)
                self.negation = word
            elif word.text == "--":
                if self.peek() is not None:
                    self.lose(word, "no option is read after `--`", self.words[self.position :])
                break
            elif getopt.is_option(word.text):
                self._option(word)
            else:
                self.lose(word, f"`{word.text}` belongs to no option", self.plain_words())
            if self.command.other_family:
                return self.command
        if self.negation is not None:
            self.lose(self.negation, "`!` stands before nothing")
        self._finish()
        return self.command

    def _option(self, word: Argument) -> None:
        if not word.text.startswith("--"):
            short = getopt.short_options(word.text)
            if short is None:
                self.unknown(word)
            for each in short or ():
                self.take(each.letter, word, each.attached)
            return
        name, equals, attached = word.text[2:].partition("=")
        value = attached if equals else None
        try:
            found = self._resolve(name)
        except getopt.AmbiguousError as error:
            self.unknown(word, f"`--{name}` is not clear: it {error}")
            return
        if found is None:
            self.unknown(word)
        elif value is not None and _takes_no_value(found):
            self.lose(word, f"`--{name}` takes no value")
        elif isinstance(found, str):
            self.take(found, word, value)
        else:
            self._of_module(found[0], found[1], word, value)

    def _resolve(self, name: str) -> tuple[OpenUse, Option] | str | None:
        ambiguous: getopt.AmbiguousError | None = None
        try:
            found = look_up(name, self.uses, self.newest)
        except getopt.AmbiguousError as error:
            found, ambiguous = None, error
        newest = self.newest
        if found is None and self._load_protocol_match():
            found = look_up(name, self.uses, self.newest)
            if found is None:  # it does not know the option either: the rule is read as if it were not there
                self.matches.pop()
                self.uses.pop()
                self.newest, self.protocol_tried = newest, False
        if found is None and ambiguous is not None:
            raise ambiguous
        return found

    def _load_protocol_match(self) -> bool:
        """`-p tcp --dport 80`: an option that nobody knows loads the protocol's match."""
        given = self.head.get("protocol")
        if given is None or self.protocol_tried:
            return False
        self.protocol_tried = True
        module = match_for(self.protocol, self.family)
        if module is None or any(use.module is module for use in self.matches):
            return False
        word = self.words[self.position - 1]
        start = self.negation.column if self.negation else word.column
        self.open(OpenUse(module.name, module, start, word.end_column))
        return True

    def _of_module(self, use: OpenUse, option: Option, word: Argument, attached: str | None) -> None:
        left_out = option.codec.optional and attached is None and not self.value_follows()
        values = self.values(word, 0 if left_out else option.codec.words, attached, option.invert)
        inverted, start = self.take_negation(word, option.invert, option.ignores_not)
        if values is None:
            self.lose_option(word, start, [], f"`{word.text}` wants {option.codec.expects}", "LVS012", use)
            return
        end = values[-1].end_column if values else word.end_column
        fault = next((value.fault for value in values if value.fault), None)
        if fault is not None:
            self.lose_option(word, start, values, fault, "LVS010", use)
            return
        key = use.key_of(option)
        earlier = use.arguments.get(key)
        if earlier is not None and not option.repeats:
            self.lose_option(word, start, values, f"`{word.text}` comes on top of the same setting", "LVS019", use)
            return
        try:
            value = option.codec.parse(tuple(item.text for item in values), self.family)
        except OptionError as error:
            self.lose_option(word, start, values, f"{word.text}: {error}", "LVS012", use)
            return
        if isinstance(value, Odd):
            self.problem("LVS023", f"{word.text}: {value.why}", start, end)
            value = value.value
        inverted = inverted or (earlier is not None and earlier.inverted)
        use.arguments[key] = Given(value, inverted, self.span(start, end))
        use.reaches(start, end)
        self.settle(option, attached)

    def _finish(self) -> None:
        self._legal()
        self._interfaces()
        for use in self.uses:
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

    def _interfaces(self) -> None:
        for given in self.head.values():
            if given.inverted and given.value == "+" and given.span is not None:
                message = "such a rule never matches, and iptables-save prints it without the `! +`"
                self.problems.append(Problem("LVS024", message, given.span))

    def _legal(self) -> None:
        """Options that don't go with the command, and what the command itself asks for."""
        letter = self.command.letter
        if letter is None:
            return
        wrong = legality.illegal(letter, self.command.numbered, self.given)
        if wrong is not None:
            word = self.given[wrong]
            self.problem("LVS019", f"`{word.text}` does not go with `-{letter}`", word.column, word.end_column)
        if letter == "R" and self.lists:
            word = self.given[letter]
            message = "one rule is replaced by one rule, and several addresses make several"
            self.problem("LVS019", message, word.column, word.end_column)

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
        protocols = module.protocols
        if module.protocols_of is not None:
            protocols = module.protocols_of(use.arguments, self.family)
        if protocols and not self._has_protocol(use, module, protocols):
            wanted = " or ".join(f"`-p {protocol_name(number)}`" for number in sorted(protocols))
            before = " before its options" if module.after_protocol else ""
            self.problem("LVS019", f"`{use.name}` needs {wanted}{before}", use.start, use.end)
        if module.rule_check is not None:
            try:
                module.rule_check(use.arguments, self._around())
            except OptionError as error:
                self.problem("LVS019", str(error), use.start, use.end)
        if isinstance(module, MatchModule) and module.loses is not None and module.loses(use.arguments):
            message = f"iptables-save prints `-m {use.name}` so that another rule is loaded from what it prints"
            self.problem("LVS024", message, use.start, use.end)

    def _has_protocol(self, use: OpenUse, module: Module, protocols: frozenset[int]) -> bool:
        given = self.head.get("protocol")
        if given is None or given.value not in protocols:
            return False
        if given.inverted and not (isinstance(module, TargetModule) and module.any_sense):
            return False
        later = [use.arguments[key].span for key in module.after_protocol if key in use.arguments]
        return all(span is None or given.span is None or given.span < span for span in later)

    def _around(self) -> Around:
        return Around(self.head, tuple(self._closed(use) for use in self.matches), self.family)


def _takes_no_value(found: tuple[OpenUse, Option] | str) -> bool:
    """Whether `=value` is refused; a value that may be left out is a word of its own."""
    if isinstance(found, str):
        return getopt.takes(found) is getopt.Takes.NOTHING
    return found[1].codec.words == 0 or found[1].codec.optional


__all__ = ["Command", "CommandReader"]
