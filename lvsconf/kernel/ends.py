"""What a table does with sets of packets, exactly: how each packet that enters a built-in chain ends in it.

The sets are those of the packets as they come to the chain. What rules change in a packet is kept beside them, as the
value that the field has then or as the bits that are left of it. Where an answer is unknown a packet goes both ways,
so that it may have more than one end; where it has one end alone, that is how it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lvsconf.kernel.chains import LoadedChain, LoadedRule, LoadedTable
from lvsconf.model.actions import ChangeSet, Copy, HashMark, Nat, Tee, Track
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
from lvsconf.model.fields import CT_STATE, FIELDS, MARK, CtState, Field
from lvsconf.model.preds import Pred, one_of
from lvsconf.packets.packet_set import Bits, PacketSet, Seen, Values, union
from lvsconf.packets.space import Space

DEPTH_LIMIT = 100
"""So deep chains are followed; the end of what goes deeper is unknown. Chains that call each other end here too."""
CHANGES_LIMIT = 256
"""So many different changes to packets are told apart."""

_UNTRACKED_YET: Pred = one_of(CT_STATE, (CtState.INVALID, CtState.UNTRACKED))
OF_ENTRIES = frozenset(what for name, what in FIELDS.items() if name.startswith("ct."))
"""What a packet has from its conntrack entry."""
FORGOTTEN: dict[type[Action], frozenset[Field]] = {
    ChangeSet: frozenset(),
    Tee: frozenset(),
    HashMark: frozenset({MARK}),
    # A template looks like an entry, unless the packet has one.
    Track: OF_ENTRIES,
}
"""What nobody knows any more of a packet that an action let go on."""

Change = tuple[Field, Seen]


class End(NamedTuple):
    """How packets end in a chain. `verdict` is that of iptables, REJECT with its answer, NAT, or ? where it is unknown.

    `changed` are the fields that hold something else than before, in the order of their names.
    """

    verdict: str
    changed: tuple[Change, ...] = ()
    nat: Nat | None = None

    @property
    def passes(self) -> bool | None:
        """Whether the packets go on to what comes behind the table; None where it is unknown."""
        return None if self.verdict == "?" else self.verdict in ("ACCEPT", "NAT")


class Place(NamedTuple):
    """What decides of a packet: a rule by its number from 1 on, or the policy of a built-in chain as number 0."""

    chain: str
    number: int


Walking = dict[tuple[Change, ...], PacketSet]
"""Packets on their way, by what was changed in them."""
Decided = dict[tuple[Place, End], PacketSet]
Memo = dict[tuple[int, tuple[tuple[tuple[Change, ...], PacketSet], ...]], tuple[Walking, Decided, PacketSet]]
"""What has become of packets in a chain (its id): for tables that have chains in common, in one space and state."""


@dataclass(slots=True)
class Ends:
    """The ends of some packets of a space, and what decides them: `decided` has a set for each place and end.

    `state` is what is known of all packets, as for Space.bounds. `singular` are the packets that meet something that
    remembers them, or asks for more than their fields: for them alone the way matters and not only where it ends.

    With `anew` every rule decides for itself what is not known of a packet, together with the rules that lead to its
    chain, whatever the rules before made of it: a rule that drops takes only packets off for which all of that is
    certain. It is the upper closure of a rule set without user chains, as other analysers have it; what may pass alone
    has a meaning then.
    """

    space: Space
    table: LoadedTable
    state: Values = field(default_factory=dict)
    anew: bool = False
    decided: Decided = field(default_factory=dict)
    singular: PacketSet = field(init=False)
    memo: Memo = field(default_factory=dict)
    _known: dict[tuple[int, tuple[Change, ...]], tuple[PacketSet, PacketSet]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.singular = self.space.nothing

    def run(self, builtin: str, packets: PacketSet) -> Ends:
        """Send packets through a built-in chain. Returns itself."""
        chain = self.table.chains[builtin]
        rest = self._chain(chain, {(): packets}, self.space.everything, 0)
        policy = (chain.policy or Verdict.ACCEPT).value
        for changed, some in rest.items():
            self._end(Place(builtin, 0), End(policy, changed), some)
        return self

    def ends(self, among: PacketSet | None = None) -> dict[End, PacketSet]:
        """The packets, or those among some, that may have each end, in the order in which the ends were met."""
        gathered: dict[End, list[PacketSet]] = {}
        for (_, end), packets in self.decided.items():
            some = packets if among is None else packets & among
            if some:
                gathered.setdefault(end, []).append(some)
        return {end: union(self.space, sets) for end, sets in gathered.items()}

    def passing(self) -> PacketSet:
        """The packets that may pass."""
        return union(self.space, [packets for (_, end), packets in self.decided.items() if end.passes is not False])

    def stopped(self) -> PacketSet:
        """The packets that may be stopped."""
        return union(self.space, [packets for (_, end), packets in self.decided.items() if not end.passes])

    def _bounds(self, pred: Pred, changed: tuple[Change, ...]) -> tuple[PacketSet, PacketSet]:
        if not changed and not self.state:
            return self.space.bounds(pred)
        key = (id(pred), changed)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self.space.bounds(pred, {**self.state, **dict(changed)})
        return found

    def _end(self, place: Place, end: End, packets: PacketSet) -> None:
        if packets:
            key = (place, end)
            before = self.decided.get(key)
            self.decided[key] = packets if before is None else before | packets

    def _chain(self, chain: LoadedChain, packets: Walking, sure: PacketSet, depth: int) -> Walking:
        """What comes back from a chain, by its end or by RETURN. `sure`: surely taken by the rules on the way here."""
        if depth > DEPTH_LIMIT or len(packets) > CHANGES_LIMIT:
            self._lose(Place(chain.name, 1), packets)
            return {}
        if self.anew:
            return self._walk(chain, packets, sure, depth)
        key = (id(chain), tuple(packets.items()))
        if key not in self.memo:
            outer = self.decided, self.singular
            self.decided, self.singular = {}, self.space.nothing
            self.memo[key] = (self._walk(chain, packets, sure, depth), self.decided, self.singular)
            self.decided, self.singular = outer
        back, decided, singular = self.memo[key]
        for (place, end), some in decided.items():
            self._end(place, end, some)
        self.singular |= singular
        return dict(back)

    def _walk(self, chain: LoadedChain, packets: Walking, sure: PacketSet, depth: int) -> Walking:
        back: Walking = {}
        for number, rule in enumerate(chain.rules, 1):
            if not packets:
                break
            onward: Walking = {}
            for changed, here in packets.items():
                self._rule(_Step(Place(chain.name, number), rule, sure, depth), changed, here, onward, back)
            packets = onward
        for changed, here in packets.items():
            _add(back, changed, here)
        return back

    def _rule(self, step: _Step, changed: tuple[Change, ...], here: PacketSet, onward: Walking, back: Walking) -> None:
        some, most = self._bounds(step.rule.pred, changed)
        matched = here & most
        if not matched:
            _add(onward, changed, here)
            return
        if step.rule.asks:
            self.singular |= matched
        if not step.rule.effects:
            _add(onward, changed, here)
            return
        _add(onward, changed, here - (some & step.sure if self.anew and _drops(step.rule) else some))
        self._apply(step._replace(sure=step.sure & some), step.rule.effects, changed, matched, onward, back)

    def _apply(
        self,
        step: _Step,
        effects: tuple[Effect, ...],
        changed: tuple[Change, ...],
        packets: PacketSet,
        onward: Walking,
        back: Walking,
    ) -> None:
        """Apply effects: what goes on behind the rule comes to `onward`, what returns to the caller to `back`."""
        for position, effect in enumerate(effects):
            rest = effects[position + 1 :]
            match effect:
                case Verdict():
                    self._end(step.place, End(effect.value, changed), packets)
                    return
                case Reject(answer):
                    self._end(step.place, End(f"REJECT {answer}", changed), packets)
                    return
                case Nat():
                    self._end(step.place, End("NAT", changed, effect), packets)
                    return
                case Return():
                    _add(back, changed, packets)
                    return
                case Jump(name) | Goto(name):
                    target = self.table.chains.get(name)
                    if target is None or target.policy is not None:
                        self._lose(step.place, {changed: packets})
                        return
                    into = onward if isinstance(effect, Jump) else back
                    for after, some in self._chain(target, {changed: packets}, step.sure, step.depth + 1).items():
                        _add(into, after, some)
                    return
                case Fork(_, ways):
                    never = step._replace(sure=self.space.nothing)
                    for _, inner in ways:
                        self._apply(never, (*inner, *rest), changed, packets, onward, back)
                    return
                case When(pred, inner):
                    some, most = self._bounds(pred, changed)
                    self._apply(
                        step._replace(sure=step.sure & some), (*inner, *rest), changed, packets & most, onward, back
                    )
                    self._apply(step._replace(sure=step.sure - most), rest, changed, packets - some, onward, back)
                    return
                case Notrack():
                    # notrack_tg leaves a packet alone that already has an entry.
                    free, tracked = self._bounds(_UNTRACKED_YET, changed)
                    self._apply(step, rest, changed, packets - free, onward, back)
                    packets &= tracked
                    changed = _with(changed, {CT_STATE: int(CtState.UNTRACKED)})
                case Assign(what, value, mask):
                    changed = _with(changed, {what: self._assigned(changed, what, value, mask)})
                case Forget(what) | Add(what, _):
                    changed = _with(changed, {what: None})
                case Copy():
                    changed = _with(changed, {effect.target: None})
                case Action():
                    self.singular |= packets
                    gone = FORGOTTEN.get(type(effect))
                    if gone is None:
                        # SYNPROXY and its like take packets, or not.
                        self._lose(step.place, {changed: packets})
                        gone = frozenset(FIELDS.values())
                    changed = _with(changed, dict.fromkeys(gone))
        _add(onward, changed, packets)

    def _assigned(self, changed: tuple[Change, ...], what: Field, value: int, mask: int) -> Seen:
        before = dict(changed).get(what, self.state.get(what, Bits(what, what.full, 0)))
        if isinstance(before, Bits):
            kept, change = before.mask & ~mask, (before.change & ~mask) ^ value
            return Bits(before.field, kept, change) if kept else change
        if before is None:
            return value if mask & what.full == what.full else None
        return (before & ~mask) ^ value

    def _lose(self, place: Place, packets: Walking) -> None:
        """Nothing more can be said of these packets."""
        for changed, some in packets.items():
            self._end(place, End("?", changed), some)


class _Step(NamedTuple):
    """A rule and how packets came to it."""

    place: Place
    rule: LoadedRule
    sure: PacketSet
    depth: int


def unsure(space: Space, ends: Mapping[End, PacketSet]) -> PacketSet:
    """The packets that may have several ends."""
    once = several = space.nothing
    for packets in ends.values():
        several |= once & packets
        once |= packets
    return several


def certain(space: Space, ends: Mapping[End, PacketSet]) -> dict[End, PacketSet]:
    """For each end the packets that surely have it: those that may have no other one."""
    several = unsure(space, ends)
    alone = {end: packets - several for end, packets in ends.items() if end.passes is not None}
    return {end: packets for end, packets in alone.items() if packets}


def _drops(rule: LoadedRule) -> bool:
    return any(effect is Verdict.DROP or isinstance(effect, Reject) for effect in rule.effects)


def _with(changed: tuple[Change, ...], more: Mapping[Field, Seen]) -> tuple[Change, ...]:
    return tuple(sorted({**dict(changed), **more}.items(), key=lambda change: change[0].name))


def _add(walking: Walking, changed: tuple[Change, ...], packets: PacketSet) -> None:
    if packets:
        before = walking.get(changed)
        walking[changed] = packets if before is None else before | packets
