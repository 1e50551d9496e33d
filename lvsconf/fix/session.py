"""Mending one finding at a time, with a person deciding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TextIO

from lvsconf.findings import Applicability, Finding, Result
from lvsconf.fix.diff import diff
from lvsconf.fix.prove import Proof, Rerun, key, on_top, prove
from lvsconf.source import Source

_QUESTION = "Make this change? [y]es, [n]o, [q]uit: "


@dataclass(frozen=True, slots=True)
class Console:
    """How a session shows things and asks. `ask` gives None when nobody answers any more."""

    out: TextIO
    ask: Callable[[str], str | None]
    show: Callable[[Finding, Result], str]
    show_diff: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Tally:
    """How a session went."""

    fixed: int
    declined: int
    refused: int


def session(
    result: Result,
    rerun: Rerun,
    write: Callable[[Sequence[tuple[Source, Source]]], None],
    console: Console,
    wanted: Callable[[Finding], bool] = lambda _: True,
) -> Tally:
    """Go through the findings that have a fix. What is agreed to is written at once, so that quitting loses nothing."""
    fixed = declined = refused = 0
    changed: dict[str, Source] = {}
    passed: set[tuple[object, ...]] = set()
    while True:
        finding = next(
            (each for each in result.findings if each.fix and wanted(each) and key(each) not in passed), None
        )
        if finding is None:
            return Tally(fixed, declined, refused)
        proof = prove(result, [finding], on_top(rerun, changed))
        console.out.write(console.show(finding, result))
        if not proof.holds:
            refused += 1
            passed.add(key(finding))
            console.out.write(f"The fix does not hold: {'; '.join(proof.objections)}.\n\n")
            continue
        console.out.write(_offer(finding, result, proof, console))
        answer = _answer(console)
        if answer == "q":
            return Tally(fixed, declined, refused)
        if answer == "n":
            declined += 1
            passed.add(key(finding))
            continue
        write([(result.sources[file], source) for file, source in sorted(proof.changed.items())])
        changed.update(proof.changed)
        fixed += 1
        result = proof.after


def _offer(finding: Finding, result: Result, proof: Proof, console: Console) -> str:
    lines = []
    if finding.fix is not None:
        safety = "" if finding.fix.applicability is Applicability.SAFE else " (unsafe: look at it before you agree)"
        lines.append(f"{finding.fix.title}{safety}:\n")
    lines += [console.show_diff(line) for line in diff(result.sources, proof.changed)]
    also = [each for each in proof.gone if each is not finding]
    lines.append(f"Proven by linting again: {finding.code} is gone, nothing new comes.\n")
    lines += [f"Also gone: {each.code} at {each.span.file}:{each.span.line}\n" for each in also]
    return "".join(lines)


def _answer(console: Console) -> str:
    """y, n or q; anything else is asked again, and no answer at all quits."""
    while True:
        answer = console.ask(_QUESTION)
        if answer is None:
            return "q"
        word = answer.strip().lower()
        if word in {"y", "yes", "n", "no", "q", "quit"}:
            return word[0]
