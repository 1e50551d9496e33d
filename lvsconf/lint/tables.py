"""What the checks of chains ask of one table, answered once; where a bound is hit, that is noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TypeVar

from lvsconf.kernel.chains import LoadedTable
from lvsconf.questions.chain_sets import ChainSets, Link, NotWalkedError
from lvsconf.questions.dead_rules import Dead, DeadRules, Unreached
from lvsconf.questions.negations import Needless, TakesAll, needless, takes_all
from lvsconf.questions.redundant_rules import Redundant, RedundantRules
from lvsconf.questions.rule_order import PAIRS, Correlated, RuleOrder

_T = TypeVar("_T")
NAMED = 3
"""So many places are named where packets are not followed any more."""


class TableAnswers:
    """One table of one family, as seen from its chains alone. `notes` takes what is unknown."""

    def __init__(self, family: int, table: LoadedTable, notes: list[str]) -> None:
        self.family, self.table, self._notes = family, table, notes
        self.name = f"{'ip6tables ' if family == 6 else ''}{table.name}"

    @cached_property
    def sets(self) -> ChainSets | None:
        """The packets that come to each rule; None where nobody can tell."""
        try:
            sets = ChainSets(self.table, self.family)
        except NotWalkedError as error:
            self._note(f"which rules of {self.name} packets match: {error}")
        except MemoryError:
            self._note(f"which rules of {self.name} packets match: the sets of packets grow too large")
        else:
            if sets.unfollowed:
                places = [f"{link.chain.name} rule {link.number}" for link in sets.unfollowed[:NAMED]]
                more = len(sets.unfollowed) - NAMED
                places += [f"{more} more"] if more > 0 else []
                self._note(f"what still comes by in {self.name} at {', '.join(places)}: too many kinds of packets")
            return sets
        return None

    @cached_property
    def dead(self) -> tuple[Dead, ...]:
        """The rules that no packet matches."""
        return self._asked("what stands before the dead rules", lambda sets: DeadRules(sets).rules())

    @cached_property
    def only_own(self) -> tuple[Link, ...]:
        """The rules of raw PREROUTING that match only what the host sends to itself."""
        return self._asked("what comes to raw PREROUTING", lambda sets: DeadRules(sets).only_own())

    @cached_property
    def unreached(self) -> tuple[Unreached, ...]:
        """The chains that no packet comes to."""
        return self._asked("the chains without packets", lambda sets: DeadRules(sets).chains())

    @cached_property
    def redundant(self) -> tuple[Redundant, ...]:
        """The rules that change nothing."""

        def find(sets: ChainSets) -> Iterable[Redundant]:
            question = RedundantRules(sets)
            yield from question.rules()
            if question.given_up:
                count = question.given_up
                self._note(
                    f"whether {count} rule{'s' * (count > 1)} of {self.name} could be deleted (too many to come)"
                )

        return self._asked("the redundant rules", find)

    @cached_property
    def needless(self) -> tuple[Needless, ...]:
        """The negated conditions that exclude nothing."""
        return self._asked("the negated conditions", needless)

    @cached_property
    def taking_all(self) -> tuple[TakesAll, ...]:
        """The pairs of rules that take everything."""
        return self._asked("the negated conditions", takes_all)

    @cached_property
    def correlated(self) -> tuple[Correlated, ...]:
        """The rules whose order decides."""

        def find(sets: ChainSets) -> Iterable[Correlated]:
            question = RuleOrder(sets)
            yield from question.rules()
            if not question.complete:
                self._note(f"further rules of {self.name} whose order decides (more than {PAIRS} pairs were compared)")

        return self._asked("the rules whose order decides", find)

    def _asked(self, what: str, question: Callable[[ChainSets], Iterable[_T]]) -> tuple[_T, ...]:
        found: list[_T] = []
        try:
            found.extend(question(self.sets) if self.sets is not None else ())
        except MemoryError:
            self._note(f"{what} in {self.name}: the sets of packets grow too large")
        return tuple(found)

    def _note(self, words: str) -> None:
        self._notes.append(f"unknown: {words}")
