"""Which rules of a table were added, removed or moved from one rule set to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from lvsconf.extensions.printing import rule_words
from lvsconf.model.netfilter import Chain, Rule, Table
from lvsconf.source import Span


@dataclass(frozen=True, slots=True)
class Edit:
    """One rule, or the policy of a chain. A rule that stands elsewhere now has both places."""

    chain: str
    text: str
    before: Span | None
    after: Span | None

    def __str__(self) -> str:
        old, new = _place(self.before), _place(self.after)
        if self.before is None:
            return f"new: {self.text} ({new})"
        if self.after is None:
            return f"gone: {self.text} ({old})"
        return f"moved: {self.text} ({old} to {new})"


def _place(span: Span | None) -> str:
    return f"{span.file}:{span.line}" if span is not None else "?"


class Compared:
    """A table before and after. None is a table that is not there."""

    def __init__(self, old: Table | None, new: Table | None, family: int) -> None:
        self._before: Mapping[str, Chain] = old.chains if old is not None else {}
        self._after: Mapping[str, Chain] = new.chains if new is not None else {}
        self._names = tuple(dict.fromkeys((*self._before, *self._after)))
        self._texts = [
            {name: [_text(rule, name, family) for rule in chain.rules] for name, chain in chains.items()}
            for chains in (self._before, self._after)
        ]

    @cached_property
    def edits(self) -> tuple[Edit, ...]:
        """All edits, in the order of the chains."""
        gone: list[Edit] = []
        come: list[Edit] = []
        for name in self._names:
            for text, rule, removed in self._of_chain(name):
                if removed:
                    gone.append(Edit(name, text, rule.span, None))
                else:
                    come.append(Edit(name, text, None, rule.span))
            old, new = self._before.get(name), self._after.get(name)
            if old is not None and new is not None and old.policy != new.policy:
                come.append(Edit(name, f"-P {name} {new.policy}", None, new.span))
        return tuple(_moved(gone, come))

    @cached_property
    def same(self) -> frozenset[str]:
        """The chains that are as they were, and all that their rules lead to as well."""
        changed = {name for name in self._names if not self._is_same(name)}
        callers: dict[str, set[str]] = {}
        for chain in (*self._before.values(), *self._after.values()):
            for rule in chain.rules:
                for called in {rule.jump, rule.goto} - {None}:
                    callers.setdefault(called or "", set()).add(chain.name)
        todo = list(changed)
        while todo:
            more = callers.get(todo.pop(), set()) - changed
            changed |= more
            todo += more
        return frozenset(self._names) - changed

    def _is_same(self, name: str) -> bool:
        old, new = self._before.get(name), self._after.get(name)
        same = old is not None and new is not None and old.policy == new.policy
        return same and self._texts[0][name] == self._texts[1][name]

    def _of_chain(self, name: str) -> Iterator[tuple[str, Rule, bool]]:
        """The rules that the old chain or the new one lacks, and whether it is the new one."""
        before, after = (texts.get(name, []) for texts in self._texts)
        if before == after:
            return
        old, new = (chains[name].rules if name in chains else () for chains in (self._before, self._after))
        for tag, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag != "equal":
                yield from ((before[at], old[at], True) for at in range(start, end))
                yield from ((after[at], new[at], False) for at in range(first, last))


def _moved(gone: list[Edit], come: list[Edit]) -> Iterator[Edit]:
    """The same text gone from one place and new at another was moved."""
    left = list(come)
    for edit in gone:
        twin = next((other for other in left if other.text == edit.text), None)
        if twin is None:
            yield edit
        else:
            left.remove(twin)
            yield Edit(edit.chain, edit.text, edit.before, twin.after)
    yield from left


def _text(rule: Rule, chain: str, family: int) -> str:
    words = list(rule_words(rule, chain, family))
    unread = [word for use in (*rule.matches, rule.target) if use is not None for word in use.unread]
    return " ".join([*words, *unread])
