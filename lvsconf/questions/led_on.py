"""One packet on its way through the chains of a table, as far as it can be told whether it meets the same fate without
a rule.

It is what redundant_rules asks of all packets that a rule takes, for one of them: where that one sees a difference
there is no need to look at the others. Nothing is known of what the host would answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lvsconf.kernel.chains import LoadedChain
from lvsconf.model.fields import FIELDS, Field
from lvsconf.model.preds import And, Not, Opaque, Or, Pred, Query, WorldQuestion, all_of
from lvsconf.packets.buckets import Buckets, buckets
from lvsconf.packets.one import Test, compile_pred
from lvsconf.questions.chain_sets import ChainSets, Link

BACK = "RETURN"
"""The fate of packets that come to the end of a user chain."""
STEPS = 256
"""So many rules are met on the way of one rule's packets; whoever meets more is not redundant as far as we know."""


class UnsureError(Exception):
    """The packets meet another fate, or something on their way counts or changes them, or is not known."""


class TooLongError(Exception):
    """Packets meet more rules than are followed."""


class LedOn:
    """The answer for one table. `gone` are the numbers of the rules of each chain that count as deleted.

    `seen` has for each chain what a packet has to pass to match its rules, or to be counted by them.
    """

    def __init__(self, sets: ChainSets, gone: Mapping[str, Collection[int]]) -> None:
        self._sets, self._gone = sets, gone
        self._counting = {id(link) for links in sets.links.values() for link in links if keeps_count(link.rule.pred)}
        self.seen = {name: tuple(map(self._seen_by, links)) for name, links in sets.links.items()}
        self._nothing = dict.fromkeys(FIELDS.values(), 0)
        self._found: dict[str, Buckets] = {}
        self._tests: dict[int, Test] = {}
        self._steps = 0

    def differs(self, link: Link, packet: Mapping[Field, int]) -> bool:
        """Whether one packet, of those that match a rule, may see that the rule is gone. Raises TooLongError."""
        self._steps = 0
        values = {**self._nothing, **packet}
        try:
            own = self._fate(link, values)
            return own is not None and self._walk(link.chain, link.number, values) != own
        except UnsureError:
            return True

    def keeps_count(self, link: Link) -> bool:
        """Whether asking a rule may leave traces."""
        return id(link) in self._counting

    def _seen_by(self, link: Link) -> Pred:
        return _before_count(link.rule.pred) if id(link) in self._counting else link.rule.pred

    def _walk(self, chain: LoadedChain, start: int, values: Mapping[Field, int]) -> str:
        """Where a packet ends that comes to the rules of a chain behind the first so many."""
        name, links = chain.name, self._sets.links[chain.name]
        if name not in self._found:
            self._found[name] = buckets(self.seen[name])
        gone = self._gone.get(name, ())
        for place in self._found[name].possible(values, start):
            link = links[place]
            if link.number in gone:
                continue
            answer = self._test(link)(values)
            if answer is False:
                continue
            self._steps += 1
            if self._steps > STEPS:
                raise TooLongError
            if answer is None or id(link) in self._counting:
                raise UnsureError
            fate = self._fate(link, values)
            if fate is not None:
                return fate
        return end_of(chain)

    def _fate(self, link: Link, values: Mapping[Field, int]) -> str | None:
        """What a rule does with a packet; None where it just comes back to the next one."""
        what = link.deed
        if what.changed or not what.alike or what.goes_on:
            raise UnsureError
        if what.end:
            return what.end
        if what.called is None:
            return end_of(link.chain)
        found = self._walk(self._sets.table.chains[what.called], 0, values)
        if found != BACK:
            return found
        return end_of(link.chain) if what.goto else None

    def _test(self, link: Link) -> Test:
        found = self._tests.get(id(link))
        if found is None:
            found = self._tests[id(link)] = compile_pred(_unasked(self.seen[link.chain.name][link.number - 1]))
        return found


def end_of(chain: LoadedChain) -> str:
    """The fate of packets at a chain's end."""
    return BACK if chain.policy is None else chain.policy.value


def keeps_count(pred: Pred) -> bool:
    """Whether asking may leave traces, or nobody knows: limits and lists that count the packets that ask."""
    match pred:
        case Opaque():
            return True
        case Query(question, _):
            return isinstance(question, WorldQuestion) or getattr(question, "counted", False)
        case Not(inner):
            return keeps_count(inner)
        case And(preds) | Or(preds):
            return any(map(keeps_count, preds))
        case _:
            return False


def _before_count(pred: Pred) -> Pred:
    """What a packet has to pass before the first match that keeps count: matches are asked in the order they stand."""
    if not isinstance(pred, And):
        return all_of(()) if keeps_count(pred) else pred
    before: list[Pred] = []
    for item in pred.preds:
        if keeps_count(item):
            before.append(_before_count(item))
            break
        before.append(item)
    return all_of(before)


def _unasked(pred: Pred) -> Pred:
    """The same with all that no field tells left unknown."""
    match pred:
        case Query(question, _):
            return Query(question)
        case Opaque(reason):
            return Opaque(reason)
        case Not(inner):
            return Not(_unasked(inner))
        case And(preds):
            return And(tuple(map(_unasked, preds)))
        case Or(preds):
            return Or(tuple(map(_unasked, preds)))
        case _:
            return pred
