"""The rules that a client's first packet may meet before IPVS, filed so that those about a service are found at once.

Of thousands of rules a service's packets can match few: those that name its address and port, and those that name
neither. Among the latter the ones that only drop sources are taken together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lvsconf.extensions import registry
from lvsconf.kernel.chains import LoadedChain, LoadedRule, LoadedTable
from lvsconf.kernel.host import Kernel
from lvsconf.model.actions import Copy, HashMark, Nat, ToSocket
from lvsconf.model.effects import Action, Add, Assign, Effect, Forget, Fork, Goto, Jump, Reject, Verdict, When
from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    FRAGMENT,
    IIF,
    IPVS_PROPERTY,
    MARK,
    OIF,
    PROTO,
    SPORT,
    SRC,
    TCP_FLAGS,
    Field,
)
from lvsconf.model.netfilter import Hook
from lvsconf.model.preds import And, Masked, Pred, Within, all_of
from lvsconf.packets.buckets import Buckets, buckets, literals
from lvsconf.packets.many import Interval, intervals
from lvsconf.packets.solve import constraints

HOOKS = (Hook.PRE_ROUTING, Hook.LOCAL_IN)
FILED = (PROTO, DST, DPORT)
"""What tells a service's packets from another's."""
TOLD = frozenset({SRC, DST, PROTO, SPORT, DPORT, IIF, OIF, FRAGMENT, IPVS_PROPERTY, TCP_FLAGS, CT_STATE, MARK})
"""What is known of a packet on its way to IPVS; a rule that changes another field changes nothing."""
MARKING = frozenset({"MARK", "CONNMARK", "HMARK", "SET"})
"""The targets that may change a packet's mark in ways that no effect tells."""

Known = Mapping[Field, Collection[int]]
"""The values that a field may have; one that is missing may have any."""


@dataclass(frozen=True, slots=True)
class SourceDrop:
    """A rule that drops some sources, as far as `Plan.conditions[condition]` holds for the packet."""

    place: int
    condition: int
    sources: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to walk a chain: the rules that only drop sources, and where all others stand that do anything.

    `filed` counts among `others`.
    """

    conditions: tuple[Pred, ...]
    drops: tuple[SourceDrop, ...]
    others: tuple[int, ...]
    filed: Buckets

    def steps(self, known: Known) -> Iterator[tuple[Sequence[SourceDrop], int | None]]:
        """The drops that come next, and the place of the rule behind them that packets may match; at the end None."""
        done = 0
        for index in self.filed.among(known):
            place = self.others[index]
            beyond = bisect_left(self.drops, place, done, key=lambda drop: drop.place)
            yield self.drops[done:beyond], place
            done = beyond
        yield self.drops[done:], None


class Ahead:
    """The rules ahead of IPVS, read once for all services."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._plans: dict[int, Plan] = {}
        self._said: dict[int, tuple[Masked | Within, ...]] = {}

    @cached_property
    def rules(self) -> tuple[LoadedRule, ...]:
        """Every rule that a client's packet may meet before IPVS."""
        return tuple(_rules_ahead(self._kernel))

    @cached_property
    def _filed(self) -> Buckets:
        return buckets([rule.pred for rule in self.rules], FILED)

    def about(self, known: Known) -> Iterator[LoadedRule]:
        """The rules that such packets may match, and few others."""
        return (self.rules[place] for place in self._filed.among(known))

    def said(self, rule: LoadedRule) -> tuple[Masked | Within, ...]:
        """Every literal of one of the rules."""
        found = self._said.get(id(rule))
        if found is None:
            found = self._said[id(rule)] = tuple(constraints(rule.pred))
        return found

    def plan(self, chain: LoadedChain) -> Plan:
        """How to walk a chain."""
        found = self._plans.get(id(chain))
        if found is None:
            found = self._plans[id(chain)] = _plan(chain)
        return found

    def marking(self, mark: int | None) -> Sequence[LoadedRule]:
        """The rules that give this mark; None: those that may give any. Without them all no packet has the mark."""
        return self._marking.get(mark, ())

    @cached_property
    def _marking(self) -> dict[int | None, list[LoadedRule]]:
        found: dict[int | None, list[LoadedRule]] = {}
        chains = {name for table in self._kernel.tables.values() for name in table.chains}
        for rule in self.rules:
            marks = set(_marks(rule, rule.effects, chains))
            for mark in (None,) if None in marks else marks:
                found.setdefault(mark, []).append(rule)
        return found


