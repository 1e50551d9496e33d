"""What a table's chain does with sets of packets: who is accepted, who is dropped, what each rule meets.

Every answer is a lower and an upper set: the packets for which it is certain, and those for which it may be so. They
are the packets as they are at that place: a rule may have changed a field of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lvsconf.kernel.chains import LoadedChain, LoadedRule, LoadedTable
from lvsconf.model.actions import Copy, Nat, NatTo, Track
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
from lvsconf.model.fields import CT_STATE, CtState, Field
from lvsconf.model.preds import Pred
from lvsconf.packets.space import Bounds, PacketSet, Space

DEPTH_LIMIT = 100
"""So deep chains are followed; what goes deeper may be accepted or not. Chains that call each other end here too."""


@dataclass(slots=True)
class Met:
    """A rule, the packets that come to it and those that match it, over all ways that lead there."""

    table: str
    chain: str
    number: int
    rule: LoadedRule
    reached: Bounds
    matched: Bounds


@dataclass(slots=True)
class Filtering:
    """The way of some packets through a built-in chain. `met` are the rules in the order in which they were reached.

    With `anew` every rule decides for itself what is not known of a packet, together with the rules that lead to its
    chain, whatever the rules before made of it: a rule that drops takes only packets off for which all of that is
    certain. It is the upper closure of a rule set without user chains, as other analysers have it; `accepted.upper`
    alone has a meaning then.
    """

    space: Space
    table: LoadedTable
    anew: bool = False
    accepted: Bounds = field(init=False)
    dropped: Bounds = field(init=False)
    met: dict[tuple[str, int], Met] = field(default_factory=dict)
    complete: bool = True

    def __post_init__(self) -> None:
        self.accepted = self.dropped = self._none

    @property
    def _none(self) -> Bounds:
        return Bounds(self.space.nothing, self.space.nothing)

    def run(self, builtin: str, packets: Bounds) -> Filtering:
        """Send packets through a built-in chain. Returns itself."""
        chain = self.table.chains[builtin]
        rest = self._chain(chain, packets, self.space.everything, 0)
        if chain.policy is Verdict.DROP:
            self.dropped = _joined(self.dropped, rest)
        else:
            self.accepted = _joined(self.accepted, rest)
        return self

    def _chain(self, chain: LoadedChain, packets: Bounds, sure: PacketSet, depth: int) -> Bounds:
        """What comes back from a chain, by its end or by RETURN. `sure`: surely taken by the rules on the way here."""
        if depth > DEPTH_LIMIT:
            self._lose(packets)
            return self._none
        back = self._none
        for number, rule in enumerate(chain.rules, 1):
            if not packets.upper:
                break
            some, most = self.space.bounds(rule.pred)
            matched = Bounds(packets.lower & some, packets.upper & most)
            self._note(chain, number, rule, packets, matched)
            gone = some & sure if self.anew and _drops(rule) else some
            rest = Bounds(packets.lower - most, packets.upper - gone)
            if matched.upper:
                onward, returned = self._apply(rule.effects, matched, sure & some, depth)
                rest, back = _joined(rest, onward), _joined(back, returned)
            packets = rest
        return _joined(back, packets)

    def _note(self, chain: LoadedChain, number: int, rule: LoadedRule, reached: Bounds, matched: Bounds) -> None:
        key = (chain.name, number)
        known = self.met.get(key)
        if known is None:
            self.met[key] = Met(self.table.name, chain.name, number, rule, reached, matched)
        else:
            known.reached, known.matched = _joined(known.reached, reached), _joined(known.matched, matched)

    def _apply(
        self, effects: tuple[Effect, ...], packets: Bounds, sure: PacketSet, depth: int
    ) -> tuple[Bounds, Bounds]:
        """What goes on behind the rule, and what returns to the caller."""
        for position, effect in enumerate(effects):
            match effect:
                case Verdict.ACCEPT:
                    self.accepted = _joined(self.accepted, packets)
                    return self._none, self._none
                case Verdict.DROP | Reject():
                    self.dropped = _joined(self.dropped, packets)
                    return self._none, self._none
                case Verdict():
                    # The program behind a queue decides.
                    self._lose(packets)
                    return self._none, self._none
                case Return():
                    return self._none, packets
                case Jump(name):
                    return self._enter(name, packets, sure, depth), self._none
                case Goto(name):
                    return self._none, self._enter(name, packets, sure, depth)
                case Fork(_, ways):
                    return self._fork(ways, effects[position + 1 :], packets.upper, depth)
                case Assign(what, value, mask):
                    packets = self._changed(packets, what, value, mask)
                case Notrack():
                    packets = self._changed(packets, CT_STATE, CtState.UNTRACKED, CT_STATE.full)
                case Forget(what) | Add(what, _):
                    packets = self._forgotten(packets, (what,))
                case Action():
                    # It may change whatever a packet has, and SYNPROXY and its like take the packet.
                    packets = self._forgotten(packets, self.space.fields)
                    self._lose(packets)
                case When(pred, inner):
                    return self._when(pred, (inner, effects[position + 1 :]), packets, sure, depth)
                case Nat():
                    # The packet is rewritten behind the chain; an interface without an address drops it.
                    if effect.to in (NatTo.OUT_DEVICE, NatTo.HOST):
                        self._lose(packets)
                    else:
                        self.accepted = _joined(self.accepted, packets)
                    return self._none, self._none
                case Copy():
                    packets = Bounds(self.space.nothing, self.space.without(packets.upper, [effect.target]))
                case Track():
                    # A template looks like an entry, unless the packet has one.
                    entry = [what for what in self.space.fields if what.name.startswith("ct.")]
                    packets = Bounds(self.space.nothing, self.space.without(packets.upper, entry))
        return packets, self._none

    def _when(
        self,
        pred: Pred,
        ways: tuple[tuple[Effect, ...], tuple[Effect, ...]],
        packets: Bounds,
        sure: PacketSet,
        depth: int,
    ) -> tuple[Bounds, Bounds]:
        """The first effects are met by some of the packets, the second ones then by all."""
        inner, rest = ways
        some, most = self.space.bounds(pred)
        met = Bounds(packets.lower & some, packets.upper & most)
        onward, back = self._apply((*inner, *rest), met, sure & some, depth)
        others = Bounds(packets.lower - most, packets.upper - some)
        went, returned = self._apply(rest, others, sure - most, depth)
        return _joined(onward, went), _joined(back, returned)

    def _fork(
        self, ways: tuple[tuple[str, tuple[Effect, ...]], ...], rest: tuple[Effect, ...], packets: PacketSet, depth: int
    ) -> tuple[Bounds, Bounds]:
        """Each way the unknown may go: nothing is certain behind it."""
        onward = back = self._none
        for _, effects in ways:
            nothing = self.space.nothing
            went, returned = self._apply((*effects, *rest), Bounds(nothing, packets), nothing, depth)
            onward, back = _joined(onward, went), _joined(back, returned)
        return onward, back

    def _enter(self, name: str, packets: Bounds, sure: PacketSet, depth: int) -> Bounds:
        chain = self.table.chains.get(name)
        if chain is None or chain.policy is not None:
            self._lose(packets)
            return self._none
        return self._chain(chain, packets, sure, depth + 1)

    def _changed(self, packets: Bounds, what: Field, value: int, mask: int) -> Bounds:
        return Bounds(*(self.space.assigned(each, what, value, mask) for each in packets))

    def _forgotten(self, packets: Bounds, fields: Iterable[Field]) -> Bounds:
        """The same packets when nothing is known any more of some fields."""
        return Bounds(self.space.nothing, self.space.without(packets.upper, fields))

    def _lose(self, packets: Bounds) -> None:
        """Nothing more can be said of these packets."""
        self.complete = False
        self.accepted = Bounds(self.accepted.lower, self.accepted.upper | packets.upper)
        self.dropped = Bounds(self.dropped.lower, self.dropped.upper | packets.upper)


def _drops(rule: LoadedRule) -> bool:
    return any(effect is Verdict.DROP or isinstance(effect, Reject) for effect in rule.effects)


def _joined(one: Bounds, other: Bounds) -> Bounds:
    return Bounds(one.lower | other.lower, one.upper | other.upper)
