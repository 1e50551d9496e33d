"""A linter of a few lines for the tests of the fixer: every `bad` is a finding, and each word its own fix."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lvsconf.findings import Applicability, Certainty, Edit, Finding, Fix, Result, Severity, Skipped, Unreadable
from lvsconf.source import Source, Span

FIXES = {
    "bad": ("good", Applicability.SAFE),
    "sly": ("bad", Applicability.SAFE),  # brings a new finding
    "idle": ("idle", Applicability.SAFE),  # mends nothing
    "risky": ("good", Applicability.UNSAFE),
    "break": ("@", Applicability.SAFE),  # makes the file unreadable
    "blind": ("%", Applicability.SAFE),  # makes a rule skip
    "hopeless": None,
}


def lint(sources: Mapping[str, Source]) -> Result:
    """Findings in order of file and place."""
    findings: list[Finding] = []
    unreadable = []
    skipped = []
    for name, source in sorted(sources.items()):
        if "@" in source.text:
            unreadable.append(Unreadable(name, 1, 1, "an @"))
            continue
        if "%" in source.text:
            skipped.append(Skipped("LVS998", ("sight",)))
        for number, line in enumerate(source.lines, 1):
            for match in re.finditer(r"[a-z]+", line):
                if match[0] in FIXES:
                    span = Span(name, number, match.start() + 1, number, match.end() + 1)
                    findings.append(_finding(match[0], span, len(findings)))
    return Result(tuple(findings), tuple(skipped), (), (), tuple(unreadable), dict(sources))


def _finding(word: str, span: Span, number: int) -> Finding:
    mend = FIXES[word]
    fix = Fix(f"say {mend[0]}", mend[1], (Edit(span, mend[0]),)) if mend else None
    # As in real rules, the message may hold a number that changes when lines go.
    return Finding("LVS999", "toy", Severity.ERROR, Certainty.PROVEN, f"{word}, number {number}", span, fix=fix)


def sources(**texts: str) -> dict[str, Source]:
    return {name: Source(name, text) for name, text in texts.items()}
