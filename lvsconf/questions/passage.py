"""Which packets of a grid may come to IPVS: the chains ahead of it, for sets of packets instead of one.

This is an upper bound. Where a match or a target is unknown the packets go every way, and routing stops nobody. What
is not in the set is stopped for certain, whatever the input leaves open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lvsconf.kernel.chains import LoadedChain, LoadedRule, LoadedTable
from lvsconf.model.actions import Copy, HashMark, Nat, ToSocket
from lvsconf.model.effects import (
    Action,
    Add,
    Assign,
    Effect,
    Forget,
    Fork,
    Goto,
    Jump,
    Notrack,
    Reject,
    Return,
    Verdict,
    When,
)
from lvsconf.model.fields import CT_STATE, DPORT, DST, MARK, SPORT, SRC, CtState
from lvsconf.model.netfilter import Hook
from lvsconf.model.preds import Pred
from lvsconf.packets.index import merged
from lvsconf.packets.many import Grid, Interval, OneCell
from lvsconf.packets.solve import speaks_of
from lvsconf.questions.ahead import FILED, HOOKS, Plan, SourceDrop, may_mark
from lvsconf.questions.survey import Survey

RULE_LIMIT = 200_000
"""So many rules are walked; from there on everything may pass."""
DEPTH_LIMIT = 100
"""So deep chains are followed, with the same consequence. Chains that call each other in a circle end here too."""
MARK_LIMIT = 64
"""So many marks are told apart."""

NAMING = frozenset({SRC, SPORT, DST, DPORT})
"""What makes a rule one about certain clients or services, unlike `-i eth1 -j ACCEPT`."""

Key = tuple[int | None, CtState]
"""The mark, None where it is not known, and the ctstate."""
Sets = dict[Key, int]


@dataclass(slots=True)
class Gate:
    """A rule that lets packets through the filter, with number None the policy; `path` are the rules up to it."""

    chain: str
    number: int | None
    path: tuple[LoadedRule, ...]
    packets: int = 0

    @property
    def named(self) -> bool:
        """Whether it is about certain clients or services."""
        return any(speaks_of(rule.pred, NAMING) for rule in self.path)

    @property
    def place(self) -> str:
        """How people find it."""
        return f"filter:{self.chain} " + ("policy ACCEPT" if self.number is None else f"rule {self.number}")


@dataclass(frozen=True, slots=True)
class _Place:
    table: LoadedTable
    chain: LoadedChain
    number: int | None
    path: tuple[LoadedRule, ...] = ()


class Passage:
    """One walk of all packets of a grid. `gates` are those of the filter's INPUT, in the order of the rules."""

    def __init__(self, survey: Survey, grid: Grid | OneCell) -> None:
        self._kernel, self._ahead, self._grid = survey.kernel, survey.ahead, grid
        self._known = {what: values for what, values in grid.known.items() if what in FILED}
        self._gates: dict[tuple[str, int | None], Gate] = {}
        self._accepted: Sets = {}
        self._gated = False
        self._left = RULE_LIMIT

    @property
    def gates(self) -> tuple[Gate, ...]:
        """Every place that lets packets through the filter."""
        return tuple(self._gates.values())

    def arriving(self) -> Sets:
        """What may come to IPVS of the packets that arrive."""
        return self._run(HOOKS, {(0, CtState.INVALID): self._grid.full})

    def translated(self) -> Sets:
        """What may come to IPVS of packets that only got the grid's addresses by translation in PRE_ROUTING."""
        return self._run(HOOKS[1:], {(None, CtState.NEW): self._grid.full})

    def _run(self, hooks: tuple[Hook, ...], sets: Sets) -> Sets:
        for hook in hooks:
            for step in self._kernel.era.hooks[hook]:
                if step.step == "ip_vs_in_hook":
                    return sets
                if step.step == "conntrack_in" and self._kernel.conntrack:
                    # A client's first packet belongs to no flow; conntrack leaves alone what raw has untracked.
                    sets = _moved(sets, lambda key: (key[0], key[1] if key[1] == CtState.UNTRACKED else CtState.NEW))
                elif step.step == "table":
                    sets = self._table(hook, step.table or "", sets)
                elif step.step == "nat":
                    # nf_nat_inet_fn asks the chains for packets with a conntrack entry only.
                    plain = {key: packets for key, packets in sets.items() if key[1] != CtState.NEW}
                    tracked = {key: packets for key, packets in sets.items() if key[1] == CtState.NEW}
                    sets = _added(plain, self._table(hook, "nat", tracked))
        return sets

    def _table(self, hook: Hook, name: str, sets: Sets) -> Sets:
        table = self._kernel.tables.get(name)
        self._gated = hook is Hook.LOCAL_IN and name == "filter"
        if table is None:
            if self._gated:
                self._gates[hook.value, None] = Gate(hook.value, None, (), _all(sets))
            return sets
        self._accepted = {}
        builtin = table.chains[hook.value]
        start = _Place(table, builtin, None)
        fallen = self._chain(start, builtin, sets)
        if builtin.policy is not Verdict.DROP:
            self._accept(start, fallen)
        return self._accepted

    def _chain(self, caller: _Place, chain: LoadedChain, sets: Sets) -> Sets:
        """What comes back from a chain, by its end or by RETURN."""
        back: Sets = {}
        plan = self._ahead.plan(chain)
        for drops, index in plan.steps(self._known):
            sets = self._without(plan, drops, sets)
            if not sets or index is None:
                break
            self._left -= 1
            if self._left < 0:
                self._give_up(caller, sets)
                return back
            rule = chain.rules[index]
            matched, rest = self._split(rule, sets)
            if matched:
                place = _Place(caller.table, chain, index + 1, (*caller.path, rule))
                rest = _added(rest, self._apply(place, rule.effects, matched, back))
            sets = rest
        return _added(back, sets)

    def _without(self, plan: Plan, drops: Sequence[SourceDrop], sets: Sets) -> Sets:
        """The packets that rules which drop sources leave."""
        by_condition: dict[int, list[Interval]] = {}
        for drop in drops:
            by_condition.setdefault(drop.condition, []).extend(drop.sources)
        for condition, sources in by_condition.items():
            dropped = self._grid.held(SRC, merged(sources))
            if dropped:
                sets = self._less(sets, plan.conditions[condition], dropped)
        return sets

    def _less(self, sets: Sets, condition: Pred, dropped: int) -> Sets:
        found = {}
        for key, packets in sets.items():
            lower, _ = self._grid.bounds(condition, {MARK: key[0], CT_STATE: key[1]})
            if packets & ~(lower & dropped):
                found[key] = packets & ~(lower & dropped)
        return found

    def _split(self, rule: LoadedRule, sets: Sets) -> tuple[Sets, Sets]:
        """The packets that may match, and those that may not."""
        matched, rest = {}, {}
        for key, packets in sets.items():
            lower, upper = self._grid.bounds(rule.pred, {MARK: key[0], CT_STATE: key[1]})
            if packets & upper:
                matched[key] = packets & upper
            if packets & ~lower:
                rest[key] = packets & ~lower
        return matched, rest

    def _apply(self, place: _Place, effects: tuple[Effect, ...], sets: Sets, back: Sets) -> Sets:
        """What goes on behind the rule; what returns is added to `back`."""
        for position, effect in enumerate(effects):
            match effect:
                case Verdict.DROP | Reject():
                    return {}
                case Verdict():
                    # The program behind a queue may accept what it is given.
                    self._accept(place, sets)
                    return {}
                case Return():
                    _added(back, sets)
                    return {}
                case Jump(name) | Goto(name):
                    fallen = self._enter(place, name, sets)
                    if isinstance(effect, Jump):
                        return fallen
                    _added(back, fallen)
                    return {}
                case Notrack():
                    sets = _moved(sets, lambda key: (key[0], key[1] if key[1] == CtState.NEW else CtState.UNTRACKED))
                case Assign():
                    if effect.field is not MARK and self._grid.tells(effect.field):
                        self._give_up(place, sets)
                        return {}
                    if effect.field is MARK:
                        sets = _marked(sets, effect)
                case Add() | Forget():
                    if effect.field is MARK:
                        sets = _moved(sets, lambda key: (None, key[1]))
                    elif self._grid.tells(effect.field):
                        self._give_up(place, sets)
                        return {}
                case When(_, then):
                    # Whoever it is, it may be done or not.
                    done = self._apply(place, (*then, *effects[position + 1 :]), dict(sets), back)
                    return _added(done, self._apply(place, effects[position + 1 :], sets, back))
                case Nat():
                    self._give_up(place, sets)
                    return {}
                case Action():
                    if isinstance(effect, HashMark | ToSocket | Copy):
                        sets = _moved(sets, lambda key: (None, key[1]))
                    if isinstance(effect, ToSocket):
                        self._accept(place, sets)
                case Fork(_, ways):
                    if may_mark(place.path[-1]):
                        sets = _moved(sets, lambda key: (None, key[1]))
                    onward: Sets = {}
                    for _, way in ways:
                        _added(onward, self._apply(place, (*way, *effects[position + 1 :]), sets, back))
                    return onward
        return sets

    def _enter(self, place: _Place, name: str, sets: Sets) -> Sets:
        chain = place.table.chains.get(name)
        if chain is None or len(place.path) > DEPTH_LIMIT:
            self._give_up(place, sets)
            return {}
        return self._chain(place, chain, sets)

    def _give_up(self, place: _Place, sets: Sets) -> None:
        """Nothing more can be said of these packets: they may pass, with any mark."""
        self._accept(place, _moved(sets, lambda key: (None, key[1])))

    def _accept(self, place: _Place, sets: Sets) -> None:
        _added(self._accepted, sets)
        if self._gated and sets:
            key = (place.chain.name, place.number)
            self._gates.setdefault(key, Gate(*key, place.path)).packets |= _all(sets)


def _all(sets: Sets) -> int:
    found = 0
    for packets in sets.values():
        found |= packets
    return found


def _added(sets: Sets, more: Sets) -> Sets:
    """The first, with the second put in."""
    for key, packets in more.items():
        sets[key] = sets.get(key, 0) | packets
    return sets


def _moved(sets: Sets, change: Callable[[Key], Key]) -> Sets:
    moved: Sets = {}
    for key, packets in sets.items():
        _added(moved, {change(key): packets})
    return moved


def _marked(sets: Sets, effect: Assign) -> Sets:
    def change(key: Key) -> Key:
        keeps = effect.mask != MARK.full
        if key[0] is None and keeps:
            return key
        return ((key[0] or 0) & ~effect.mask) ^ effect.value, key[1]

    found = _moved(sets, change)
    return found if len(found) <= MARK_LIMIT else _moved(found, lambda key: (None, key[1]))
