"""From the lines of keepalived.conf to the lines that count: includes, conditions, definitions, repetitions.

The order is keepalived's (lib/parser.c, read_line). What can't be known from the files stays in its place as a word
that is not known: a definition that depends on the host's config id, a name that is never defined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from lvsconf.findings import Problem
from lvsconf.languages.keepalived import includes
from lvsconf.languages.keepalived.sequences import repetitions
from lvsconf.languages.keepalived.written import Word, Written, join
from lvsconf.languages.lines import Line, LineError, line_grammar
from lvsconf.languages.lines import Word as Token
from lvsconf.source import Source, Span

LONGEST = 1022
"""keepalived reads into a buffer of 1,024 characters (MAXBUF); a longer line falls apart."""
DEEPEST = 64
MOST_LINES = 200_000
"""Lines that definitions and repetitions may make before this stops."""
MOST_REPLACED = 200

_BLANKS = " \t\f\v\r"
_REFERENCE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)[ 0-9]*\}|([A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|$))")
_INCLUDE = re.compile(r"include[rmwba]?")
_CONSTANT = {"_HASH": "#", "_BANG": "!"}
_OF_THE_HOST = frozenset({"_PWD", "_INSTANCE", "_RANDOM"})
"""Names that keepalived defines itself and whose values the files don't tell."""


@dataclass(frozen=True, slots=True)
class Logical:
    """One line that counts. `condition` is where the config id stands that it depends on."""

    words: tuple[Word, ...]
    condition: Span | None = None


@dataclass(slots=True)
class _Definition:
    """What a name stands for. `known` is False when that depends on the host."""

    lines: list[Written]
    several: bool
    known: bool


@dataclass(slots=True)
class _State:
    depth: int = 0
    condition: Span | None = None
    opened: tuple[str, ...] = ()


class _TooMuchError(Exception):
    """The limit is reached; what it was is a problem already."""


