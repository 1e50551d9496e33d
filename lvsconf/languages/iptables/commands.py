"""What a command does to a table, as libiptc does it (libiptc/libiptc.c); what it refuses becomes a problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lvsconf.extensions.names import number_of
from lvsconf.languages.iptables.gathered import Command
from lvsconf.languages.iptables.tables import OpenChain, OpenTable, calls, resolved, same_rule
from lvsconf.languages.suggest import suggestion
from lvsconf.model.netfilter import BUILT_IN, Rule
from lvsconf.source import Span

Tell = Callable[[str, str, Span, str], None]
"""Takes a problem: code, message, place and note."""

VERDICTS = frozenset({"ACCEPT", "DROP", "QUEUE", "RETURN"})
"""What no chain can be called."""

_NEW_NAME_LIMIT = 29
"""The longest name that a chain may be given by -E; what it takes beyond this is lost in the kernel's table."""


_WITHOUT = {
    "in_interface": ("-i", frozenset({"OUTPUT", "POSTROUTING"})),
    "out_interface": ("-o", frozenset({"INPUT", "PREROUTING"})),
}
"""Chains, of whatever table, in which an interface can't be asked for."""


class TableCommands:
    """Changes tables of one family."""

    def __init__(self, family: int, tell: Tell) -> None:
        self.family = family
        self.tell = tell

    def apply(self, table: OpenTable, command: Command, place: Span) -> None:
        """Do what a command says."""
        letter = command.letter
        operands = [operand.text for operand in command.operands]
        if letter in ("A", "I", "R", "D", "C"):
            self._change(table, command, place)
        elif letter == "N":
            self._new(table, operands[0], place)
        elif letter == "P":
            self._policy(table, operands[0], operands[1], command.rules[0].counters, place)
        elif letter == "F":
            for chain in self._chains(table, operands, place):
                self._gone(chain.rules)
                chain.rules.clear()
        elif letter == "X":
            self._delete_chains(table, operands, place)
        elif letter == "E":
            self._rename(table, operands[0], operands[1], place)
        else:  # -L, -S and -Z change nothing that a file has said so far
            for chain in self._chains(table, operands, place):
                number = number_of(operands[1]) if len(operands) > 1 else None
                if letter == "Z" and number is not None and number > len(chain.rules):
                    self._no_rule(chain, number, place)

    def _problem(self, code: str, message: str, place: Span, note: str = "") -> None:
        self.tell(code, message, place, note)

    def _no_rule(self, chain: OpenChain, number: int, place: Span) -> None:
        self._problem("LVS019", f"chain `{chain.name}` has no rule {number}", place)

    # -- rules -------------------------------------------------------------------------------------------------------

    def _change(self, table: OpenTable, command: Command, place: Span) -> None:
        name = command.operands[0].text
        chain = table.chain(name)
        if chain is None:
            self._no_chain(table, name, place)
            # The rules are kept: what is written after a forgotten declaration is no less meant.
            chain = table.chains[name] = OpenChain(name, None, declared=False)
        rules = [self._resolved(rule, table) for rule in command.rules]
        for rule in rules:
            self._interfaces(name, rule, place)
        index = number_of(command.operands[1].text) if len(command.operands) > 1 else None
        if command.letter == "A":
            chain.rules.extend(rules)
        elif command.letter == "I":
            at = 1 if index is None else index
            if not 1 <= at <= len(chain.rules) + 1:
                self._problem("LVS019", f"`{name}` has no place {at} to insert at", place)
                at = len(chain.rules) + 1
            for rule in rules:  # each goes to the same place, so the last one ends up first
                chain.rules.insert(at - 1, rule)
        elif index is None:
            self._find(chain, rules, place, delete=command.letter == "D")
        elif not 1 <= index <= len(chain.rules):
            self._no_rule(chain, index, place)
        else:
            self._gone(chain.rules[index - 1 : index])
            chain.rules[index - 1 : index] = rules if command.letter == "R" else []

    def _interfaces(self, name: str, rule: Rule, place: Span) -> None:
        for key, (letter, chains) in _WITHOUT.items():
            given = rule.head.get(key)
            if given is not None and name in chains:
                message = f"iptables refuses `{letter}` in {name}: no packet has one there"
                self._problem("LVS019", message, given.span or place)

    def _resolved(self, rule: Rule, table: OpenTable) -> Rule:
        found, target = resolved(rule, table), rule.target
        if found is not rule and target is not None and target.span is not None and len(target.unread) > 1:
            message = f"`{target.unread[1]}` is not known here: a jump to a chain takes no options"
            self._problem("LVS011", message, target.span)
        return found

    def _find(self, chain: OpenChain, rules: list[Rule], place: Span, delete: bool) -> None:
        for rule in rules:
            found = next((i for i, other in enumerate(chain.rules) if same_rule(rule, other, self.family)), None)
            if found is None:
                wanted = "to delete" if delete else "as the check wants"
                self._problem("LVS019", f"chain `{chain.name}` has no such rule {wanted}", place)
            elif delete:
                self._gone(chain.rules[found : found + 1])
                del chain.rules[found]

    def _gone(self, rules: list[Rule]) -> None:
        """What is taken away again must have been loaded before."""
        for rule in rules:
            target = rule.target
            if target is not None and target.span is not None and target.unread[:1] == (target.module,):
                message = f"`{target.module}` is neither a chain of this table nor a known target"
                self._problem("LVS014", message, target.span)

    # -- chains ------------------------------------------------------------------------------------------------------

    def _no_chain(self, table: OpenTable, name: str, place: Span) -> None:
        note = suggestion(name, table.chains)
        self._problem("LVS016", f"there is no chain `{name}` in table {table.name}", place, note)

    def _chains(self, table: OpenTable, names: list[str], place: Span) -> list[OpenChain]:
        if not names:
            return list(table.chains.values())
        chain = table.chain(names[0])
        if chain is None:
            self._no_chain(table, names[0], place)
            return []
        return [chain]

    def _free(self, table: OpenTable, name: str, place: Span) -> bool:
        """Whether a chain may take that name."""
        if name in VERDICTS:
            self._problem("LVS019", f"`{name}` is a target, and can't be the name of a chain", place)
        elif table.chain(name) is not None:
            self._problem("LVS019", f"chain `{name}` exists already", place)
        else:
            return True
        return False

    def _new(self, table: OpenTable, name: str, place: Span) -> bool:
        if not self._free(table, name, place):
            return False
        table.chains[name] = OpenChain(name, None, span=place)
        return True

    def declare(self, table: OpenTable, name: str, place: Span) -> OpenChain | None:
        """The chain of a `:CHAIN` line: a built-in one with the rules it has, a user chain only the first time."""
        if name not in BUILT_IN.get(table.name, ()) and not self._new(table, name, place):
            return None
        return table.chain(name)

    def _policy(self, table: OpenTable, name: str, policy: str, counters: tuple[int, int] | None, place: Span) -> None:
        chain = table.chain(name)
        built_in = BUILT_IN.get(table.name, ())
        if chain is None or name not in built_in:
            message = f"table {table.name} has no built-in chain `{name}`"
            self._problem("LVS016", message, place, suggestion(name, built_in))
        elif policy not in ("ACCEPT", "DROP"):
            self._problem("LVS012", f"`{policy}` is no policy: ACCEPT, DROP", place)
        elif table.name == "nat" and policy == "DROP" and table.span is not None:  # a `:` line can set it
            self._problem("LVS019", "iptables refuses -P with DROP in table nat, which is not for filtering", place)
        else:
            chain.policy, chain.counters = policy, counters
            chain.span = chain.span or place

    def _delete_chains(self, table: OpenTable, names: list[str], place: Span) -> None:
        built_in = BUILT_IN.get(table.name, ())
        called = {name for chain in table.chains.values() for rule in chain.rules if (name := calls(rule)) is not None}
        for chain in self._chains(table, names, place):
            if chain.name in built_in:
                if names:
                    self._problem("LVS019", f"`{chain.name}` is built in and can't be deleted", place)
            elif chain.rules:
                self._problem("LVS019", f"chain `{chain.name}` is not empty and can't be deleted", place)
            elif chain.name in called:
                self._problem("LVS019", f"rules still jump to chain `{chain.name}`: it can't be deleted", place)
            else:
                del table.chains[chain.name]

    def _rename(self, table: OpenTable, old: str, new: str, place: Span) -> None:
        if len(new.encode("utf-8", "surrogateescape")) > _NEW_NAME_LIMIT:
            self._problem("LVS019", f"the name of a chain has at most {_NEW_NAME_LIMIT} bytes", place)
        elif old in BUILT_IN.get(table.name, ()):
            self._problem("LVS019", f"`{old}` is built in and can't be renamed", place)
        elif self._free(table, new, place):
            for chain in self._chains(table, [old], place):
                chain.name = new
                table.chains = {(new if name == old else name): item for name, item in table.chains.items()}
                for other in table.chains.values():
                    other.rules = [_renamed(rule, old, new) for rule in other.rules]


def _renamed(rule: Rule, old: str, new: str) -> Rule:
    if calls(rule) != old:
        return rule
    return replace(rule, jump=new) if rule.jump is not None else replace(rule, goto=new)
