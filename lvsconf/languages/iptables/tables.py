"""Tables while they are being read: commands change them in the order of the file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lvsconf.model.netfilter import BUILT_IN, Chain, Given, Rule, Table, Use
from lvsconf.source import Span


@dataclass(slots=True)
class OpenChain:
    """A chain that still grows."""

    name: str
    policy: str | None
    counters: tuple[int, int] | None = None
    span: Span | None = None
    rules: list[Rule] = field(default_factory=list)
    declared: bool = True

    def closed(self) -> Chain:
        """The finished chain."""
        return Chain(self.name, self.policy, tuple(self.rules), self.counters, self.span)


@dataclass(slots=True)
class OpenTable:
    """A table that still grows. The kernel creates its built-in chains, whether or not the file names them."""

    name: str
    span: Span | None
    chains: dict[str, OpenChain] = field(default_factory=dict)
    committed: bool = False

    def chain(self, name: str) -> OpenChain | None:
        """A chain of that name; a built-in one always exists."""
        found = self.chains.get(name)
        if found is None and name in BUILT_IN.get(self.name, ()):
            found = self.chains[name] = OpenChain(name, "ACCEPT")
        return found

    def closed(self) -> Table:
        """The finished table."""
        for name in BUILT_IN.get(self.name, ()):
            self.chain(name)
        return Table(self.name, {name: chain.closed() for name, chain in self.chains.items()}, self.span)


def _plain(arguments: dict[str, Given]) -> dict[str, tuple[object, bool]]:
    return {key: (given.value, given.inverted) for key, given in arguments.items()}


def _same_use(one: Use | None, other: Use | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.module, one.unread) == (other.module, other.unread) and _plain(dict(one.arguments)) == _plain(
        dict(other.arguments)
    )


def same_rule(one: Rule, other: Rule) -> bool:
    """Whether `-D` with the one finds the other: counters and places don't count."""
    return (
        _plain(dict(one.head)) == _plain(dict(other.head))
        and len(one.matches) == len(other.matches)
        and all(_same_use(a, b) for a, b in zip(one.matches, other.matches, strict=True))
        and _same_use(one.target, other.target)
        and (one.jump, one.goto) == (other.jump, other.goto)
    )


def resolved(rule: Rule, table: OpenTable) -> Rule:
    """A name after `-j` or `-g` becomes a jump when the table has such a chain."""
    target = rule.target
    if target is None or target.unread[:1] != (target.module,) or target.module not in table.chains:
        return rule
    if rule.goto is not None:
        return replace(rule, target=None)
    if len(target.unread) > 1:  # a chain takes no options: what follows stays an unknown match
        rest = Use("", {}, target.span, target.unread[1:])
        return replace(rule, target=None, jump=target.module, matches=(*rule.matches, rest))
    return replace(rule, target=None, jump=target.module)
