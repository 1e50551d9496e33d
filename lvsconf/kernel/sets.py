"""What the sets of a host say to `-m set` (net/netfilter/xt_set.c, net/netfilter/ipset/ip_set_core.c ip_set_test)."""

from __future__ import annotations

from collections.abc import Iterator

from lvsconf.kernel.set_elements import RUNS_OUT, elements_pred, unknown_pred
from lvsconf.model.host import Host
from lvsconf.model.ipset import IpSet
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import FALSE, Opaque, Pred, Query, SetQuestion, all_of, any_of
from lvsconf.model.questions import ChangedSetQuestion

_LIST = "list:set"


class Sets:
    """The sets of a host, and which of them its own rules change. An answer is worked out once.

    `unknown` are the sets that were asked for and are not listed.
    """

    def __init__(self, host: Host) -> None:
        self.sets = host.sets
        self.unknown: set[str] = set()
        self.grow: set[str] = set()
        self.shrink: set[str] = set()
        self._answers: dict[SetQuestion, Pred | None] = {}
        for family, arguments in _changes(host):
            for key in ("add_set", "del_set"):
                if key in arguments:
                    self._change(family, arguments[key], grows=key == "add_set", again="exist" in arguments)

    def listed(self, name: str) -> IpSet | None:
        """A set by its name."""
        return (self.sets or {}).get(name)

    def answer(self, question: SetQuestion) -> Pred | None:
        """When the set matches; None when nothing is known of the sets, or iptables would refuse the rule."""
        if self.sets is None or question.name not in self.sets:
            self.unknown.add(question.name)
            return None
        if question not in self._answers:
            found = self.sets[question.name]
            # iptables refuses to load a rule on a set of the other family.
            self._answers[question] = (
                None if found.family not in (None, question.family) else self._test(found, question)
            )
        return self._answers[question]

    def _test(self, found: IpSet, question: SetQuestion) -> Pred:
        if not found.type:
            return unknown_pred(found)
        if len(question.directions) < len(found.kinds) or found.family not in (None, question.family):
            return FALSE
        if not found.whole:
            return unknown_pred(found)
        pred = self._members(found, question) if found.type == _LIST else elements_pred(found, question)
        if question.counted and found.counters:
            pred = all_of((pred, Opaque(f"what set {found.name} has counted")))
        return self._changed(found, question, pred)

    def _members(self, found: IpSet, question: SetQuestion) -> Pred:
        """Every set of a list that takes so many directions (list_set_ktest); its own counters are those compared."""
        preds = []
        for element in found.elements:
            member = self.sets.get(str(element.parts[0])) if self.sets else None
            asked = SetQuestion(str(element.parts[0]), question.directions, question.family, question.exceptions)
            pred = unknown_pred(found) if member is None else self._test(member, asked)
            preds.append(pred if element.timeout is None else all_of((pred, RUNS_OUT)))
        return any_of(preds)

    def _changed(self, found: IpSet, question: SetQuestion, pred: Pred) -> Pred:
        """What rules add to the set or delete from it, packets before this one may have added or deleted."""
        grows, shrinks = found.name in self.grow, found.name in self.shrink
        if not grows and not shrinks:
            return pred
        changes = Query(
            ChangedSetQuestion(found.name, question.directions, question.family, exceptions=question.exceptions)
        )
        exceptions = question.exceptions or any(element.nomatch for element in found.elements)
        if (grows and shrinks) or exceptions:
            return changes
        return any_of((pred, changes)) if grows else all_of((pred, changes))

    def _change(self, family: int, given: Given, *, grows: bool, again: bool) -> None:
        name, directions = given.value
        found = (self.sets or {}).get(name)
        if found is None:
            return
        changed = [found]
        if found.type == _LIST:
            members = ((self.sets or {}).get(str(element.parts[0])) for element in found.elements)
            changed = [member for member in members if member is not None]
        for each in changed:
            # ip_set_add and ip_set_del leave a set alone that wants more directions, or another family.
            if len(directions.split(",")) >= len(each.kinds) and each.family in (None, family):
                (self.grow if grows else self.shrink).add(each.name)
                # A full set may throw out what it has, and adding an element again may set a time limit.
                if grows and (each.forceadd or (again and each.timeout is not None)):
                    self.shrink.add(each.name)


def _changes(host: Host) -> Iterator[tuple[int, Arguments]]:
    """What `-j SET` is told, with the family of the rule."""
    for family, ruleset in host.rules.items():
        for table in ruleset.tables.values():
            for chain in table.chains.values():
                for rule in chain.rules:
                    if rule.target is not None and rule.target.module == "SET":
                        yield family, rule.target.arguments
