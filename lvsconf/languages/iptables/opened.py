"""Matches and targets whose options are still being collected, and how an option finds the one it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from lvsconf.extensions import registry
from lvsconf.extensions.options import MatchModule, Option, TargetModule
from lvsconf.languages.iptables import getopt
from lvsconf.model.netfilter import Given

Module = MatchModule | TargetModule


@dataclass(slots=True)
class OpenUse:
    """A match or target of the rule that is being read. `module` is None when it is not known."""

    name: str
    module: Module | None
    start: int
    end: int
    arguments: dict[str, Given] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def reaches(self, start: int, end: int) -> None:
        """Stretch over more columns."""
        self.start, self.end = min(self.start, start), max(self.end, end)

    def key_of(self, option: Option) -> str:
        """Where an option's value goes: for a list of elements, the key with the number of the element."""
        if not option.element or not isinstance(self.module, MatchModule):
            return option.key
        begun = sum(key.partition(".")[0] == self.module.separator for key in self.arguments)
        return f"{option.key}.{begun}" if begun else option.key


@cache
def option_names(module: Module) -> tuple[tuple[str, Option], ...]:
    """Every long name of a module's options."""
    return tuple((name, option) for option in module.options for name in (option.name, *option.aliases))


def match_for(name: str, family: int) -> MatchModule | None:
    """The match of that name if this family has it."""
    module = registry.match(name)
    return module if module is not None and family in module.families else None


def target_for(name: str, family: int) -> TargetModule | None:
    """The target of that name if this family has it."""
    module = registry.target(name)
    return module if module is not None and family in module.families else None


def look_up(name: str, uses: Sequence[OpenUse], newest: OpenUse | None) -> tuple[OpenUse, Option] | str | None:
    """The option of a long name, with the module it belongs to.

    The module loaded last is asked first; one that is named again keeps its place, and its latest use takes the option
    (xtables_options_xfrm is called for the first only, and earlier uses count as completed). A string is the letter of
    one of iptables' own options. After a module that is not known, only a name in full is sure not to be one of that
    module's.
    """
    latest: dict[int, OpenUse] = {}
    for use in uses:
        if use.module is not None:
            latest[id(use.module)] = use  # a key keeps the place of its first use
    known = list(reversed(latest.values()))
    groups = [option_names(use.module) for use in known if use.module is not None]
    found = getopt.resolve(name, groups, abbreviated=newest is None or newest.module is not None)
    if found is None or isinstance(found, str):
        return found
    for use, group in zip(known, groups, strict=True):
        if any(option is found for _, option in group):
            return use, found
    return None
