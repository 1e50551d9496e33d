"""What several questions want to know of a rule set, found out once: who is named, who calls whom."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from lvsconf.kernel.chains import LoadedRule, LoadedTable
from lvsconf.kernel.fib import DEFAULT_RULES
from lvsconf.kernel.host import Kernel
from lvsconf.model.effects import Goto, Jump
from lvsconf.model.fields import IIF, SRC, Field, interface_name
from lvsconf.packets.natural import CLIENTS
from lvsconf.packets.solve import constraints, solve
from lvsconf.questions.ahead import Ahead

TABLES = ("raw", "mangle", "nat", "filter")
STRANGER = int(CLIENTS[0])

T = TypeVar("T")
Numbered = tuple[str, str, int, LoadedRule]
"""Table, chain, number from 1, rule."""


class Survey:
    """A kernel and what its rules speak of."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._known: dict[Hashable, Any] = {}
        self._callers: dict[str, dict[str, tuple[str, ...]]] = {}
        self._reached: dict[tuple[str, str], frozenset[str]] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What a question finds out for all services alike; `key` says what it is."""
        if key not in self._known:
            self._known[key] = make()
        found: T = self._known[key]
        return found

    def rules(self, tables: tuple[str, ...] = TABLES) -> Iterator[Numbered]:
        """Every loaded rule."""
        for name in tables:
            table = self.kernel.tables.get(name)
            for chain in table.chains.values() if table is not None else ():
                for number, rule in enumerate(chain.rules, 1):
                    yield name, chain.name, number, rule

    @cached_property
    def ahead(self) -> Ahead:
        """The rules ahead of IPVS."""
        return Ahead(self.kernel)

    @cached_property
    def sources(self) -> tuple[int, ...]:
        """One address for each source that a rule names, in the order of the rules."""
        return tuple(dict.fromkeys(self._named(SRC, STRANGER)))

    @cached_property
    def interfaces(self) -> tuple[str, ...]:
        """The in-interfaces that rules name."""
        names = (interface_name(value) for value in self._named(IIF, 0))
        return tuple(dict.fromkeys(name for name in names if name))

    def _named(self, what: Field, other: int) -> Iterator[int]:
        seen = set()
        for _, _, _, rule in self.rules():
            for literal in constraints(rule.pred, what):
                if literal in seen:
                    continue
                seen.add(literal)
                found = solve(literal, {what: other})
                if found is not None and found[what] is not None:
                    yield found[what] or 0

    @property
    def unlike_routes(self) -> tuple[str, ...]:
        """What must hold for packets to one address to be routed alike, whoever sends them."""
        return ("policy routing treats all clients alike",) if self.kernel.fib.custom_rules else ()

    @property
    def local_first(self) -> bool:
        """Whether packets for an address of the host are delivered here before any policy may route them elsewhere."""
        first = min(self.kernel.fib.rules, key=lambda rule: rule.priority, default=None)
        return first is not None and first == replace(DEFAULT_RULES[0], priority=first.priority, span=first.span)

    def callers(self, table: LoadedTable, name: str) -> tuple[str, ...]:
        """The chains that jump or go to a chain."""
        found = self._callers.get(table.name)
        if found is None:
            gathered: dict[str, list[str]] = {}
            for chain in table.chains.values():
                for rule in chain.rules:
                    for effect in rule.effects:
                        if isinstance(effect, Jump | Goto) and effect.chain != chain.name:
                            gathered.setdefault(effect.chain, []).append(chain.name)
            found = {called: tuple(dict.fromkeys(names)) for called, names in gathered.items()}
            self._callers[table.name] = found
        return found.get(name, ())

    def reached_from(self, table: LoadedTable, name: str) -> frozenset[str]:
        """The built-in chains from which a chain can be reached."""
        found = self._reached.get((table.name, name))
        if found is None:
            seen: set[str] = set()
            todo = [name]
            while todo:
                chain = todo.pop()
                if chain not in seen:
                    seen.add(chain)
                    todo += self.callers(table, chain)
            found = frozenset(item for item in seen if table.chains[item].policy is not None)
            self._reached[table.name, name] = found
        return found
