"""Every line of a file in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from lvsconf.extensions.options import OptionError
from lvsconf.findings import Problem
from lvsconf.languages.ipset import numbers
from lvsconf.languages.ipset.commands import Command, read_command
from lvsconf.languages.ipset.create import Header, check_name, create
from lvsconf.languages.ipset.elements import Written, read_element
from lvsconf.languages.ipset.faults import REFUSED, UNREADABLE, FaultError, unreadable
from lvsconf.languages.ipset.options import options
from lvsconf.languages.ipset.state import OpenSet, Sets
from lvsconf.languages.lines import Word
from lvsconf.model.ipset import IpSet
from lvsconf.source import Source

_FLAGS = frozenset(name for name, option in numbers.ADD.items() if option.flag)
_OF = {"packets": "counters", "bytes": "counters", "skbmark": "skbinfo", "skbprio": "skbinfo", "skbqueue": "skbinfo"}
_ENDS = ("test", "quit")
_NO_PLACE = ("restore", "help", "version")


class Line(NamedTuple):
    """A line that was carried out: the command, the set's header, and of add and del the element and its options."""

    command: Command
    header: Header | None = None
    written: Written | None = None
    given: Mapping[str, Any] | None = None


class Reader:
    """Carries out the lines of a file one after the other."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.sets = Sets()

    def line(self, number: int) -> tuple[Line | None, Problem | None]:
        """One line; neither when there is nothing to do on it."""
        command, problem = read_command(self.source, number)
        if command is None:
            return None, problem
        self.sets.exist |= command.exist
        try:
            return self._apply(command), None
        except FaultError as fault:
            self._lose(command, fault)
            return None, Problem(fault.code, str(fault), command.place(self.source, fault.word), help=fault.near)

    def _apply(self, command: Command) -> Line:
        words, name = command.words, command.name
        if name == "create":
            return self._create(command)
        if name in ("add", "del"):
            return self._element(command)
        if name in _ENDS:
            raise FaultError(f"`{name}` ends `ipset restore`: nothing below is loaded")
        if name in _NO_PLACE:
            raise FaultError(f"`{name}` has no place in a file of sets")
        most = 2 if name in ("rename", "swap") else 1
        if len(words) > most:
            raise unreadable(f"nothing more can stand here after `{name}`", words[most])
        for word in words:
            check_name(word)
        if name in ("list", "save") and words:
            self.sets.find(words[0])
        elif name == "flush":
            self.sets.flush(words[0] if words else None)
        elif name == "destroy":
            self.sets.destroy(words[0] if words else None)
        elif name == "rename":
            self.sets.rename(*words)
        elif name == "swap":
            self.sets.swap(*words)
        return Line(command)

    def _create(self, command: Command) -> Line:
        check_name(command.words[0])
        header = create(command.words[1:])
        self.sets.create(command.words[0], header, command.place(self.source))
        return Line(command, header)

    def _lose(self, command: Command, fault: FaultError) -> None:
        """A line that can't be read leaves the set that it speaks of unknown."""
        if command.name == "create" and command.words[0].text not in self.sets.sets:
            self.sets.sets[command.words[0].text] = OpenSet(None, command.place(self.source), whole=False)
        elif fault.code == UNREADABLE and command.words and command.name != "create":
            for word in command.words[:2]:
                opened = self.sets.sets.get(word.text)
                if opened is not None:
                    opened.whole = False

    # -- elements --------------------------------------------------------------------------------------------------

    def _element(self, command: Command) -> Line:
        check_name(command.words[0])
        opened = self.sets.find(command.words[0])
        header = opened.header
        if header is None:  # what its elements look like is not known
            return Line(command)
        word = command.words[1]
        given = self._options(command, header)
        text = word.text
        if header.type.parts == ("set",):
            text = self._listed(word, given)
        try:
            written = read_element(text, header)
        except OptionError as error:
            raise unreadable(str(error), word) from None
        try:
            if command.name == "del":
                if header.type.parts == ("set",):
                    self.sets.check_member(word, text)
                self._check_neighbour(opened, word, given)
                self.sets.delete(opened, header, written)
            else:
                self._add(opened, header, written, given, command)
        except FaultError as fault:
            fault.word = fault.word or word
            raise
        return Line(command, header, written, given)

    def _add(
        self, opened: OpenSet, header: Header, written: Written, given: Mapping[str, Any], command: Command
    ) -> None:
        if header.type.parts != ("set",):
            self.sets.add(opened, header, written, given, command.line)
            return
        (key,) = written.elements()
        self.sets.check_member(command.words[1], str(key[0]))
        beside = given.get("before") or given.get("after")
        if beside is not None and beside not in self.sets.sets:
            raise FaultError(f"there is no set `{beside}`")
        if beside is not None and ((beside,) not in opened.elements or (beside,) == key):
            raise FaultError(f"`{beside}` is not in the list")
        new = key not in opened.elements
        self.sets.add(opened, header, written, given, command.line)
        if beside is not None and new:
            self.sets.place(opened, key, beside, before="before" in given)

    def _check_neighbour(self, opened: OpenSet, word: Word, given: Mapping[str, Any]) -> None:
        """`del LIST MEMBER before OTHER` wants the other to be the next one."""
        beside = given.get("before") or given.get("after")
        if beside is None:
            return
        listed = [each.parts[0] for each in opened.elements.values()]
        pairs = list(pairwise(listed))
        name = word.text.partition(",")[0]
        if ((name, beside) if "before" in given else (beside, name)) not in pairs:
            raise FaultError(f"`{name}` does not stand next to `{beside}`", word)

    def _listed(self, word: Word, given: dict[str, Any]) -> str:
        """The member of a list; `a,before,b` is an older way to write it."""
        pieces = word.text.split(",")
        if len(pieces) == 3 and pieces[1] in ("before", "after"):
            if "before" in given or "after" in given:
                raise FaultError("the place in the list is given twice", word)
            given[pieces[1]] = pieces[2]
        elif len(pieces) > 1:
            raise unreadable("expected `name`, or `name,before,other` or `name,after,other`", word)
        return pieces[0]

    def _options(self, command: Command, header: Header) -> dict[str, Any]:
        """The options after the element, as values."""
        kind = header.type
        words: Sequence[Word] = command.words[2:]
        if not words:
            return {}
        known = kind.add if command.name == "add" else ("before", "after") if kind.parts == ("set",) else ()
        what = f"an element of a {kind.name} set" if command.name == "add" else f"`{command.name}`"
        given: dict[str, Any] = {}
        for each in options(words, known, _FLAGS, {}, what):
            option = numbers.ADD[each.name]
            name = _OF.get(each.name, each.name)
            if name in ("timeout", "counters", "comment", "skbinfo") and name not in header.values:
                raise FaultError(f"the set was created without `{name}`", each.word)
            if {"before", "after"} <= {each.name, *given}:
                raise FaultError("the place in the list is given twice", each.word)
            try:
                given[each.name] = option.parse(each.value.text) if option.parse and each.value else True
            except OptionError as error:
                raise unreadable(str(error), each.value) from None
        return given


def read(source: Source) -> tuple[Mapping[str, IpSet], tuple[Problem, ...]]:
    """The sets by name, and what could not be understood or would be refused."""
    reader = Reader(source)
    problems = []
    for number in range(1, len(source.lines) + 1):
        problem = reader.line(number)[1]
        if problem is not None:
            problems.append(problem)
    return {name: opened.closed(name) for name, opened in reader.sets.sets.items()}, tuple(problems)


__all__ = ["REFUSED", "UNREADABLE", "Line", "Reader", "read"]