def _plan(chain: LoadedChain) -> Plan:
    conditions: dict[Pred, int] = {}
    drops, others = [], []
    for place, rule in enumerate(chain.rules):
        if all(_changes_nothing(effect) for effect in rule.effects):
            continue
        dropped = _source_drop(rule)
        if dropped is None:
            others.append(place)
        else:
            condition, sources = dropped
            drops.append(SourceDrop(place, conditions.setdefault(condition, len(conditions)), sources))
    return Plan(
        tuple(conditions), tuple(drops), tuple(others), buckets([chain.rules[place].pred for place in others], FILED)
    )


def _changes_nothing(effect: Effect) -> bool:
    if isinstance(effect, Assign | Add | Forget):
        return effect.field not in TOLD
    return isinstance(effect, Action) and not isinstance(effect, HashMark | ToSocket | Copy | Nat)


def _source_drop(rule: LoadedRule) -> tuple[Pred, tuple[Interval, ...]] | None:
    """The sources that a rule drops and what else has to hold, if it does no more and is not about a service."""
    if not rule.effects or not all(item is Verdict.DROP or isinstance(item, Reject) for item in rule.effects):
        return None
    asked = list(literals(rule.pred))
    named = [literal for literal in asked if literal.field is SRC]
    sources = intervals(named[0]) if len(named) == 1 else None
    if sources is None or any(literal.field in (DST, DPORT) for literal in asked):
        return None
    return _without(rule.pred, named[0]), sources


def _without(pred: Pred, literal: Masked | Within) -> Pred:
    parts = pred.preds if isinstance(pred, And) else (pred,)
    return all_of(_without(part, literal) if isinstance(part, And) else part for part in parts if part is not literal)


def _marks(rule: LoadedRule, effects: tuple[Effect, ...], chains: Collection[str]) -> Iterator[int | None]:
    """The marks that a rule may give, None for one that is not known: Passage goes the same ways."""
    for effect in effects:
        match effect:
            case Assign() if effect.field is MARK and effect.mask == MARK.full:
                yield effect.value
            case Assign() | Add() | Forget():
                if effect.field in TOLD:
                    yield None
            case Nat() | HashMark() | ToSocket() | Copy():
                yield None
            case When(_, then):
                yield from _marks(rule, then, chains)
            case Jump(name) | Goto(name):
                if name not in chains:
                    yield None
            case Fork(_, ways):
                if may_mark(rule):
                    yield None
                for _, way in ways:
                    yield from _marks(rule, way, chains)


def may_mark(rule: LoadedRule) -> bool:
    """Whether a target of which not all is known may change the mark."""
    target = rule.rule.target if rule.rule is not None else None
    return target is not None and (target.module in MARKING or registry.target(target.module) is None)


def _rules_ahead(kernel: Kernel) -> Iterator[LoadedRule]:
    for hook in HOOKS:
        for step in kernel.era.hooks[hook]:
            if step.step == "ip_vs_in_hook":
                return
            name = step.table if step.step == "table" else "nat" if step.step == "nat" else None
            table = kernel.tables.get(name) if name is not None else None
            if table is not None:
                yield from _rules_from(table, hook.value)


def _rules_from(table: LoadedTable, builtin: str) -> Iterator[LoadedRule]:
    seen: set[str] = set()
    todo = [builtin]
    while todo:
        name = todo.pop()
        chain = table.chains.get(name)
        if name in seen or chain is None:
            continue
        seen.add(name)
        for rule in chain.rules:
            yield rule
            todo += [effect.chain for effect in rule.effects if isinstance(effect, Jump | Goto)]
