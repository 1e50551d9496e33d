"""Tables while they are being read: commands change them in the order of the file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lvsconf.extensions.printing import rule_words
from lvsconf.model.netfilter import BUILT_IN, Chain, Rule, Table, Use
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

    def emptied(self) -> dict[str, OpenChain]:
        """What a second header of the same table leaves: the built-in chains with their policies."""
        kept = [chain for name, chain in self.chains.items() if name in BUILT_IN.get(self.name, ())]
        return {chain.name: OpenChain(chain.name, chain.policy, span=chain.span) for chain in kept}

    def closed(self) -> Table:
        """The finished table."""
        for name in BUILT_IN.get(self.name, ()):
            self.chain(name)
        return Table(self.name, {name: chain.closed() for name, chain in self.chains.items()}, self.span)


def same_rule(one: Rule, other: Rule, family: int) -> bool:
    """Whether `-D` with the one finds the other: the kernel holds the same, whatever the words were."""
    if (one.jump, one.goto, len(one.matches)) != (other.jump, other.goto, len(other.matches)):
        return False
    if any(a.module != b.module or a.unread != b.unread for a, b in zip(_uses(one), _uses(other), strict=False)):
        return False
    return (one.target is None) == (other.target is None) and rule_words(one, "", family) == rule_words(
        other, "", family
    )


def _uses(rule: Rule) -> tuple[Use, ...]:
    return rule.matches if rule.target is None else (*rule.matches, rule.target)


def calls(rule: Rule) -> str | None:
    """The chain that a rule jumps or goes to."""
    return rule.jump if rule.goto is None else rule.goto


def resolved(rule: Rule, table: OpenTable) -> Rule:
    """A name after `-j` or `-g` becomes a jump when the table has such a chain."""
    target = rule.target
    if target is None or target.unread[:1] != (target.module,) or target.module not in table.chains:
        return rule
    if target.module in BUILT_IN.get(table.name, ()):  # only the kernel calls these
        return rule
    if rule.goto is not None:
        return replace(rule, target=None)
    if len(target.unread) > 1:  # a chain takes no options: what follows stays an unknown match
        rest = Use("", {}, target.span, target.unread[1:])
        return replace(rule, target=None, jump=target.module, matches=(*rule.matches, rest))
    return replace(rule, target=None, jump=target.module)
