"""Findings for programs: one JSON document."""

from __future__ import annotations

import json
from typing import Any, TextIO

from lvsconf.findings import Finding, Result
from lvsconf.report.drawing.screen import Look
from lvsconf.report.drawing.tally import summary
from lvsconf.source import Span


def write_findings(result: Result, out: TextIO, look: Look) -> None:  # noqa: ARG001  a machine format has one look
    """The document that `lint --format json` prints."""
    document = {
        "version": 1,
        "findings": [finding_data(finding) for finding in result.findings],
        "skipped": [{"code": each.code, "needs": list(each.needs)} for each in result.skipped],
        "assumed": list(result.assumed),
        "ignored": list(result.ignored),
        "summary": summary(result),
    }
    # ASCII only: a file name that is not UTF-8 would otherwise make the whole document unreadable.
    json.dump(document, out, indent=2)
    out.write("\n")


def finding_data(finding: Finding) -> dict[str, Any]:
    """One finding as JSON data."""
    witness, fix = finding.witness, finding.fix
    return {
        "code": finding.code,
        "slug": finding.slug,
        "severity": finding.severity.value,
        "certainty": finding.certainty.value,
        "assumes": list(finding.assumes),
        "message": finding.message,
        **_position(finding.span),
        "labels": [{**_position(label.span), "text": label.text} for label in finding.labels],
        "witness": witness and {"packets": list(witness.packets), "at": witness.at, "trace": list(witness.trace)},
        "fix": fix
        and {
            "applicability": fix.applicability.value,
            "title": fix.title,
            "edits": [
                {
                    "file": edit.span.file,
                    "start": [edit.span.line, edit.span.column],
                    "end": [edit.span.end_line, edit.span.end_column],
                    "text": edit.text,
                }
                for edit in fix.edits
            ],
        },
    }


def _position(span: Span) -> dict[str, Any]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
