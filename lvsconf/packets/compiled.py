"""Preds compiled once each, for a single packet: by identity, and kept alive so that their identity stays their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lvsconf.model.preds import Pred
from lvsconf.packets.one import Test, compile_pred
from lvsconf.packets.ways import Ways, compiled

TestCache = Callable[[Pred], Test]


WaysCache = Callable[[Sequence[Pred]], Ways]
CasesCache = Callable[[Sequence[tuple[Pred, Any]]], Ways]


def ways_cache(test: TestCache) -> WaysCache:
    """Compile each list of Preds once, as test_cache does with each Pred."""
    known: dict[int, Ways] = {}

    def ways(preds: Sequence[Pred]) -> Ways:
        found = known.get(id(preds))
        if found is None:
            # The list is kept alive so that its identity stays its own.
            found = known[id(preds)] = compiled(preds, test)
        return found

    return ways


def cases_cache(test: TestCache) -> CasesCache:
    """The same for lists of cases."""
    known: dict[int, tuple[Sequence[tuple[Pred, Any]], Ways]] = {}

    def cases(table: Sequence[tuple[Pred, Any]]) -> Ways:
        found = known.get(id(table))
        if found is None:
            found = known[id(table)] = (table, compiled([pred for pred, _ in table], test))
        return found[1]

    return cases


def test_cache() -> TestCache:
    """Compile each Pred object once."""
    known: dict[int, tuple[Pred, Test]] = {}
    shared: dict[int, tuple[Pred, Test]] = {}

    def test(pred: Pred) -> Test:
        found = known.get(id(pred))
        if found is None:
            found = known[id(pred)] = (pred, compile_pred(pred, shared))
        return found[1]

    return test
