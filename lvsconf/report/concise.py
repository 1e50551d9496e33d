"""Findings for editors and grep: one line each."""

from __future__ import annotations

from typing import TextIO

from lvsconf.findings import Certainty, Result
from lvsconf.report.drawing.screen import Look, safe
from lvsconf.report.drawing.tally import summary_line


def write_findings(result: Result, out: TextIO, look: Look) -> None:
    """`file:line:column: severity[CODE]: message`, then the count."""
    for finding in result.findings:
        place = f"{safe(finding.span.file)}:{finding.span.line}:{finding.span.column}"
        head = look.paint(f"{finding.severity.value}[{finding.code}]", finding.severity.value)
        possible = " (possible)" if finding.certainty is Certainty.POSSIBLE else ""
        fixable = " [fixable]" if finding.fix is not None else ""
        out.write(f"{place}: {head}: {safe(finding.message)}{possible}{fixable}\n")
    if not look.quiet:
        out.write(summary_line(result) + "\n")
