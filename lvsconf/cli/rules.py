"""`lvsconf rules`: every rule there is."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from lvsconf.cli.support.errors import unknown
from lvsconf.lint.registry import Rule, rules

_FORMATS = ("text", "json")


def command(
    layout: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")] = "text",
) -> int:
    """List every rule."""
    if layout not in _FORMATS:
        raise unknown("format", layout, _FORMATS)
    if layout == "json":
        json.dump({"version": 1, "rules": [rule_data(rule) for rule in rules()]}, sys.stdout, indent=2)
        sys.stdout.write("\n")
        return 0
    for rule in rules():
        mend = f", {rule.fix.value} fix" if rule.fix else ""
        sys.stdout.write(f"{rule.code} {rule.slug} ({rule.severity.value}{mend})\n       {rule.summary}\n")
    return 0


def rule_data(rule: Rule) -> dict[str, object]:
    """A rule as JSON data."""
    return {
        "code": rule.code,
        "slug": rule.slug,
        "summary": rule.summary,
        "severity": rule.severity.value,
        "certainty": rule.certainty.value,
        "needs": list(rule.needs),
        "fix": rule.fix.value if rule.fix else "none",
        "since": rule.since,
        "status": rule.status,
    }
