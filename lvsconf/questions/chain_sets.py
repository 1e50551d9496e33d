"""All chains of a table at once: which packets may come to each rule, and which may come back from each chain.

Every rule is looked at twice, however many ways lead to it: a chain lets the same packets through whoever calls it.
All sets are upper ones: where a match is not exact packets go both ways, and a field that a rule or a chain changes
may have any value behind it. So what is said not to come to a rule surely does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from lvsconf.kernel.chains import LoadedChain, LoadedRule, LoadedTable
from lvsconf.model.fields import CT_STATE, IIF, OIF, PROTO, SRC, Field
from lvsconf.packets.packet_set import Bounds, PacketSet, union
from lvsconf.packets.solve import constraints
from lvsconf.packets.space import FIRST, Space
from lvsconf.questions.arriving import arriving
from lvsconf.questions.deeds import Deed, UnclearError, deed
from lvsconf.questions.gathered_cuts import GatheredCuts
from lvsconf.questions.met import Met

_LEAST, _MOST, _PER_RULE = 1 << 16, 1 << 24, 1 << 11
_FEW_DEVICES = 16
BY_DEVICE = (SRC, IIF, OIF, CT_STATE, *(what for what in FIRST if what not in (SRC, IIF, OIF, CT_STATE)))
"""The order of the variables where rules name many interfaces."""
ALWAYS_ASKED = frozenset({CT_STATE, IIF, OIF, PROTO})
"""The fields that tell which packets there may be at a hook. What becomes of a field that neither that nor any rule of
a table asks for makes no difference in it."""


class NotWalkedError(ValueError):
    """A table that no packet can be followed through; the message says why."""


def space_for(family: int, table: LoadedTable) -> Space:
    """A space with as much room as a table of this size may need. What the host answers now counts for nothing."""
    rules = [rule for chain in table.chains.values() for rule in chain.rules]
    named = (literal for rule in rules for literal in constraints(rule.pred))
    devices = {literal for literal in named if literal.field is IIF or literal.field is OIF}
    # Where chains are about many interfaces, what is behind them differs more from one to the other than by address.
    first = BY_DEVICE if len(devices) > _FEW_DEVICES else FIRST
    return Space(family, nodes=min(max(len(rules) * _PER_RULE, _LEAST), _MOST), asks=False, first=first)


@dataclass(frozen=True, slots=True)
class Link:
    """A rule, by the number it has in its chain from 1 on, and what it does."""

    chain: LoadedChain
    number: int
    rule: LoadedRule
    deed: Deed


class ChainSets:
    """One table. Raises NotWalkedError, and MemoryError where the sets grow too large.

    `matched` has for each chain the packets that may match its rules, one set for each; `entered` those that may come
    to it. A chain that is missing there is one to which no packet comes. `unfollowed` has the rules from which on
    a chain's packets were too many kinds to follow: the rules behind them are met by whatever comes to the chain.
    """

    def __init__(self, table: LoadedTable, family: int, room: int | None = None) -> None:
        self.table, self.family = table, family
        self.space = space_for(family, table)
        self.links = {chain.name: _links(chain) for chain in table.chains.values()}
        self.order = self._callers_first()
        self.entered: dict[str, PacketSet] = {}
        self.matched: dict[str, list[Met]] = {}
        self.callers: dict[str, list[Link]] = {}
        self.unfollowed: list[Link] = []
        self._room = self.space.nodes if room is None else room
        self._asked: frozenset[Field] = ALWAYS_ASKED
        self._of_sources: set[int] = set()
        for links in self.links.values():
            for link in links:
                fields = {literal.field for literal in constraints(link.rule.pred)}
                self._asked |= fields
                if SRC in fields:
                    self._of_sources.add(id(link.rule))
                if link.deed.called is not None:
                    self.callers.setdefault(link.deed.called, []).append(link)
        self._back: dict[str, PacketSet] = {}
        self._changes: dict[str, frozenset[Field]] = {}
        for name in reversed(self.order):
            self._changes[name] = self._changed_in(name)
            if table.chains[name].policy is None:
                self._back[name] = self._coming_back(name)
        for chain in table.chains.values():
            if chain.policy is not None:
                self.entered[chain.name] = arriving(self.space, table.name, chain.name)
        self._sent: dict[str, list[PacketSet]] = {name: [] for name in table.chains}
        for name in self.order:
            if sent := self._sent.pop(name):
                self.entered[name] = union(self.space, sent)
            if self.entered.get(name):
                self._walk(name)

    def bounds(self, rule: LoadedRule) -> Bounds:
        """The packets that surely match a rule, and those that may."""
        return self.space.bounds(rule.pred)

    def ended(self, link: Link) -> PacketSet:
        """The packets that go no further in the chain than a rule, if they come to it."""
        some = self.bounds(link.rule).lower
        if link.deed.goes_on:
            return self.space.nothing
        return some - self._back[link.deed.called] if link.deed.called and not link.deed.goto else some

    def comes_back(self, name: str) -> PacketSet:
        """The packets that may come back from a chain behind the rule that called it, as they were before."""
        return self._back[name]

    @cached_property
    def homes(self) -> dict[str, frozenset[str]]:
        """The built-in chains from which rules lead to each chain, whether or not packets follow them."""
        found: dict[str, frozenset[str]] = {}
        for name in self.order:
            own = frozenset({name}) if self.table.chains[name].policy is not None else frozenset()
            found[name] = own.union(*(found[link.chain.name] for link in self.callers.get(name, ())))
        return found

    def at_hooks(self, name: str) -> PacketSet:
        """The packets that there may be at the hooks from which rules lead to a chain."""
        found = self.space.nothing
        for home in sorted(self.homes[name]):
            found |= arriving(self.space, self.table.name, home)
        return found

    def _callers_first(self) -> list[str]:
        """All chains, each before those that it calls. Raises NotWalkedError."""
        done: dict[str, bool] = {}
        found: list[str] = []
        for first in self.table.chains:
            todo: list[tuple[str, Iterator[Link]]] = []
            if first not in done:
                done[first] = False
                todo.append((first, iter(self.links[first])))
            while todo:
                name, rest = todo[-1]
                called = next((link.deed.called for link in rest if link.deed.called is not None), None)
                if called is None:
                    done[name] = True
                    found.append(name)
                    todo.pop()
                    continue
                target = self.table.chains.get(called)
                if target is None or target.policy is not None:
                    raise NotWalkedError(f"a rule leads to {called}, which is no user chain")
                if done.get(called) is False:
                    raise NotWalkedError(f"chain {called} leads back to itself")
                if called not in done:
                    done[called] = False
                    todo.append((called, iter(self.links[called])))
        return found[::-1]

    def _changed_in(self, name: str) -> frozenset[Field]:
        return frozenset[Field]().union(*(self._changed_by(link.deed) for link in self.links[name]))

    def _changed_by(self, what: Deed) -> frozenset[Field]:
        """The fields that a rule may change, of those that rules ask for."""
        changed = what.changed & self._asked if what.changed else what.changed
        return changed | self._changes[what.called] if what.called is not None else changed

    def _changed_behind(self, what: Deed) -> frozenset[Field]:
        """The fields that may be changed in packets that go on to the next rule."""
        return self._changed_by(what) if what.goes_on or (what.called is not None and not what.goto) else frozenset()

    def names_source(self, link: Link) -> bool:
        """Whether a rule asks for sources: they come first in the order of the variables, so that what names one looks
        at a small part of a set alone."""
        return id(link.rule) in self._of_sources

    def _coming_back(self, name: str) -> PacketSet:
        """The packets that may come to the end of a chain, or to a RETURN, from its beginning."""
        back = GatheredCuts(self.space, self.space.everything)
        for link in reversed(self.links[name]):
            what, changed = link.deed, self._changed_behind(link.deed)
            if what.goes_on and not changed:
                continue
            some, most = self.bounds(link.rule)
            narrow = self.names_source(link)
            if changed:
                before = back.settled()
                behind = self.space.without(before, changed)
                if what.called is not None:
                    behind &= self._back[what.called]
                back = GatheredCuts(self.space, (before - some) | (most & behind))
                self._room -= 0 if narrow else before.size
            elif what.returns:
                back.give(most)
            else:
                back.take(self.ended(link), narrow=narrow)
                if what.goto and what.called is not None:
                    back.give(most & self._back[what.called])
            if self._afford(link, back):
                return self.space.everything
        return back.settled()

    def _afford(self, link: Link, packets: GatheredCuts) -> bool:
        """Whether it has become too dear to follow packets beyond a rule."""
        self._room, packets.cost = self._room - packets.cost, 0
        if self._room < 0:
            self.unfollowed.append(link)
        return self._room < 0

    def _walk(self, name: str) -> None:
        here = GatheredCuts(self.space, self.entered[name])
        met = self.matched[name] = []
        followed = True
        usual: Sequence[bool] = ()
        for link in self.links[name]:
            what, changed = link.deed, self._changed_behind(link.deed)
            some, most = self.bounds(link.rule)
            if what.called is not None or changed:
                here.settled()
            narrow = self.names_source(link)
            mine = Met(self.space, here.made, here.left_of(most), usual, compared=narrow)
            met.append(mine)
            if not mine:
                continue
            if not narrow:
                usual = mine.packet
            if what.called is not None:
                self._sent[what.called].append(mine.packets)
            if changed:
                if not narrow:
                    self._room -= here.made.size
                rest = here.made - some if followed else here.made
                here = GatheredCuts(self.space, rest | self._onward(what, mine.packets))
            elif followed and not what.goes_on:
                here.take(self.ended(link), narrow=narrow)
            if followed and self._afford(link, here):
                followed = False
                here = GatheredCuts(self.space, self.entered[name] | here.settled())

    def _onward(self, what: Deed, matched: PacketSet) -> PacketSet:
        """The packets behind a rule that changes them and lets them go on, of those that match it."""
        if what.called is not None:
            matched &= self._back[what.called]
        known = [each for each in what.assigned if each.field in self._asked]
        for each in known:
            matched = self.space.assigned(matched, each.field, each.value, each.mask)
        return matched if known else self.space.without(matched, self._changed_by(what))


def _links(chain: LoadedChain) -> tuple[Link, ...]:
    try:
        return tuple(Link(chain, number, rule, deed(rule.effects)) for number, rule in enumerate(chain.rules, 1))
    except UnclearError as error:
        raise NotWalkedError(f"in chain {chain.name} {error}") from error
