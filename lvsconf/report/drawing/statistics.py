"""How often each rule found something, in place of the findings."""

from __future__ import annotations

import json
from collections import Counter
from typing import TextIO

from lvsconf.findings import Result
from lvsconf.report.drawing.screen import Look
from lvsconf.report.drawing.tally import summary_line


def counts(result: Result) -> list[tuple[str, str, int, int]]:
    """Code, slug, findings and how many of them have a fix; the most frequent first."""
    found = Counter((finding.code, finding.slug) for finding in result.findings)
    fixable = Counter(finding.code for finding in result.findings if finding.fix is not None)
    order = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [(code, slug, number, fixable[code]) for (code, slug), number in order]


def write_table(result: Result, out: TextIO, look: Look) -> None:
    """A line for each rule."""
    rows = counts(result)
    digits = max((len(str(number)) for _, _, number, _ in rows), default=0)
    for code, slug, number, fixable in rows:
        out.write(f"{number:>{digits}}  {code} {slug}{f' ({fixable} fixable)' if fixable else ''}\n")
    if not look.quiet:
        out.write(summary_line(result) + "\n")


def write_json(result: Result, out: TextIO, look: Look) -> None:  # noqa: ARG001  a machine format has one look
    """The same for programs."""
    rows = [
        {"code": code, "slug": slug, "count": number, "fixable": fixable}
        for code, slug, number, fixable in counts(result)
    ]
    json.dump({"version": 1, "statistics": rows}, out, indent=2)
    out.write("\n")
