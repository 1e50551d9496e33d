"""Statements and blocks: which brace belongs to which keyword (lib/parser.c, process_stream and alloc_value_block)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lvsconf.findings import Problem
from lvsconf.languages.keepalived.expansion import Logical
from lvsconf.languages.keepalived.keywords import Keyword, keywords, places
from lvsconf.languages.keepalived.written import Word
from lvsconf.languages.suggest import suggestion
from lvsconf.source import Span


def reach(words: Sequence[Word]) -> Span:
    """From the first word to the last; the first alone where a definition has put the last one elsewhere."""
    first, last = words[0].span, words[-1].span
    return first.to(last) if (last.file, last.line) == (first.file, first.line) and last > first else first


@dataclass(slots=True)
class Statement:
    """A keyword with what follows it, and the statements of its block.

    `rule` is None for a line of a block of lines. `condition` is set where it depends on the config id. `usable` is
    False once a value of it is wrong: keepalived then goes on as if it were not there.
    """

    words: tuple[Word, ...]
    rule: Keyword | None
    condition: Span | None = None
    body: list[Statement] = field(default_factory=list)
    usable: bool = True

    @property
    def name(self) -> str:
        """The keyword, or the first word of a line."""
        return self.words[0].text

    @property
    def span(self) -> Span:
        """The keyword and its values."""
        return reach(self.words)

    @property
    def known(self) -> bool:
        """Whether all of its words are."""
        return self.condition is None and all(word.known for word in self.words)

    def value(self, index: int = 1) -> str | None:
        """A value, counted from 1; None when it is not there."""
        return self.words[index].text if index < len(self.words) else None


@dataclass(slots=True)
class _Level:
    """An open block. `statement` None: a block of something unknown, passed over."""

    statement: Statement | None
    table: Mapping[str, Keyword] | None
    opener: Span
    own: bool = True


class Tree:
    """Builds the statements of a configuration; `top` holds those outside all blocks."""

    def __init__(self) -> None:
        self.top = Statement((), Keyword("", inside=keywords()))
        self.problems: list[Problem] = []
        self.passed_over: list[Span] = []
        self._levels = [_Level(self.top, keywords(), Span("", 1, 1, 1, 1))]
        self._pending: Statement | None = None
        self._unknown: Span | None = None

    def read(self, lines: Iterable[Logical]) -> Statement:
        """All lines."""
        for line in lines:
            if not self._is_alternative(line):
                self._line(line)
        self._without_block("the file ends")
        for level in self._levels[1:]:
            if level.own:
                self._problem("LVS050", "the block that begins here is not closed", level.opener)
        return self.top

    def _problem(self, code: str, message: str, span: Span, help_text: str = "") -> None:
        self.problems.append(Problem(code, message, span, help=help_text))

    def _is_alternative(self, line: Logical) -> bool:
        """`@a real_server … {` and then `@b real_server … {`: one block with two heads."""
        level = self._levels[-1]
        head = level.statement
        return (
            line.condition is not None
            and line.words[-1:] != ()
            and line.words[-1].kind == "OPEN"
            and head is not None
            and head.condition is not None
            and not head.body
            and line.words[0].text == head.name
        )

    def _line(self, line: Logical) -> None:
        words: list[Word] = []
        for word in line.words:
            if word.kind in ("OPEN", "CLOSE"):
                if words:
                    self._statement(tuple(words), line.condition)
                    words = []
                if word.kind == "OPEN":
                    self._open(word.span)
                else:
                    self._close(word.span)
            else:
                words.append(word)
        if words:
            self._statement(tuple(words), line.condition)

    def _statement(self, words: tuple[Word, ...], condition: Span | None) -> None:
        self._without_block("the next statement begins", enter=True)
        self._unknown = None
        level = self._levels[-1]
        if level.statement is None:
            return
        if level.table is None:
            level.statement.body.append(Statement(words, None, condition))
            return
        name = words[0].text
        rule = level.table.get(name)
        if rule is None and (outer := self._outer(name)) is not None:
            self._left_open(words[0], outer)
            level = self._levels[-1]
            rule = (level.table or {})[name]
        if rule is None or level.statement is None:
            self._not_known(words[0], level)
            return
        statement = Statement(words, rule, condition)
        level.statement.body.append(statement)
        if rule.opens:
            self._pending = statement

    # -- braces ------------------------------------------------------------------------------------------------------

    def _open(self, brace: Span) -> None:
        if self._pending is not None:
            self._enter(self._pending, self._pending.words[0].span)
        elif self._unknown is not None:
            self.passed_over.append(self._unknown)
            self._levels.append(_Level(None, None, self._unknown))
            self._unknown = None
        else:
            level = self._levels[-1]
            if level.statement is not None:
                self._problem("LVS050", "no block can begin here", brace, "keepalived reads on as if it were not there")
            self._levels.append(_Level(level.statement, level.table, brace, own=level.statement is None))

    def _enter(self, statement: Statement, opener: Span) -> None:
        rule = statement.rule
        self._levels.append(_Level(statement, rule.inside if rule is not None else None, opener))
        self._pending = None

    def _close(self, brace: Span) -> None:
        self._without_block("the block around it ends")
        self._unknown = None
        if len(self._levels) > 1:
            self._levels.pop()
        else:
            self._problem("LVS050", "no block is open that this could close", brace)

    def _without_block(self, why: str, *, enter: bool = False) -> None:
        """A keyword that a block has to follow, and none does."""
        if self._pending is None:
            return
        place = self._pending.words[0].span
        self._problem("LVS050", f"`{self._pending.name}` needs a block, but {why}: a `{{` is missing", place)
        if enter:
            # keepalived takes what follows for the block as well.
            self._enter(self._pending, place)
        self._pending = None

    # -- what is not known here --------------------------------------------------------------------------------------

    def _outer(self, name: str) -> int | None:
        """The nearest block around this one in which a block of that name may stand."""
        for index in range(len(self._levels) - 2, -1, -1):
            table = self._levels[index].table or {}
            if name in table and table[name].opens and self._levels[-1].statement is not None:
                return index
        return None

    def _left_open(self, word: Word, outer: int) -> None:
        inner = self._levels[outer + 1]
        opened = inner.statement.name if inner.statement is not None and inner.statement.words else "{"
        self._problem(
            "LVS050",
            f"`{word.text}` can't stand in `{opened}` (line {inner.opener.line}): a `}}` is missing before it",
            word.span,
        )
        del self._levels[outer + 1 :]

    def _not_known(self, word: Word, level: _Level) -> None:
        self._unknown = word.span
        if not word.known:
            self._problem("LVS054", f"what `{word.text[:80]}` stands for is not known", word.span)
            return
        if word.text == "\\":
            message = "a line can't go on in the next one here: keepalived takes the `\\` for a word"
            self._problem("LVS051", message, word.span)
            return
        block = level.statement.name if level.statement is not None and level.statement.words else ""
        where = f"in `{block}`" if block else "outside all blocks"
        elsewhere = [f"in `{name}`" if name else "outside all blocks" for name in places().get(word.text, ())]
        if elsewhere:
            message = f"`{word.text}` can't stand {where}"
            more = f"it stands {', '.join(elsewhere[:3])}"
        else:
            message = f"keepalived knows no `{word.text[:80]}` {where}"
            more = suggestion(word.text, level.table or ())
        self._problem("LVS051", message, word.span, more)


def walk(statement: Statement) -> Iterator[Statement]:
    """All statements of a block, each before those of its own block."""
    todo = list(reversed(statement.body))
    while todo:
        each = todo.pop()
        yield each
        todo.extend(reversed(each.body))
