"""Pred for a packet that stands for many: the answer for the one, and of which others it is the answer too.

`Asking` makes tests and ways that look like those for one packet. What they answer is noted in the facts of the drawn
numbers that they met.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lvsconf.model.fields import Field
from lvsconf.model.preds import And, Not, Opaque, Or, Pred, Query
from lvsconf.packets.drawn import Drawn, Facts, plain
from lvsconf.packets.one import Answer, Test, Values, compile_pred
from lvsconf.packets.packet_set import Bits, Bounds, PacketSet, Seen
from lvsconf.packets.solve import constraints
from lvsconf.packets.space import Space


def fields_of(pred: Pred) -> frozenset[Field]:
    """The fields that a Pred speaks of; opaque parts speak of none."""
    return frozenset(literal.field for literal in constraints(pred))


def closed(pred: Pred) -> Pred:
    """The same Pred, of which opaque parts are unknown: what they would look at can't be noted."""
    match pred:
        case Opaque(reason, one):
            return Opaque(reason) if one is not None else pred
        case Not(inner):
            return Not(closed(inner))
        case And(preds):
            return And(tuple(map(closed, preds)))
        case Or(preds):
            return Or(tuple(map(closed, preds)))
        case Query(question, known) if known is not None:
            return Query(question, closed(known))
        case _:
            return pred


class Asking:
    """Tests that note what they answer. One for all walks of a space; `facts` are those of the walk that is on."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.facts = Facts(space)
        self.silent = False
        # The Preds are kept alive so that their identity stays their own.
        self._prepared: dict[int, tuple[Pred, Test, tuple[Field, ...]]] = {}
        self._tests: dict[int, Test] = {}
        self._bounds: dict[tuple[int, tuple[Seen, ...]], Bounds] = {}
        self._ways: dict[int, NotingWays] = {}
        self._cases: dict[int, tuple[object, NotingWays]] = {}

    def begin(self) -> Facts:
        """A new walk."""
        self.facts = Facts(self.space)
        return self.facts

    @contextmanager
    def silence(self, silent: bool = True) -> Iterator[None]:
        """Preds are answered and nothing is noted: it is known already for whom the answers come to the same."""
        before, self.silent = self.silent, silent
        try:
            yield
        finally:
            self.silent = before

    def prepared(self, pred: Pred) -> tuple[Pred, Test, tuple[Field, ...]]:
        """A Pred without what can't be noted, its test for one packet, and its fields."""
        found = self._prepared.get(id(pred))
        if found is None:
            names = tuple(sorted(fields_of(pred), key=lambda what: what.name))
            found = self._prepared[id(pred)] = (pred, compile_pred(closed(pred)), names)
        return found

    def test(self, pred: Pred) -> Test:
        """The function that answers a Pred for the walking packet and notes for whom that is the answer."""
        known = self._tests.get(id(pred))
        if known is not None:
            return known
        _, one, names = self.prepared(pred)

        def asked(values: Values) -> Answer:
            found = one({what: _own(values[what]) for what in names})
            if not self.silent and any(isinstance(values[what], Drawn) for what in names):
                lower, upper = self.bounds(pred, values)
                self.facts.note(lower if found else upper - lower if found is None else ~upper)
            return found

        self._tests[id(pred)] = asked
        return asked

    def bounds(self, pred: Pred, values: Values) -> Bounds:
        """The packets for which a Pred holds of what these values are drawn from."""
        names = self.prepared(pred)[2]
        key = (id(pred), tuple(seen(values[what]) for what in names))
        found = self._bounds.get(key)
        if found is None:
            found = self._bounds[key] = self.space.bounds(pred, dict(zip(names, key[1], strict=True)))
        return found

    def ways(self, preds: Sequence[Pred]) -> NotingWays:
        """A list of Preds of which the first that holds counts."""
        found = self._ways.get(id(preds))
        if found is None:
            found = self._ways[id(preds)] = NotingWays(self, preds)
        return found

    def cases(self, table: Sequence[tuple[Pred, Any]]) -> NotingWays:
        """The same for a list of cases."""
        found = self._cases.get(id(table))
        if found is None:
            found = self._cases[id(table)] = (table, NotingWays(self, [pred for pred, _ in table]))
        return found[1]


class NotingWays:
    """As packets/ways.py has them for one packet; see there."""

    def __init__(self, asking: Asking, preds: Sequence[Pred]) -> None:
        self.preds = preds
        self._asking = asking
        self._names = tuple(sorted(frozenset().union(*map(fields_of, preds)), key=lambda what: what.name))
        self._tests = [asking.prepared(pred)[1] for pred in preds]
        # What the Preds from a place on leave over, one after the other.
        self._left: dict[tuple[int, tuple[Seen, ...]], list[PacketSet]] = {}

    def first(self, values: Values, start: int = 0) -> tuple[int, Answer]:
        """See Ways."""
        own = {what: _own(values[what]) for what in self._names}
        place = start
        answer: Answer = False
        while place < len(self._tests):
            answer = self._tests[place](own)
            if answer is not False:
                break
            place += 1
        if not self._asking.silent:
            self._note(values, start, place, answer)
        return place, answer

    def _note(self, values: Values, start: int, place: int, answer: Answer) -> None:
        if not any(isinstance(values[what], Drawn) for what in self._names):
            return
        asking = self._asking
        left = self._left.setdefault((start, tuple(seen(values[what]) for what in self._names)), [])
        if not left:
            left.append(asking.space.everything)
        while len(left) <= place - start:
            pred = self.preds[start + len(left) - 1]
            left.append(left[-1] - asking.bounds(pred, values).upper)
        asking.facts.note(left[place - start])
        if place < len(self.preds):
            lower, upper = asking.bounds(self.preds[place], values)
            asking.facts.note(lower if answer else upper - lower)


def _own(value: int | None) -> int | None:
    return plain(value) if value.__class__ is Drawn else value


def seen(value: int | None) -> Seen:
    """What a field's value is, or what it was drawn from."""
    return Bits(*value.shape) if isinstance(value, Drawn) else value
