"""How many of what: the last line of a report and the `summary` of the JSON form."""

from __future__ import annotations

from lvsconf.findings import Applicability, Certainty, Result, Severity
from lvsconf.snapshot import SERVICE_SOURCE


def summary(result: Result) -> dict[str, int]:
    """The counts of one run."""
    findings = result.findings
    return {
        "files": len(_files(result)),
        "errors": sum(each.severity is Severity.ERROR for each in findings),
        "warnings": sum(each.severity is Severity.WARNING for each in findings),
        "infos": sum(each.severity is Severity.INFO for each in findings),
        "proven": sum(each.certainty is Certainty.PROVEN for each in findings),
        "possible": sum(each.certainty is Certainty.POSSIBLE for each in findings),
        "fixable": sum(each.fix is not None for each in findings),
        "skipped": len({each.code for each in result.skipped}),
    }


def _files(result: Result) -> set[str]:
    """The files that were looked into, the unreadable among them; not those that were passed over."""
    passed = {line.partition(": ")[0] for line in result.ignored}
    read = {name for name in result.sources if name != SERVICE_SOURCE and name not in passed}
    return read | {each.file for each in result.unreadable}


def summary_line(result: Result) -> str:
    """The last line of a report for people."""
    counts = summary(result)
    found = [
        _plural(counts[key], word)
        for key, word in (("errors", "error"), ("warnings", "warning"), ("infos", "info"))
        if counts[key]
    ]
    text = f"Found {', '.join(found) or 'nothing'} in {_plural(counts['files'], 'file')}"
    safe = sum(each.fix is not None and each.fix.applicability is Applicability.SAFE for each in result.findings)
    fixable = [f"{safe} fixable with --fix"] if safe else []
    if counts["fixable"] > safe:
        fixable.append(f"{counts['fixable'] - safe} with --fix --unsafe-fixes")
    text += f" ({', '.join(fixable)})." if fixable else "."
    if counts["skipped"]:
        needs = sorted({need for each in result.skipped for need in each.needs})
        text += f" {_plural(counts['skipped'], 'rule')} skipped: need {', '.join(needs)}."
    return text


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
