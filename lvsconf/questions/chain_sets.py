"""All chains of a table at once: which packets may come to each rule, and which may come back from each chain.

Every rule is looked at twice, however many ways lead to it: a chain lets the same packets through whoever calls it.
All sets are upper ones: where a match is not exact packets go both ways, and a field that a rule or a chain changes
may have any value behind it. So what is said not to come to a rule surely does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lvsconf.kernel.chains import LoadedChain, LoadedRule, LoadedTable
from lvsconf.model.fields import SRC, Field
from lvsconf.model.preds import Pred
from lvsconf.packets.solve import constraints
from lvsconf.packets.space import Bounds, PacketSet, Space
from lvsconf.questions.arriving import arriving
from lvsconf.questions.deeds import Deed, UnclearError, deed

_LEAST, _MOST, _PER_RULE = 1 << 16, 1 << 24, 1 << 12
_MEASURED = 16
"""Of so many rules one is measured."""


class NotWalkedError(ValueError):
    """A table that no packet can be followed through; the message says why."""


def space_for(family: int, table: LoadedTable) -> Space:
    """A space with as much room as a table of this size may need. What the host answers now counts for nothing."""
    rules = sum(len(chain.rules) for chain in table.chains.values())
    return Space(family, nodes=min(max(rules * _PER_RULE, _LEAST), _MOST), asks=False)


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
        self.matched: dict[str, list[PacketSet]] = {}
        self.callers: dict[str, list[Link]] = {}
        self.unfollowed: list[Link] = []
        self._room = self.space.nodes if room is None else room
        for links in self.links.values():
            for link in links:
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
        for name in self.order:
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
        return what.changed | self._changes[what.called] if what.called is not None else what.changed

    def _coming_back(self, name: str) -> PacketSet:
        """The packets that may come to the end of a chain, or to a RETURN, from its beginning."""
        back = self.space.everything
        kinds = _Kinds(self.space)
        for link in reversed(self.links[name]):
            some, most = self.bounds(link.rule)
            back = (back - some) | (most & self._back_behind(link.deed, back))
            self._room -= kinds.of(link.rule.pred, back)
            if self._room < 0:
                self.unfollowed.append(link)
                return self.space.everything
        return back

    def _back_behind(self, what: Deed, rest: PacketSet) -> PacketSet:
        """The packets that match a rule and may come back; `rest` are those that may from the next rule on."""
        if what.end:
            return self.space.nothing
        if what.returns:
            return self.space.everything
        changed = self._changed_by(what)
        before = self.space.without(rest, changed) if changed else rest
        if what.called is None:
            return before
        return self._back[what.called] & (self.space.everything if what.goto else before)

    def _walk(self, name: str) -> None:
        here = self.entered[name]
        met = self.matched[name] = []
        kinds = _Kinds(self.space)
        followed = True
        for link in self.links[name]:
            if not here:
                met.append(here)
                continue
            some, most = self.bounds(link.rule)
            matched = here & most
            met.append(matched)
            onward = self._onward(link.deed, matched) if matched else matched
            if followed:
                here = (here - some) | onward
                self._room -= kinds.of(link.rule.pred, here)
                if self._room < 0:
                    self.unfollowed.append(link)
                    followed, here = False, self.entered[name] | here
            else:
                here |= onward

    def _onward(self, what: Deed, matched: PacketSet) -> PacketSet:
        """The packets behind a rule, of those that match it. Those that go to another chain are noted there."""
        if what.called is not None:
            before = self.entered.get(what.called)
            self.entered[what.called] = matched if before is None else before | matched
            if what.goto:
                return self.space.nothing
            matched &= self._back[what.called]
        elif not what.goes_on:
            return self.space.nothing
        for each in what.assigned:
            matched = self.space.assigned(matched, each.field, each.value, each.mask)
        changed = self._changed_by(what)
        return self.space.without(matched, changed) if changed and not what.assigned else matched


class _Kinds:
    """How large the sets grow that are cut out of all packets, but for those that name a source.

    Sources come first in the order of the variables: what names one looks at a small part of a set alone.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._count = self._size = 0

    def of(self, pred: Pred, packets: PacketSet) -> int:
        """About how many nodes it takes to cut what a Pred asks for out of packets."""
        if next(constraints(pred, SRC), None) is not None:
            return 0
        if self._count % _MEASURED == 0:
            self._size = self._space.size(packets)
        self._count += 1
        return self._size


def _links(chain: LoadedChain) -> tuple[Link, ...]:
    try:
        return tuple(Link(chain, number, rule, deed(rule.effects)) for number, rule in enumerate(chain.rules, 1))
    except UnclearError as error:
        raise NotWalkedError(f"in chain {chain.name} {error}") from error
