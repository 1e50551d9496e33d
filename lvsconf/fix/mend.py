"""Mending as much as can be proven, without asking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lvsconf.findings import Applicability, Edit, Finding, Result
from lvsconf.fix.apply import overlap
from lvsconf.fix.prove import Rerun, key, on_top, prove
from lvsconf.source import Source


@dataclass(frozen=True, slots=True)
class Refused:
    """A fix that was not made, and why."""

    finding: Finding
    objections: tuple[str, ...]


@dataclass(slots=True)
class Mending:
    """The state of the work: what is left, what was made of the sources, what was mended and what was refused."""

    result: Result
    changed: dict[str, Source] = field(default_factory=dict)
    fixed: list[Finding] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def mend(
    result: Result, rerun: Rerun, *, unsafe: bool = False, wanted: Callable[[Finding], bool] = lambda _: True
) -> Mending:
    """Make all wanted fixes that hold together, or one by one where they do not.

    Each one made leaves fewer findings, so this ends. `result` and `rerun` hold the findings of all rules, wanted
    or not: a fix must not mend one thing and break another.
    """
    work = Mending(result)
    together = True
    while True:
        refused = {key(each.finding) for each in work.refused}
        able = [
            each
            for each in work.result.findings
            if wanted(each) and _allowed(each, unsafe) and key(each) not in refused
        ]
        if not able:
            return work
        batch = _compatible(able) if together else able[:1]
        proof = prove(work.result, batch, on_top(rerun, work.changed))
        if proof.holds:
            work.changed.update(proof.changed)
            work.fixed += batch
            work.result = proof.after
        elif len(batch) > 1:
            together = False
        else:
            work.refused.append(Refused(batch[0], proof.objections))


def differing(before: Mapping[str, Source], changed: Mapping[str, Source]) -> dict[str, Source]:
    """The sources among those changed whose text is another one now."""
    return {file: source for file, source in changed.items() if before[file].text != source.text}


def _allowed(finding: Finding, unsafe: bool) -> bool:
    return finding.fix is not None and (unsafe or finding.fix.applicability is Applicability.SAFE)


def _compatible(findings: list[Finding]) -> list[Finding]:
    """Findings whose fixes do not want the same places, the first come first."""
    chosen: list[Finding] = []
    edits: list[Edit] = []
    for finding in findings:
        own = finding.fix.edits if finding.fix else ()
        if not overlap(own, edits):
            chosen.append(finding)
            edits += own
    return chosen
