"""A fix is proven before it is offered: linted again, the finding is gone and nothing new has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from lvsconf.findings import Edit, Finding, Result
from lvsconf.fix.apply import EditError, Position, apply, mover
from lvsconf.source import Source

Rerun = Callable[[Mapping[str, Source]], Result]
"""Lint the same input again with some of its sources replaced."""


def on_top(rerun: Rerun, changed: Mapping[str, Source]) -> Rerun:
    """The same, with what has been changed so far below what is tried now."""
    base = dict(changed)
    return lambda fresh: rerun({**base, **fresh})


@dataclass(frozen=True, slots=True)
class Proof:
    """What edits do: the sources they change, the findings that go and come, and what speaks against them."""

    after: Result
    changed: Mapping[str, Source]
    gone: tuple[Finding, ...]
    new: tuple[Finding, ...]
    objections: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the edits may be offered."""
        return not self.objections


def prove(before: Result, targets: Sequence[Finding], rerun: Rerun) -> Proof:
    """Try the fixes of some findings together. All of them must have one."""
    edits = [edit for target in targets if target.fix is not None for edit in target.fix.edits]
    try:
        changed = apply(before.sources, edits)
    except EditError as error:
        return Proof(before, {}, (), (), (str(error),))
    after = rerun(changed)
    gone, new = _compare(before, after, targets, edits)
    objections = [f"{_place(each)} would stay" for each in targets if not any(each is other for other in gone)]
    objections += [f"{_place(each)} would come: {each.message}" for each in new]
    # A finding may also be gone because what it was found in is not understood any more.
    seen = {(each.file, each.message) for each in before.unreadable}
    objections += [
        f"{each.file} would be unreadable: {each.message}"
        for each in after.unreadable
        if (each.file, each.message) not in seen
    ]
    skipped = {each.code for each in before.skipped}
    objections += [f"{each.code} could not be asked any more" for each in after.skipped if each.code not in skipped]
    objections += [f"{file} would not be recognised any more" for file in after.ignored if file not in before.ignored]
    return Proof(after, changed, gone, new, tuple(objections))


def key(finding: Finding) -> tuple[object, ...]:
    """What a finding with a fix is known by after lines have moved."""
    texts = tuple((edit.span.file, edit.text) for edit in finding.fix.edits) if finding.fix else ()
    return finding.code, finding.span.file, finding.span.column, finding.message, texts


def _place(finding: Finding) -> str:
    return f"{finding.code} at {finding.span.file}:{finding.span.line}"


def _compare(
    before: Result, after: Result, targets: Sequence[Finding], edits: Iterable[Edit]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings that are gone and those that are new; lines move, and a message may name a moved rule."""
    edits = tuple(edits)
    movers: dict[str, Callable[[Position], Position]] = {}

    def expected(finding: Finding) -> Position:
        source = before.sources.get(finding.span.file)
        if source is None:
            return finding.span.line, finding.span.column
        if source.name not in movers:
            movers[source.name] = mover(edits, source)
        try:
            return movers[source.name]((finding.span.line, finding.span.column))
        except EditError:  # a place that is in no text, such as the end of an empty file
            return finding.span.line, finding.span.column

    aimed = {id(target) for target in targets}
    # What was not aimed at is looked for first: where two have moved to one place, the one that was mended is gone.
    waiting = [(each, expected(each)) for each in sorted(before.findings, key=lambda each: id(each) in aimed)]
    new = list(after.findings)
    for same in (_same_place_and_words, _same_place, _same_words):
        left = []
        for finding, place in waiting:
            match = next((each for each in new if same(finding, place, each, before, after)), None)
            if match is None:
                left.append((finding, place))
            else:
                new = [each for each in new if each is not match]
        waiting = left
    return tuple(finding for finding, _ in waiting), tuple(new)


def _same_place(old: Finding, place: Position, new: Finding, before: Result, after: Result) -> bool:  # noqa: ARG001
    at = (new.span.line, new.span.column)
    return (old.code, old.span.file, place) == (new.code, new.span.file, at)


def _same_place_and_words(old: Finding, place: Position, new: Finding, before: Result, after: Result) -> bool:
    return old.message == new.message and _same_place(old, place, new, before, after)


def _same_words(old: Finding, place: Position, new: Finding, before: Result, after: Result) -> bool:  # noqa: ARG001
    """The place was rewritten by an edit, but the line and what is said of it are the same."""
    same = (old.code, old.span.file, old.message) == (new.code, new.span.file, new.message)
    return same and _line(old, before) == _line(new, after)


def _line(finding: Finding, result: Result) -> str:
    source = result.sources.get(finding.span.file)
    if source is None or not 0 < finding.span.line <= len(source.lines):
        return ""
    return source.lines[finding.span.line - 1]
