"""What the kernel refuses about a table as a whole: jump loops, and matches and targets where they may not stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lvsconf.extensions import registry
from lvsconf.extensions.options import MatchModule, TargetModule
from lvsconf.findings import Problem
from lvsconf.languages.iptables.tables import OpenTable
from lvsconf.model.netfilter import BUILT_IN, Rule, Use
from lvsconf.source import Span


def check_table(table: OpenTable) -> Iterator[Problem]:
    """Everything that is wrong with one table; jumps are resolved by now."""
    edges = {
        name: [(rule.jump or rule.goto or "", rule) for rule in chain.rules if rule.jump or rule.goto]
        for name, chain in table.chains.items()
    }
    yield from _loops(edges, [name for name in BUILT_IN.get(table.name, edges) if name in edges])
    yield from _misplaced(table, edges)


Edges = dict[str, list[tuple[str, Rule]]]


def _loops(edges: Edges, starts: Iterable[str]) -> Iterator[Problem]:
    """A depth-first walk without recursion: chains may be nested deeper than Python's stack.

    The kernel looks at what the built-in chains call (mark_source_chains); a circle that nothing leads to is let be.
    """
    done: set[str] = set()
    for start in starts:
        if start in done:
            continue
        path = [start]
        on_path = {start}
        waiting = [iter(edges[start])]
        while waiting:
            step = next(waiting[-1], None)
            if step is None:
                waiting.pop()
                name = path.pop()
                on_path.discard(name)
                done.add(name)
                continue
            target, rule = step
            if target in on_path:
                yield _loop(path[path.index(target) :], target, rule)
            elif target not in done and target in edges:
                path.append(target)
                on_path.add(target)
                waiting.append(iter(edges[target]))


def _loop(names: list[str], target: str, rule: Rule) -> Problem:
    shown = names if len(names) <= 6 else [*names[:5], "…"]
    way = " → ".join([*shown, target])
    return Problem("LVS017", f"the chains call each other in a circle: {way}", _place(rule))


def _place(rule: Rule, use: Use | None = None) -> Span:
    use = use or rule.target
    place = use.span if use is not None else None
    return place or rule.span or Span("", 1, 1, 1, 1)


def _misplaced(table: OpenTable, edges: Edges) -> Iterator[Problem]:
    reach = _reached_from(table, edges)
    for name, chain in table.chains.items():
        for rule in chain.rules:
            for use, module in _modules(rule):
                chains = module.chains
                if module.chains_of is not None:
                    chains = module.chains_of(use.arguments)
                tables = module.tables
                if isinstance(module, TargetModule) and module.tables_of is not None:
                    tables = module.tables_of(use.arguments)
                if tables and table.name not in tables:
                    where = " or ".join(sorted(tables))
                    yield Problem("LVS020", f"`{module.name}` works only in table {where}", _place(rule, use))
                elif chains and not reach[name] <= chains:
                    wrong = ", ".join(sorted(reach[name] - chains))
                    yield Problem("LVS020", f"`{module.name}` can't be reached from {wrong}", _place(rule, use))


def _modules(rule: Rule) -> Iterator[tuple[Use, MatchModule | TargetModule]]:
    """The known modules of a rule, with what could be read of them whole."""
    uses: list[tuple[Use, MatchModule | TargetModule | None]]
    uses = [(use, registry.match(use.module)) for use in rule.matches]
    if rule.target is not None:
        uses.append((rule.target, registry.target(rule.target.module)))
    for use, module in uses:
        if module is not None and not use.unread:
            yield use, module


def _reached_from(table: OpenTable, edges: Edges) -> dict[str, set[str]]:
    reach: dict[str, set[str]] = {name: set() for name in table.chains}
    for built_in in BUILT_IN.get(table.name, ()):
        waiting = [built_in]
        while waiting:
            name = waiting.pop()
            if name not in reach or built_in in reach[name]:
                continue
            reach[name].add(built_in)
            waiting.extend(target for target, _ in edges.get(name, ()))
    return reach
