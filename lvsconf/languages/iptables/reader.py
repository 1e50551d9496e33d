"""Reads a whole dump: tables, chains and commands in order, one finding for each thing that is not understood."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from lvsconf.extensions.names import number_of
from lvsconf.findings import Problem
from lvsconf.languages.iptables.checks import check_table
from lvsconf.languages.iptables.command import Command, CommandReader
from lvsconf.languages.iptables.listing import listed_table
from lvsconf.languages.iptables.tables import OpenChain, OpenTable, resolved, same_rule
from lvsconf.languages.iptables.words import Argument, arguments_of
from lvsconf.languages.lines import Line, LineError, Word, line_grammar, one_problem
from lvsconf.languages.suggest import suggestion
from lvsconf.model.netfilter import BUILT_IN, Rule, Ruleset
from lvsconf.source import Source, Span

_NFT_ONLY = re.compile(r"# Table [`'](?P<table>[^']*)' is incompatible, use 'nft' tool\.")
_LEGACY_TWIN = re.compile(r"# Warning: (?P<tool>ip6?tables)-legacy tables present")
POLICIES = ("ACCEPT", "DROP", "-")


def read(source: Source, family: int) -> tuple[Ruleset, tuple[Problem, ...]]:
    """The rules of one family, and what could not be understood."""
    reader = _Reader(source, family)
    return reader.read()


class _Reader:
    def __init__(self, source: Source, family: int) -> None:
        self.source = source
        self.family = family
        self.grammar = line_grammar("iptables")
        self.tables: dict[str, OpenTable] = {}
        self.table: OpenTable | None = None
        self.problems: list[Problem] = []
        self.unknown: list[str] = []

    def problem(self, code: str, message: str, span: Span, note: str = "") -> None:
        self.problems.append(Problem(code, message, span, help=note))

    def lost(self, number: int, code: str, message: str, span: Span, note: str = "") -> None:
        """A line of which nothing is in the result: what it would have said is unknown."""
        self.problem(code, message, span, note)
        self.unknown.append(f"line {number} of {self.source.name} could not be read")

    def read(self) -> tuple[Ruleset, tuple[Problem, ...]]:
        lines: dict[str, Callable[[Line, int], None]] = {
            "comment": self._comment,
            "table": self._table,
            "commit": self._commit,
            "chain": self._chain,
            "command": self._command,
        }
        for number, text in enumerate(self.source.lines, 1):
            try:
                line = self.grammar.parse(text)
            except LineError as error:
                span = self.source.span(number, error.column, error.end_column)
                self.lost(number, "LVS010", f"this line can't be read: {error}", span)
                continue
            if line is not None:
                lines[line.rule](line, number)
        self._carriage_returns()
        self._uncommitted()
        for table in self.tables.values():
            self._close(table)
        closed = {name: table.closed() for name, table in self.tables.items()}
        self.problems.sort(key=lambda problem: problem.span)
        return Ruleset(self.family, closed, tuple(self.unknown)), tuple(self.problems)

    # -- lines -------------------------------------------------------------------------------------------------

    def _span(self, number: int, first: Word, last: Word) -> Span:
        return Span(self.source.name, number, first.column, number, last.end_column)

    def _comment(self, line: Line, number: int) -> None:
        text = line.words[0].text
        nft = _NFT_ONLY.match(text)
        twin = _LEGACY_TWIN.match(text)
        if nft is None and twin is None:
            return
        if nft is not None:
            reason = f"table {nft['table']} holds rules that only `nft` can show"
        else:
            reason = f"there are also {twin['tool'] if twin else ''}-legacy tables, which this dump does not show"
        self.problem("LVS021", reason, self._span(number, line.words[0], line.words[0]))
        self.unknown.append(reason)

    def _carriage_returns(self) -> None:
        """One finding for the first line that ends with CR LF; Source takes such ends for what they are meant."""
        for number, text in enumerate(self.source.text.split("\n"), 1) if "\r\n" in self.source.text else ():
            if text.endswith("\r") and not text.startswith("#"):
                end = len(text)
                self.problem(
                    "LVS060",
                    "the line ends with a carriage return, which iptables-restore takes for part of its last word",
                    self.source.span(number, end, end + 1),
                    "`lvsconf fmt` takes it away",
                )
                return

    def _uncommitted(self) -> None:
        table = self.table
        if table is not None and not table.committed and table.span is not None:
            reason = f"table {table.name} has no COMMIT: its end may be missing"
            self.problem("LVS015", reason, table.span)
            self.unknown.append(reason)
        self.table = None

    def _table(self, line: Line, number: int) -> None:
        self._uncommitted()
        word = line.words[0]
        name, span = word.text[1:], self._span(number, word, word)
        if name not in BUILT_IN:
            self.problem("LVS022", f"there is no table `{name}`", span, suggestion(name, BUILT_IN))
        # A header empties the table: the second of two replaces the first.
        self.tables.pop(name, None)
        self.table = self.tables[name] = OpenTable(name, span)

    def _commit(self, line: Line, number: int) -> None:
        if self.table is None:
            word = line.words[0]
            self.problem("LVS010", "COMMIT stands outside a table", self._span(number, word, word))
            return
        self.table.committed = True
        self.table = None

    def _chain(self, line: Line, number: int) -> None:
        table = self.table
        first, last = line.words[0], line.words[-1]
        span = self._span(number, first, last)
        if table is None:
            self.lost(number, "LVS010", "a chain stands outside a table", span)
            return
        name = first.text[1:]
        policy = line.find("WORD")
        counters = line.find("COUNTERS")
        built_in = name in BUILT_IN.get(table.name, ())
        value: str | None = None
        if policy is not None and policy.text not in POLICIES:
            place = self._span(number, policy, policy)
            self.problem("LVS012", f"`{policy.text}` is no policy: {', '.join(POLICIES)}", place)
        elif policy is not None and policy.text != "-":
            if not built_in and table.name in BUILT_IN:
                self.problem("LVS019", f"only a built-in chain has a policy, `{name}` is none", span)
            else:
                value = policy.text
        if built_in and value is None:
            value = "ACCEPT"
        # A declaration empties the chain.
        table.chains[name] = OpenChain(name, value, _counts(counters), span)

    def _command(self, line: Line, number: int) -> None:
        words = line.words
        prefix = words[0] if words[0].kind == "COUNTERS" else None
        arguments = arguments_of(words[1:] if prefix else words)
        reader = CommandReader(arguments, self.source, number, self.family)
        command = reader.read()
        if command.other_family:
            return
        span = self._span(number, words[0], words[-1])
        if command.letter is None:
            self.lost(number, "LVS010", "this line names no command such as -A", span)
            return
        if self.table is None and self.tables:
            self.lost(number, "LVS010", "a command stands outside a table", span)
            return
        table = self.table or self._listed()
        self.problems.extend(one_problem(reader.problems))
        command.rules = tuple(
            replace(rule, span=span, counters=rule.counters or _counts(prefix)) for rule in command.rules
        )
        self._apply(table, command, span)

    def _listed(self) -> OpenTable:
        """`iptables -S` prints the commands of one table and no header; its chains and targets show which."""
        name = listed_table(self.source.text)
        self.table = self.tables[name] = OpenTable(name, None, committed=True)
        self.unknown.append(f"the listing shows one table, taken as {name}; the others are not shown")
        return self.table

    # -- commands ----------------------------------------------------------------------------------------------

    def _apply(self, table: OpenTable, command: Command, span: Span) -> None:
        letter = command.letter
        place = command.command_span or span
        operands = [operand.text for operand in command.operands]
        if letter in ("A", "I", "R", "D"):
            self._change(table, command, place)
        elif letter == "N":
            if table.chain(operands[0]) is not None:
                self.problem("LVS019", f"chain `{operands[0]}` exists already", place)
            else:
                table.chains[operands[0]] = OpenChain(operands[0], None, span=span)
        elif letter == "P":
            self._policy(table, operands[0], operands[1], place)
        elif letter == "F":
            for chain in self._chains(table, operands, place):
                chain.rules.clear()
        elif letter == "X":
            self._delete_chains(table, operands, place)
        elif letter == "E":
            self._rename(table, operands[0], operands[1], place)
        elif letter == "Z":
            self._chains(table, operands, place)
        else:
            self.problem("LVS010", f"`-{letter}` has no place in a file of rules", place)

    def _change(self, table: OpenTable, command: Command, place: Span) -> None:
        name = command.operands[0].text
        chain = table.chain(name)
        if chain is None:
            self.problem(
                "LVS016", f"there is no chain `{name}` in table {table.name}", place, suggestion(name, table.chains)
            )
            # The rules are kept: what is written after a forgotten declaration is no less meant.
            chain = table.chains[name] = OpenChain(name, None, declared=False)
        index = number_of(command.operands[1].text) if len(command.operands) > 1 else None
        if command.letter == "A":
            chain.rules.extend(command.rules)
        elif command.letter == "I":
            at = 1 if index is None else index
            if not 1 <= at <= len(chain.rules) + 1:
                self.problem("LVS019", f"`{name}` has no place {at} to insert at", place)
                at = len(chain.rules) + 1
            for rule in command.rules:  # each goes to the same place, so the last one ends up first
                chain.rules.insert(at - 1, rule)
        else:
            self._replace_or_delete(chain, command, index, place)

    def _replace_or_delete(self, chain: OpenChain, command: Command, index: int | None, place: Span) -> None:
        if index is None:
            for rule in command.rules:
                found = next((i for i, other in enumerate(chain.rules) if same_rule(rule, other)), None)
                if found is None:
                    self.problem("LVS019", f"chain `{chain.name}` has no such rule to delete", place)
                else:
                    del chain.rules[found]
        elif not 1 <= index <= len(chain.rules):
            self.problem("LVS019", f"chain `{chain.name}` has no rule {index}", place)
        elif command.letter == "D":
            del chain.rules[index - 1]
        else:
            chain.rules[index - 1 : index] = command.rules

    def _policy(self, table: OpenTable, name: str, policy: str, place: Span) -> None:
        chain = table.chain(name)
        if chain is None or name not in BUILT_IN.get(table.name, ()):
            self.problem(
                "LVS016",
                f"table {table.name} has no built-in chain `{name}`",
                place,
                suggestion(name, BUILT_IN.get(table.name, ())),
            )
        elif policy not in ("ACCEPT", "DROP"):
            self.problem("LVS012", f"`{policy}` is no policy: ACCEPT, DROP", place)
        else:
            chain.policy = policy
            chain.span = chain.span or place

    def _chains(self, table: OpenTable, names: list[str], place: Span) -> list[OpenChain]:
        if not names:
            return list(table.chains.values())
        chain = table.chain(names[0])
        if chain is None:
            self.problem(
                "LVS016",
                f"there is no chain `{names[0]}` in table {table.name}",
                place,
                suggestion(names[0], table.chains),
            )
            return []
        return [chain]

    def _delete_chains(self, table: OpenTable, names: list[str], place: Span) -> None:
        built_in = BUILT_IN.get(table.name, ())
        for chain in self._chains(table, names, place):
            if chain.name in built_in:
                continue
            if chain.rules and names:
                self.problem("LVS019", f"chain `{chain.name}` is not empty and can't be deleted", place)
            elif not chain.rules:
                del table.chains[chain.name]

    def _rename(self, table: OpenTable, old: str, new: str, place: Span) -> None:
        if table.chain(new) is not None:
            self.problem("LVS019", f"chain `{new}` exists already", place)
            return
        for chain in self._chains(table, [old], place):
            chain.name = new
            table.chains = {(new if name == old else name): item for name, item in table.chains.items()}
            for other in table.chains.values():
                other.rules = [_renamed(rule, old, new) for rule in other.rules]

    # -- the end -----------------------------------------------------------------------------------------------

    def _close(self, table: OpenTable) -> None:
        for chain in table.chains.values():
            chain.rules = [self._resolved(rule, table) for rule in chain.rules]
        self.problems.extend(check_table(table))

    def _resolved(self, rule: Rule, table: OpenTable) -> Rule:
        found = resolved(rule, table)
        target = found.target
        if target is None or target.span is None or target.unread[:1] != (target.module,):
            return found
        what = "chain" if found.goto is not None else "chain of this table nor a known target"
        self.problem(
            "LVS014",
            f"`{target.module}` is {'no' if found.goto is not None else 'neither a'} {what}",
            target.span,
            suggestion(target.module, table.chains),
        )
        return replace(found, goto=None)


def _renamed(rule: Rule, old: str, new: str) -> Rule:
    target = rule.target
    if target is not None and target.module == old and target.unread[:1] == (old,):
        return replace(
            rule,
            target=replace(target, module=new, unread=(new, *target.unread[1:])),
            goto=new if rule.goto else None,
        )
    return rule


def _counts(word: Word | Argument | None) -> tuple[int, int] | None:
    if word is None:
        return None
    packets, _, octets = word.text[1:-1].partition(":")
    limit = len(str(2**64))  # a count has 64 bits; anything longer is cut before int() takes it
    return int(packets[:limit]), int(octets[:limit])
