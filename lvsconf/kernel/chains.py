"""A packet's walk through the chains of one table (net/ipv4/netfilter/ip_tables.c ipt_do_table)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lvsconf.extensions.meaning import rule_meaning
from lvsconf.kernel.acting import act
from lvsconf.kernel.asking import ask
from lvsconf.kernel.world import World
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
from lvsconf.model.fields import CtState
from lvsconf.model.netfilter import BUILT_IN, Rule, Ruleset, Table
from lvsconf.model.preds import TRUE, And, Pred, Question, all_of, answered, asks_the_world
from lvsconf.packets.drawn import shape

WORLD_LIMIT = 64
"""So many ways for one packet through one table; what lies beyond is unknown, and said so."""


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """A rule with its meaning. `tail` is whether TRACE takes it for the end of its chain.

    `asks`: its matches ask more than the packet's fields, so that the world has to be asked for the answer.
    """

    rule: Rule | None
    pred: Pred
    effects: tuple[Effect, ...]
    tail: bool
    asks: bool = False


@dataclass(frozen=True, slots=True)
class LoadedChain:
    """A chain ready to be walked; `policy` is None for a user chain. `preds` are those of the rules.

    `asks`: there is a rule among them that has to be asked; its Pred here is what comes before the question.
    """

    name: str
    policy: Verdict | None
    rules: tuple[LoadedRule, ...]
    preds: tuple[Pred, ...]
    asks: bool = False


def _gate(pred: Pred) -> Pred:
    """What a packet has to pass before the first match that has to be asked: it is asked whatever comes after it."""
    if not isinstance(pred, And):
        return TRUE if asks_the_world(pred) else pred
    before: list[Pred] = []
    for item in pred.preds:
        before.append(_gate(item))
        if asks_the_world(item):
            break
    return all_of(before)


def _loaded_chain(name: str, policy: Verdict | None, rules: tuple[LoadedRule, ...]) -> LoadedChain:
    preds = tuple(_gate(rule.pred) if rule.asks else rule.pred for rule in rules)
    return LoadedChain(name, policy, rules, preds, any(rule.asks for rule in rules))


@dataclass(frozen=True, slots=True)
class LoadedTable:
    """A table as the kernel holds it."""

    name: str
    chains: Mapping[str, LoadedChain]


Rejecter = Callable[[World, str], list[World]]


Answers: TypeAlias = Callable[[Question], Pred | None]
"""What the host says to the questions that rules ask."""


def _load_rule(rule: Rule, family: int, answers: Answers) -> LoadedRule:
    pred, effects = rule_meaning(rule, family)
    pred = answered(pred, answers)
    ends = len(effects) == 1 and isinstance(effects[0], Verdict | Return)
    # get_chainname_rulenum: a standard verdict without any condition counts as the tail of its chain.
    return LoadedRule(rule, pred, effects, ends and pred == TRUE and not rule.matches, asks_the_world(pred))


def load_table(table: Table, family: int, answers: Answers) -> LoadedTable:
    """The table with the meaning of each of its rules."""
    chains = {
        chain.name: _loaded_chain(
            chain.name,
            Verdict[chain.policy] if chain.policy in ("ACCEPT", "DROP", "QUEUE") else None,
            tuple(_load_rule(rule, family, answers) for rule in chain.rules),
        )
        for chain in table.chains.values()
    }
    for name in BUILT_IN.get(table.name, ()):
        # The kernel always has a table's built-in chains; iptables-restore gives an unnamed one policy ACCEPT.
        found = chains.get(name)
        if found is None or found.policy is None:
            chains[name] = _loaded_chain(name, Verdict.ACCEPT, found.rules if found else ())
    return LoadedTable(table.name, chains)


def load_tables(ruleset: Ruleset, answers: Answers) -> dict[str, LoadedTable]:
    """All tables of a family; raw is always there, since tracing itself needs it."""
    tables = {name: load_table(table, ruleset.family, answers) for name, table in ruleset.tables.items()}
    tables.setdefault("raw", load_table(Table("raw", {}), ruleset.family, answers))
    return tables


def walk(world: World, table: LoadedTable, builtin: str, reject: Rejecter) -> list[tuple[World, Verdict]]:
    """Every way through the table, with the verdict it ends in.

    A world whose packet met its fate on the way (REJECT) comes back with DROP.
    """
    foresee = world.kernel.foresee
    if foresee is None or not foresee.settles(world, table, builtin):
        found = _Walker(table, table.chains[builtin], reject).run(world)
    else:
        asking = foresee.asking

        def answered_aloud(there: World, answer: str) -> list[World]:
            # The answer is a packet of its own.
            with asking.silence(False):
                return reject(there, answer)

        with asking.silence():
            found = _Walker(table, table.chains[builtin], answered_aloud).run(world)
    return _merged(found) if world.kernel.merges and len(found) > 1 else found


def _merged(found: list[tuple[World, Verdict]]) -> list[tuple[World, Verdict]]:
    """One world for all that differ only in how they got through the table; the one with the fewest guesses."""
    kept: dict[object, tuple[World, Verdict]] = {}
    for world, verdict in sorted(found, key=lambda item: item[0].guesses):
        skb, last = world.skb, world.steps[-1] if world.steps else None
        killer = (last.table, last.chain, last.number) if last and verdict is not Verdict.ACCEPT else None
        ground = (len(world.egress), len(world.entries), len(world.connections), tuple(sorted(world.assumed.items())))
        key = (verdict, killer, skb.fate, world.lost, skb.ct is None, tuple(map(shape, skb.values.values())), ground)
        if key in kept:
            # What only one of them assumed is not needed any more.
            first = kept[key][0]
            first.when = [said for said in first.when if said in world.when]
        else:
            kept[key] = (world, verdict)
    return list(kept.values())


@dataclass(slots=True)
class _Place:
    """Where one world stands: chain, next rule, the chains to come back to, and effects still to be applied."""

    world: World
    chain: LoadedChain
    index: int = 0
    stack: tuple[tuple[LoadedChain, int], ...] = ()
    rule: LoadedRule | None = None
    pending: tuple[Effect, ...] | None = None

    def pop(self, builtin: LoadedChain) -> None:
        """Back to the caller; without one (a goto) to the end of the built-in chain, the hook's underflow."""
        if self.stack:
            (self.chain, self.index), self.stack = self.stack[-1], self.stack[:-1]
        else:
            self.chain, self.index = builtin, len(builtin.rules)


