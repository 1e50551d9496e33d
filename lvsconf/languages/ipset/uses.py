"""Rules that name sets: whether iptables takes them, and whether they can ever match (libxt_set.h, xt_set.c)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lvsconf.findings import Problem
from lvsconf.languages.suggest import suggestion
from lvsconf.model.ipset import IpSet
from lvsconf.model.netfilter import Given, Rule, Ruleset
from lvsconf.source import Source, Span

_KEYS = {"set": ("match_set",), "SET": ("add_set", "del_set", "map_set")}
_VERBS = {"match_set": "matches", "add_set": "adds", "del_set": "deletes", "map_set": "maps"}
_FAMILIES = {4: "IPv4", 6: "IPv6"}


def check_uses(ruleset: Ruleset, sets: Mapping[str, IpSet], sources: Mapping[str, Source]) -> Iterator[Problem]:
    """What is wrong with how the rules of one family, which stand in some of the sources, use the sets."""
    for table in ruleset.tables.values():
        for chain in table.chains.values():
            for rule in chain.rules:
                for key, given in uses(rule):
                    place = given.span or rule.span or Span("", 1, 1, 1, 1)
                    yield from _check(key, given, _Place(place, sources.get(place.file)), sets, ruleset.family)


def uses(rule: Rule) -> Iterator[tuple[str, Given]]:
    """The options of a rule that name a set, by their key; their values are (name, directions)."""
    for use in (*rule.matches, *((rule.target,) if rule.target else ())):
        for key in _KEYS.get(use.module, ()):
            if key in use.arguments:
                yield key, use.arguments[key]


class _Place(NamedTuple):
    """An option in its file."""

    span: Span
    source: Source | None

    def word(self, text: str) -> Span:
        """Where the last such word of the option stands."""
        span = self.span
        if self.source is None or span.line != span.end_line or not 0 < span.line <= len(self.source.lines):
            return span
        column = self.source.lines[span.line - 1].lower().rfind(text.lower(), span.column - 1, span.end_column - 1) + 1
        return self.source.span(span.line, column, column + len(text)) if column else span


def _check(key: str, given: Given, place: _Place, sets: Mapping[str, IpSet], family: int) -> Iterator[Problem]:
    name, directions = given.value
    found = sets.get(name)
    if found is None:
        yield Problem("LVS045", f"there is no set `{name}`", place.word(name), help=suggestion(name, sets))
        return
    if found.family not in (None, family):
        held = _FAMILIES[found.family or 4]
        yield Problem(
            "LVS045", f"set `{name}` holds {held} addresses: {_FAMILIES[family]} rules can't name it", place.word(name)
        )
        return
    count = directions.count(",") + 1
    needed = _needed(found, sets)
    if needed is None:
        return
    if count < needed:
        message = f"this {_VERBS[key]} nothing: `{name}` ({found.type}) needs {needed} directions, not {count}"
        yield Problem("LVS046", message, place.word(directions))
    elif count > needed and found.type != "list:set":
        surplus = ",".join(directions.split(",")[needed:])
        takes = f"{needed} direction" + "s" * (needed > 1)
        yield Problem(
            "LVS046", f"`{surplus}` is never looked at: `{name}` ({found.type}) takes {takes}", place.word(surplus)
        )


def _needed(found: IpSet, sets: Mapping[str, IpSet]) -> int | None:
    """How many directions it takes to match anything; None when that is not known."""
    if found.type != "list:set":
        return len(found.kinds) if found.type else None
    members = [sets.get(str(each.parts[0])) for each in found.elements]
    if not found.whole or not members or any(each is None or not each.type for each in members):
        return None
    return min(len(each.kinds) for each in members if each is not None)
