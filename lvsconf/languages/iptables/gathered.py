"""What is gathered while the words of one command are read, and how that which can't be read is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lvsconf.extensions.options import Codec, Option, Settled
from lvsconf.languages.iptables import getopt, legality
from lvsconf.languages.iptables.cursor import Cursor
from lvsconf.languages.iptables.opened import OpenUse, option_names
from lvsconf.languages.iptables.words import Argument
from lvsconf.languages.suggest import suggestion
from lvsconf.model.netfilter import Given, Rule
from lvsconf.source import Source, Span


@dataclass(slots=True)
class Command:
    """What one line asks for. `letter` is the command (`A`, `I`, …), None when the line names none."""

    letter: str | None = None
    operands: list[Argument] = field(default_factory=list)
    rules: tuple[Rule, ...] = ()
    other_family: bool = False
    command_span: Span | None = None

    @property
    def numbered(self) -> bool:
        """Whether it names a rule by its number."""
        return self.letter in legality.NUMBERED and len(self.operands) > 1


class Slot(NamedTuple):
    """A word, by its index, that another rule of the same shape may have otherwise; the codec of an option's value."""

    place: int
    settled: Callable[[int], Settled]
    codec: Codec | None = None


class Gathered(Cursor):
    """The parts of one command.

    `chains` are the names after `-j` that mean a chain even where a target has the same name. `uses` are the matches
    and the target in the order in which they were named, `given` the options of no module by their letters.
    """

    def __init__(
        self, words: list[Argument], source: Source, line: int, family: int, chains: Collection[str] = ()
    ) -> None:
        super().__init__(words, source, line)
        self.family = family
        self.chains = chains
        self.command = Command()
        self.head: dict[str, Given] = {}
        self.lists: dict[str, tuple[Given, ...]] = {}
        self.matches: list[OpenUse] = []
        self.uses: list[OpenUse] = []
        self.given: dict[str, Argument] = {}
        self.target: OpenUse | None = None
        self.goto: str | None = None
        self.newest: OpenUse | None = None
        self.counters: tuple[int, int] | None = None
        self.protocol = ""
        self.protocol_tried = False
        self.settled: list[Slot] = []

    def open(self, use: OpenUse) -> None:
        """Another match begins."""
        self.matches.append(use)
        self.uses.append(use)
        self.newest = use

    def settle(self, option: Option, attached: str | None) -> None:
        """Remember where a value stands that another rule of this shape may have otherwise."""
        if option.codec.settled is not None and attached is None:
            self.settled.append(Slot(self.position - 1, option.codec.settled, option.codec))

    # -- what could not be read --------------------------------------------------------------------------------------

    def lose(self, word: Argument, message: str, more: Sequence[Argument] = ()) -> None:
        """Words that no option takes."""
        negated, self.negation = self.negation, None
        lost = [*([negated] if negated is not None and negated is not word else []), word, *more]
        self.keep_unread(lost, None)
        self.problem("LVS010", message, lost[0].column, lost[-1].end_column)

    def lose_option(
        self, word: Argument, start: int, values: list[Argument], message: str, code: str, use: OpenUse | None = None
    ) -> None:
        """An option that can't be taken, with its values."""
        end = values[-1].end_column if values else word.end_column
        self.problem(code, message, start, end)
        self.keep_unread([word, *values], use, start)

    def unknown(self, word: Argument, message: str = "") -> None:
        """An option that nobody knows."""
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
                self.nearest(name),
            )
            newest = None
        # The options of a module that is not known have been reported with it.
        self.keep_unread(lost, newest)

    def nearest(self, name: str) -> str:
        """Most likely one of the modules' own options is meant."""
        own = {f"--{long}" for use in self.uses if use.module for long, _ in option_names(use.module)}
        return suggestion(name, own) or suggestion(name, {f"--{long}" for long in getopt.long_names()})

    def keep_unread(self, words: list[Argument], use: OpenUse | None, start: int | None = None) -> None:
        """Keep words that mean something unknown with the module they belong to, or as a match without a name."""
        first = words[0].column if start is None else min(start, words[0].column)
        if use is None:
            use = self.newest if self.newest is not None and self.newest is not self.target else None
        if use is None:
            use = OpenUse("", None, first, words[-1].end_column)
            self.matches.append(use)
        use.reaches(first, words[-1].end_column)
        use.unread.extend(word.text for word in words)