@dataclass
class Expander:
    """Reads a source and what it includes. `others` are the files that an include may name."""

    others: Mapping[str, Source]
    problems: list[Problem] = field(default_factory=list)
    included: set[str] = field(default_factory=set)
    missing: list[Span] = field(default_factory=list)
    conditions: dict[str, list[Span]] = field(default_factory=dict)
    _definitions: dict[str, _Definition] = field(default_factory=dict)
    _waiting: _Definition | None = None
    _made: int = 0
    _unknown: set[str] = field(default_factory=set)

    def read(self, source: Source) -> Iterator[Logical]:
        """The lines that count, in order."""
        with suppress(_TooMuchError):  # said where it happened
            yield from self._file(source, _State())
        for name, places in self.conditions.items():
            count = len(places) - 1
            more = f"; {count} more line{'s begin' if count > 1 else ' begins'} with it" if count else ""
            self._problem(
                "LVS054",
                f"whether this line counts depends on the config id of the host: `{name}`",
                places[0],
                f"keepalived -i says what it is; without it, the host's name{more}",
            )

    def _problem(self, code: str, message: str, span: Span, help_text: str = "") -> None:
        self.problems.append(Problem(code, message, span, help=help_text))

    def _file(self, source: Source, state: _State) -> Iterator[Logical]:
        opened = (*state.opened, source.name)
        for number in range(1, len(source.lines) + 1):
            written = Written.line(source, number)
            if self._waiting is not None:
                self._waiting = self._continued(self._waiting, written)
            else:
                yield from self._line(written, _State(state.depth, None, opened))

    def _continued(self, waiting: _Definition, written: Written) -> _Definition | None:
        """The next line of a definition; None when it was the last."""
        text = _without_comment(_trimmed(written))
        body = text.text.rstrip(_BLANKS)
        if body.endswith("\\"):
            line = body[:-1].rstrip(" \t")
            if line:
                waiting.lines.append(text.cut(0, len(line)))
            return waiting
        if body:
            waiting.lines.append(text.cut(0, len(body)))
        # An empty line ends it as well, a comment does not.
        return None if body or not written.text else waiting

    def _line(self, written: Written, state: _State) -> Iterator[Logical]:
        if state.depth > DEEPEST:
            where = written.span(0, len(written.text))
            self._problem("LVS050", "the definitions refer to each other without end", where)
            raise _TooMuchError
        while True:
            written = _trimmed(written)
            line = self._parsed(written)
            if line is None:
                return
            words = list(line.words)
            if words[0].kind == "CONDITION":
                where = written.span(0, words[0].end_column - 1)
                self.conditions.setdefault(words[0].text, []).append(where)
                state = _State(state.depth, state.condition or where, state.opened)
                if line.rule == "condition":
                    return
                written = written.cut(words[1].column - 1)
                continue
            if line.rule == "definition":
                self._define(written, line, state)
                return
            if words[-1].kind == "COMMENT":
                written = _decommented(written, words[-1])
                continue
            if line.rule == "sequence":
                yield from self._repeated(written, line, state)
                return
            replaced, rest, changed = self._replaced(written)
            if changed:
                yield from self._line(replaced, _State(state.depth + 1, state.condition, state.opened))
                for each in rest:
                    yield from self._line(each, _State(state.depth + 1, state.condition, state.opened))
                return
            written = replaced
            break
        if words[0].kind == "WORD" and _INCLUDE.fullmatch(words[0].text) and len(words) > 1:
            yield from self._include(written, line, state)
            return
        self._count(written)
        tokens = tuple(
            written.word(word.kind, word.column - 1, word.end_column - 1) for word in words if word.kind != "COMMENT"
        )
        yield Logical(tokens, state.condition)

    def _parsed(self, written: Written) -> Line | None:
        """The line as the grammar sees it; None when there is nothing on it, or nothing that can be read."""
        if len(written.text) > LONGEST:
            where = written.span(0, len(written.text))
            self._problem("LVS050", f"a line of more than {LONGEST} characters falls apart in keepalived", where)
            return None
        try:
            line = line_grammar("keepalived").parse(written.text)
        except LineError as error:
            where = written.span(error.column - 1, error.end_column - 1)
            self._problem("LVS050", f"this line can't be read: {error}", where)
            return None
        if line is None:
            return None
        for word in line.words:
            if word.kind == "UNCLOSED":
                where = written.span(word.column - 1, word.end_column - 1)
                self._problem("LVS050", "the quote is not closed", where)
        return line

    def _count(self, written: Written) -> None:
        self._made += 1
        if self._made > MOST_LINES:
            where = written.span(0, len(written.text))
            self._problem(
                "LVS050", f"the configuration has more than {MOST_LINES:,} lines; the rest is not read", where
            )
            raise _TooMuchError

    # -- definitions -------------------------------------------------------------------------------------------------

    def _define(self, written: Written, line: Line, state: _State) -> None:
        name = line.words[0].text[1:-1]
        comment = line.find("COMMENT")
        end = comment.column - 1 if comment else len(written.text)
        value = written.cut(line.words[0].end_column - 1, end)
        stripped = value.text.strip(_BLANKS)
        value = value.cut(start := len(value.text) - len(value.text.lstrip(_BLANKS)), start + len(stripped))
        goes_on = stripped.endswith("\\") or bool(comment and comment.text.rstrip().endswith("\\"))
        if stripped.endswith("\\"):
            value = value.cut(0, len(stripped[:-1].rstrip(" \t")))
        # keepalived drops a first line without text: `$NAME= \` begins with the next one.
        lines = [value] if value.text or not goes_on else []
        self._definitions[name] = definition = _Definition(lines, goes_on, known=state.condition is None)
        self._waiting = definition if goes_on else None

    def _replaced(self, written: Written) -> tuple[Written, list[Written], bool]:
        """The line with its names replaced, the lines that a definition adds, and whether its text has changed."""
        position, count = 0, 0
        changed = False
        rest: list[Written] = []
        while (found := _REFERENCE.search(written.text, position)) is not None:
            name = found[1] or found[2]
            definition = self._definitions.get(name)
            position = found.end()
            alone = found.end() == len(written.text)
            if definition is None:
                value = _CONSTANT.get(name)
                if value is not None:
                    written, position = written.replaced(found.start(), found.end(), value), found.start()
                    changed = True
                else:
                    written = self._named(written, found, name)
                continue
            if definition.several and not alone:
                continue
            if not definition.known:
                written = self._marked(written, found)
                continue
            count += 1
            if count > MOST_REPLACED:
                where = written.span(found.start(), found.end())
                self._problem("LVS050", f"`${name}` stands for itself: keepalived never ends", where)
                raise _TooMuchError
            changed = True
            first, *more = definition.lines or [written.cut(0, 0)]
            if definition.several:
                written = join((written.cut(0, found.start()), first))
                rest = [*more, *rest]
            else:
                written = written.replaced(found.start(), found.end(), first.text)
            if len(written.text) > LONGEST:
                break
            position = found.start()
        return written, rest, changed

    def _marked(self, written: Written, found: re.Match[str]) -> Written:
        if not written.known(found.start(), found.end()):
            return written
        return written.replaced(found.start(), found.end(), found[0], known=False)

    def _named(self, written: Written, found: re.Match[str], name: str) -> Written:
        """A name without a definition: keepalived leaves it as it is, and its braces open and close a block."""
        if (
            found[1]
            and name not in _OF_THE_HOST
            and name not in self._unknown
            and not _quoted(written.text, found.start())
        ):
            self._unknown.add(name)
            where = written.span(found.start(), found.end())
            self._problem("LVS054", f"`${{{name}}}` is not defined here, so what stands for it is not known", where)
        return self._marked(written, found)

    def _repeated(self, written: Written, line: Line, state: _State) -> Iterator[Logical]:
        head = line.words[0]
        where = written.span(head.column - 1, head.end_column - 1)
        inside, _, _ = self._replaced(written.cut(0, head.end_column - 1))
        try:
            values = repetitions(inside.text, MOST_LINES + 1)
        except ValueError as error:
            self._problem("LVS050", f"this is no sequence: {error}", where)
            return
        rest = written.cut(head.end_column - 1)
        for each in values:
            self._count(written)
            for name, value in each.items():
                text = Written(value, rest.cells)
                self._definitions[name] = _Definition([text], several=False, known=state.condition is None)
            yield from self._line(rest, _State(state.depth + 1, state.condition, state.opened))

    # -- includes ----------------------------------------------------------------------------------------------------

    def _include(self, written: Written, line: Line, state: _State) -> Iterator[Logical]:
        comment = line.find("COMMENT")
        start = line.words[1].column - 1
        end = len(written.text[: comment.column - 1 if comment else None].rstrip(_BLANKS))
        pattern, where = written.text[start:end], written.span(start, end)
        names = includes.matching(pattern, state.opened[-1], self.others)
        if not names:
            self.missing.append(where)
            self._problem(
                "LVS054",
                f"no file that is read matches `{pattern[:80]}`: what it may hold is not known",
                where,
                "give the file too, beside the one that includes it",
            )
        for name in names:
            if name in state.opened:
                self._problem("LVS050", f"`{name}` includes itself", where)
                continue
            self.included.add(name)
            yield from self._file(self.others[name], _State(state.depth + 1, None, state.opened))


def _quoted(text: str, position: int) -> bool:
    return text.count('"', 0, position) % 2 == 1


def _trimmed(written: Written) -> Written:
    length = len(written.text.rstrip(_BLANKS))
    return written if length == len(written.text) else written.cut(0, length)


def _decommented(written: Written, comment: Token) -> Written:
    """The line without its comment, but with the `\\` at the comment's end: keepalived leaves it there."""
    kept = _trimmed(written.cut(0, comment.column - 1))
    backslashes = len(comment.text) - len(comment.text.rstrip("\\"))
    return join((kept, written.cut(comment.end_column - 2))) if backslashes % 2 else kept


def _without_comment(written: Written) -> Written:
    """The line up to its comment; one that the grammar does not take is left as it is."""
    try:
        words = line_grammar("keepalived").scan(written.text)
    except LineError:
        return written
    for word in words:
        if word.kind == "COMMENT":
            return _decommented(written, word)
    return written
