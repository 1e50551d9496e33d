"""`lvsconf explain`: what a rule is about, why it matters and how it looks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from lvsconf.cli.rules import rule_data
from lvsconf.cli.support.errors import unknown
from lvsconf.lint.registry import Documentation, Example, Rule, UnknownRuleError, codes, documentation, find, rules

_FORMATS = ("text", "json")


def command(
    subject: Annotated[str, typer.Argument(metavar="CODE", help="A rule by its code or its name.")],
    layout: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")] = "text",
) -> int:
    """Explain a rule, with an example of what it finds."""
    if layout not in _FORMATS:
        raise unknown("format", layout, _FORMATS)
    try:
        rule = find(subject)
    except UnknownRuleError:
        raise unknown("rule", subject, [*codes(), *(each.slug for each in rules())]) from None
    pages = documentation(rule.code)
    if layout == "json":
        json.dump({"version": 1, **rule_data(rule), **asdict(pages)}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.write("\n".join(page(rule, pages)) + "\n")
    return 0


def page(rule: Rule, pages: Documentation) -> Iterator[str]:
    """The lines that explain a rule."""
    yield f"{rule.code} {rule.slug}"
    yield ""
    yield f"  {rule.summary}"
    yield ""
    traits = [rule.severity.value, f"{rule.certainty.value} at best", f"since {rule.since}"]
    if rule.status != "stable":
        traits.append(rule.status + (f", see {rule.replaced_by}" if rule.replaced_by else ""))
    if rule.needs:
        traits.append(f"needs {', '.join(rule.needs)}")
    traits.append(f"{rule.fix.value} fix" if rule.fix else "no fix")
    yield f"  ({'; '.join(traits)})"
    yield from _section("What", pages.what)
    yield from _section("Why", pages.why)
    if pages.bad:
        yield from _example("Bad", pages.bad[0])
    if pages.bad and pages.bad[0].fixed:
        yield from _files("Fixed", pages.bad[0].fixed.items())
    if pages.good:
        yield from _example("Good", pages.good[0])
    if pages.fix_safety:
        yield from _section("Fix safety", pages.fix_safety)
    if pages.references:
        yield from _section("References", "\n".join(pages.references))


def _section(title: str, text: str) -> Iterator[str]:
    yield ""
    yield f"{title}:"
    yield from (f"  {line}".rstrip() for line in text.strip().splitlines())


def _example(title: str, example: Example) -> Iterator[str]:
    title = f"{title} ({example.name})"
    if example.sample:
        yield from _section(title, f"samples/{example.sample}")
    yield from _files(title, example.inputs.items())


def _files(title: str, files: Iterable[tuple[str, str]]) -> Iterator[str]:
    for number, (name, text) in enumerate(files):
        if number == 0:
            yield ""
            yield f"{title}:"
        yield f"  {name}"
        yield from (f"    {line}".rstrip() for line in text.strip("\n").split("\n"))
