"""A list of Preds of which the first that holds counts: the rules of a chain, the routes of a table, the services."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lvsconf.model.preds import Pred
from lvsconf.packets.buckets import Buckets, buckets
from lvsconf.packets.one import Answer, Test, Values

FEW = 32
"""So many ways are just tried one after another."""
HEAD = 8
"""So many are tried before any is looked up: most packets meet an early rule about interfaces or states."""


class Ways(Protocol):
    """Ways for one packet, or for one that stands for many (asked.py)."""

    @property
    def preds(self) -> Sequence[Pred]:
        """The Preds in order."""

    def first(self, values: Values, start: int = 0) -> tuple[int, Answer]:
        """Where the first Pred from `start` on stands that holds or may hold; the length of the list if none does."""


@dataclass(frozen=True, slots=True)
class Tested:
    """The Preds in order, and the test of each for one packet; of many, the few that a packet's values allow."""

    preds: Sequence[Pred]
    tests: tuple[Test, ...]
    buckets: Buckets | None = None

    def first(self, values: Values, start: int = 0) -> tuple[int, Answer]:
        """See Ways."""
        tests = self.tests
        end = len(tests) if self.buckets is None else min(start + HEAD, len(tests))
        for place in range(start, end):
            found = tests[place](values)
            if found is not False:
                return place, found
        if self.buckets is not None and end < len(tests):
            for place in self.buckets.possible(values, end):
                found = tests[place](values)
                if found is not False:
                    return place, found
        return len(tests), False


def compiled(preds: Sequence[Pred], test: Callable[[Pred], Test]) -> Tested:
    """The ways through a list of Preds; `test` compiles one."""
    return Tested(preds, tuple(test(pred) for pred in preds), buckets(preds) if len(preds) > FEW else None)
