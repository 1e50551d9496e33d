"""Reads a whole dump: tables, chains and commands in order, one finding for each thing that is not understood."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from lvsconf.findings import Problem
from lvsconf.languages.iptables import layout
from lvsconf.languages.iptables.checks import check_table
from lvsconf.languages.iptables.command import CommandReader
from lvsconf.languages.iptables.commands import TableCommands
from lvsconf.languages.iptables.legality import CHAIN_NAME_LIMIT, RULES
from lvsconf.languages.iptables.listing import listed_table
from lvsconf.languages.iptables.opened import target_for
from lvsconf.languages.iptables.recipes import Recipe, counted, recipe
from lvsconf.languages.iptables.shapes import Shapes
from lvsconf.languages.iptables.tables import OpenTable, resolved
from lvsconf.languages.iptables.words import arguments_of
from lvsconf.languages.lines import Line, LineError, Word, line_grammar, one_problem
from lvsconf.languages.suggest import suggestion
from lvsconf.model.netfilter import BUILT_IN, Rule, Ruleset
from lvsconf.source import Source, Span

_NFT_ONLY = re.compile(r"# Table [`'](?P<table>[^']*)' is incompatible, use 'nft' tool\.")
_LEGACY_TWIN = re.compile(r"# Warning: (?P<tool>ip6?tables)-legacy tables present")
POLICIES = ("ACCEPT", "DROP", "-")
_USUAL = 2000
"""Lines that are longer are read word by word: they may break a limit of iptables-restore."""


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
        self.announced: set[str] = set()
        self.commands = TableCommands(family, self.problem)
        self.shapes = Shapes[Recipe](family)
        self.ends = source.text.count("\n") + 1

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
            met = self.shapes.find(text) if self.table is not None and len(text) <= _USUAL else None
            if met is not None and self.table is not None:
                columns = self.shapes.columns(text, met)
                command = met.learned.command(met, columns, self.source.name, number)
                self.commands.apply(self.table, command, command.command_span or self.source.span(number))
                continue
            try:
                line = self.grammar.parse(text)
            except LineError as error:
                span = self.source.span(number, error.column, error.end_column)
                self.lost(number, "LVS010", f"this line can't be read: {error}", span)
                continue
            self._laid_out(text, line, number)
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

    def _laid_out(self, text: str, line: Line | None, number: int) -> None:
        """Listings are not for iptables-restore."""
        if self.table is not None and self.table.span is None:
            return
        found = layout.fault(text, line, number < self.ends)
        if found is not None:
            self.problem("LVS025", found[2], self.source.span(number, found[0], found[1]))

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
        name, span = word.text[1:].lstrip(" \t"), self._span(number, word, word)
        if name not in BUILT_IN:
            self.problem("LVS022", f"there is no table `{name}`", span, suggestion(name, BUILT_IN))
        # A header empties the table: the second of two replaces the first, whose policies stay.
        earlier = self.tables.pop(name, None)
        if earlier is not None:
            self._close(earlier)
        self.table = self.tables[name] = OpenTable(name, span, {} if earlier is None else earlier.emptied())

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
        name = first.text[1:].lstrip(" \t")
        if len(name.encode("utf-8", "surrogateescape")) > CHAIN_NAME_LIMIT:
            message = f"the name of a chain has at most {CHAIN_NAME_LIMIT} bytes"
            self.problem("LVS019", message, self._span(number, first, first))
        chain = self.commands.declare(table, name, span)
        self.announced.add(name)
        if target_for(name, self.family) is not None:  # what `-j` with that name means is no longer the same
            self.shapes = Shapes[Recipe](self.family)
        counters = line.words[2] if len(line.words) > 2 else None
        if counters is not None and counters.kind != "COUNTERS":
            place = self._span(number, counters, counters)
            self.problem("LVS023", f"`{counters.text}` is nothing that is read here: counters are [1:2]", place)
            counters = None
        if chain is None:
            return
        chain.span = span
        policy = line.words[1] if len(line.words) > 1 else None
        if chain.policy is None or (policy is not None and policy.text != "-"):
            chain.counters = counted(counters.text) if counters else None
        if policy is None:
            self.problem("LVS012", f"`{first.text}` lacks a policy: {', '.join(POLICIES)}", span)
        elif policy.text not in POLICIES:
            place = self._span(number, policy, policy)
            self.problem("LVS012", f"`{policy.text}` is no policy: {', '.join(POLICIES)}", place)
        elif policy.text != "-":
            if chain.name not in BUILT_IN.get(table.name, ()) and table.name in BUILT_IN:
                self.problem("LVS019", f"only a built-in chain has a policy, `{name}` is none", span)
            else:
                chain.policy = policy.text

    def _command(self, line: Line, number: int) -> None:
        words = line.words
        prefix = words[0] if words[0].kind == "COUNTERS" else None
        arguments = arguments_of(words[1:] if prefix else words)
        reader = CommandReader(arguments, self.source, number, self.family, self.announced)
        command = reader.read()
        if command.other_family and (command.letter is None or command.letter in RULES):
            self.problems.extend(one_problem(reader.problems))
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
        self.shapes.learn(self.source.lines[number - 1], reader, lambda *_: recipe(reader))
        counts = counted(prefix.text) if prefix else None
        command.rules = tuple(replace(rule, span=span, counters=rule.counters or counts) for rule in command.rules)
        self.commands.apply(table, command, command.command_span or span)

    def _listed(self) -> OpenTable:
        """`iptables -S` prints the commands of one table and no header; its chains and targets show which."""
        name = listed_table(self.source.text)
        self.table = self.tables[name] = OpenTable(name, None, committed=True)
        self.unknown.append(f"the listing shows one table, taken as {name}; the others are not shown")
        return self.table

    # -- the end -----------------------------------------------------------------------------------------------

    def _close(self, table: OpenTable) -> None:
        for chain in table.chains.values():
            chain.rules = [self._resolved(rule, table) for rule in chain.rules]
        self.problems.extend(check_table(table))

    def _resolved(self, rule: Rule, table: OpenTable) -> Rule:
        """Jumps are resolved when the rule is read; what is left over jumps to no chain that was there by then."""
        target = rule.target
        if target is None or target.span is None or target.unread[:1] != (target.module,):
            return rule
        found, note = resolved(rule, table), ""
        if found is not rule:
            message = f"chain `{target.module}` is declared only after this rule"
        elif target.module in BUILT_IN.get(table.name, ()):
            message = f"`{target.module}` is built in: only the kernel calls it"
        else:
            what = "no chain" if rule.goto is not None else "neither a chain of this table nor a known target"
            message, note = f"`{target.module}` is {what}", suggestion(target.module, table.chains)
            found = replace(rule, goto=None)
        self.problem("LVS014", message, target.span, note)
        return found