@dataclass(slots=True)
class _Walker:
    table: LoadedTable
    builtin: LoadedChain
    reject: Rejecter
    todo: list[_Place] = field(default_factory=list)
    done: list[tuple[World, Verdict]] = field(default_factory=list)

    def run(self, world: World) -> list[tuple[World, Verdict]]:
        self.todo.append(_Place(world, self.builtin))
        while self.todo:
            place = self.todo.pop()
            if len(self.todo) + len(self.done) > WORLD_LIMIT:
                self._lose(place, f"more than {WORLD_LIMIT} ways through table {self.table.name}: the rest is unknown")
                continue
            verdict = None
            while verdict is None and not place.world.lost:
                verdict = self._advance(place)
            self.done.append((place.world, verdict or Verdict.ACCEPT))
        return self.done

    def _lose(self, place: _Place, why: str) -> None:
        place.world.lost = True
        place.world.when.append(why)
        self.done.append((place.world, Verdict.ACCEPT))

    def _advance(self, place: _Place) -> Verdict | None:
        """On to the next rule that may match; a verdict ends the walk. A branch that splits off waits in `todo`."""
        if place.pending is not None:
            effects, place.pending = place.pending, None
            return self._apply(place, effects)
        chain = place.chain
        world = place.world
        ways = world.kernel.ways(chain.preds)
        position = place.index
        if chain.asks:
            position = world.candidate(ways, position)
            if position < len(chain.rules) and chain.rules[position].asks:
                place.index = position + 1
                return self._ask(place, chain.rules[position])
        position, yes, no = world.first(ways, position)
        if yes is None:
            place.index = position
            return self._chain_end(place)
        place.index = position + 1
        if no is not None:
            self.todo.append(_Place(no, chain, place.index, place.stack))
        place.world = yes
        self._matched(place, chain.rules[position])
        return self._apply(place, chain.rules[position].effects)

    def _matched(self, place: _Place, rule: LoadedRule) -> None:
        chain = place.chain
        kind = ("policy" if chain is self.builtin else "return") if rule.tail else "rule"
        place.world.trace_line(self.table.name, chain.name, kind, place.index)
        place.rule = rule

    def _ask(self, place: _Place, rule: LoadedRule) -> Verdict | None:
        """A rule that asks the world: each answer goes its own way, the first one here."""
        first, *others = ask(place.world, rule.pred)
        for answer, there in others:
            twin = _Place(there, place.chain, place.index, place.stack)
            if answer:
                self._matched(twin, rule)
                twin.pending = rule.effects
            self.todo.append(twin)
        answer, place.world = first
        if not answer:
            return None
        self._matched(place, rule)
        return self._apply(place, rule.effects)

    def _chain_end(self, place: _Place) -> Verdict | None:
        chain, world, number = place.chain, place.world, len(place.chain.rules) + 1
        if chain.policy is None:
            world.trace_line(self.table.name, chain.name, "return", number)
            place.pop(self.builtin)
            return None
        world.trace_line(self.table.name, chain.name, "policy", number)
        self._note(place, f" policy {chain.policy.value}", chain.policy.value, number=number, kind="policy")
        return chain.policy

    def _note(
        self, place: _Place, text: str, verdict: str | None = None, *, number: int | None = None, kind: str = "rule"
    ) -> None:
        rule = place.rule.rule if place.rule and kind == "rule" else None
        said = f" rule {place.index}" if kind == "rule" else ""
        place.world.step(
            f"{self.table.name}:{place.chain.name}{said}{text}",
            table=self.table.name,
            chain=place.chain.name,
            number=number or place.index,
            rule=rule,
            verdict=verdict,
            state=place.world.state,
            kind=kind,
        )

    def _apply(self, place: _Place, effects: tuple[Effect, ...]) -> Verdict | None:
        """Apply a rule's effects: a verdict ends the walk, None goes on at `place`."""
        world = place.world
        for position, effect in enumerate(effects):
            match effect:
                case Verdict():
                    self._note(place, f" {effect.value}", effect.value)
                    return effect
                case Assign(what, value, mask):
                    world.assign(what, (world.skb.value(what) & ~mask) ^ value)
                    self._note(place, f" sets {what.name.rpartition('.')[2]} {world.skb.value(what):#x}", "SET")
                case Add(what, by):
                    found = world.skb.values[what]
                    world.skb.values[what] = None if found is None else min(max(found + by, 0), what.full)
                    self._note(place, f" changes {what.name.rpartition('.')[2]} by {by:+}", "SET")
                case Forget(what):
                    world.forget(what)
                case When(pred, then):
                    yes, no = world.split(pred)
                    rest = effects[position + 1 :]
                    if yes is None:
                        continue
                    if no is not None:
                        self.todo.append(_Place(no, place.chain, place.index, place.stack, place.rule, rest))
                    place.world, place.pending = yes, (*then, *rest)
                    return None
                case Action():
                    return self._act(place, effect, effects[position + 1 :])
                case Notrack():
                    # notrack_tg leaves a packet alone that already has an entry.
                    if not world.tracked:
                        world.attach(None, CtState.UNTRACKED)
                    self._note(place, " NOTRACK", "NOTRACK")
                case Reject(answer):
                    self._note(place, f" REJECT {answer}", "REJECT")
                    place.world, *others = self.reject(world, answer)
                    self.done.extend((other, Verdict.DROP) for other in others)
                    return Verdict.DROP
                case Jump(name) | Goto(name):
                    self._note(place, f" goes to {name}", "JUMP")
                    self._enter(place, name, comes_back=isinstance(effect, Jump))
                    return None
                case Return():
                    self._note(place, " RETURN", "RETURN")
                    place.pop(self.builtin)
                    return None
                case Fork(_, ways):
                    self._fork(place, ways, effects[position + 1 :])
                    return None
        if not effects:
            self._note(place, " matches")
        return None

    def _act(self, place: _Place, action: Action, rest: tuple[Effect, ...]) -> Verdict | None:
        """Something beyond the packet; each way it may go, the first one here."""
        target = place.rule.rule.target if place.rule and place.rule.rule else None
        self._note(place, f" {target.module if target else type(action).__name__}", "ACT")
        first, *others = act(place.world, action)
        for there, verdict in others:
            if verdict is None:
                self.todo.append(_Place(there, place.chain, place.index, place.stack, place.rule, rest))
            else:
                self.done.append((there, verdict))
        place.world, verdict = first
        if verdict is None:
            place.pending = rest
        return verdict

    def _enter(self, place: _Place, name: str, *, comes_back: bool) -> None:
        target = self.table.chains.get(name)
        if target is None or target.policy is not None or len(place.stack) > len(self.table.chains):
            place.world.lost = True
            why = "is not there" if target is None or target.policy is not None else "leads back to itself"
            place.world.when.append(
                f"{self.table.name}:{place.chain.name} rule {place.index} goes to {name}, which {why}"
            )
            return
        if comes_back:
            place.stack = (*place.stack, (place.chain, place.index))
        place.chain, place.index = target, 0

    def _fork(self, place: _Place, ways: tuple[tuple[str, tuple[Effect, ...]], ...], rest: tuple[Effect, ...]) -> None:
        """Each way the unknown may go: the first in this world, the others in twins that wait their turn."""
        for said, effects in ways[1:]:
            twin = place.world.fork()
            twin.guesses += 1
            twin.when.append(said)
            self.todo.append(_Place(twin, place.chain, place.index, place.stack, place.rule, (*effects, *rest)))
        place.world.when.append(ways[0][0])
        place.pending = (*ways[0][1], *rest)
