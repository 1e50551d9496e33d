"""`lvsconf explain`: what a rule, a kernel setting, or a match or target of iptables is about."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from lvsconf.cli.rules import rule_data
from lvsconf.cli.support.errors import unknown
from lvsconf.cli.support.pages import module_data, module_page, prose, setting_data, setting_page
from lvsconf.extensions import registry
from lvsconf.extensions.options import MatchModule, TargetModule
from lvsconf.languages import sysctl
from lvsconf.languages.sysctl import table
from lvsconf.lint.registry import Documentation, Example, Rule, UnknownRuleError, codes, documentation, find, rules

_FORMATS = ("text", "json")


def command(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="CODE|SYSCTL|MATCH|TARGET",
            help="A rule by code or name, a key such as net.ipv4.vs.conntrack, a match or target of iptables.",
        ),
    ],
    layout: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")] = "text",
) -> int:
    """Explain a rule with an example of what it finds, a kernel setting, or a match or target with its options."""
    if layout not in _FORMATS:
        raise unknown("format", layout, _FORMATS)
    lines, data = _explained(subject)
    if layout == "json":
        json.dump({"version": 1, **data}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _explained(subject: str) -> tuple[Iterable[str], dict[str, object]]:
    """The page of a subject as lines and as data."""
    name = sysctl.dotted(subject)
    key = table.find(name)
    if key is not None:
        return setting_page(name, key), setting_data(name, key)
    modules = _modules(subject)
    if modules:
        pages = (module_page(module) for module in modules)
        return _joined(pages), {"modules": [module_data(module) for module in modules]}
    try:
        rule = find(subject)
    except UnknownRuleError:
        raise unknown("subject", subject, _subjects(name)) from None
    text = documentation(rule.code)
    return page(rule, text), {**rule_data(rule), **asdict(text)}


def _modules(subject: str) -> list[MatchModule | TargetModule]:
    """The match and the target of that name; the one that is written so comes first."""
    match = registry.match(subject) or registry.match(subject.lower())
    target = registry.target(subject) or registry.target(subject.upper())
    modules = [module for module in (match, target) if module is not None]
    return sorted(modules, key=lambda module: module.name != subject)


def _subjects(name: str) -> list[str]:
    """What may have been meant: keys where the word looks like one."""
    keys = [each.replace("conf.*.", "conf.all.") for each in table.table()]
    if "." in name:
        return keys
    known = [*codes(), *(each.slug for each in rules()), *registry.match_names(), *registry.target_names()]
    return [*known, *(key for key in keys if key.rpartition(".")[2] == name)]


def _joined(pages: Iterable[Iterable[str]]) -> Iterator[str]:
    for index, lines in enumerate(pages):
        if index:
            yield ""
        yield from lines


def page(rule: Rule, pages: Documentation) -> Iterator[str]:
    """The lines that explain a rule."""
    yield f"{rule.code} {rule.slug}"
    yield ""
    yield from prose(rule.summary)
    yield ""
    traits = [rule.severity.value, f"{rule.certainty.value} at best", f"since {rule.since}"]
    if rule.status != "stable":
        traits.append(rule.status + (f", see {rule.replaced_by}" if rule.replaced_by else ""))
    if rule.needs:
        traits.append(f"needs {', '.join(rule.needs)}")
    traits.append(f"{rule.fix.value} fix" if rule.fix else "no fix")
    yield from prose(f"({'; '.join(traits)})")
    yield from _prose("What", pages.what)
    yield from _prose("Why", pages.why)
    if pages.bad:
        yield from _example("Bad", pages.bad[0])
    if pages.bad and pages.bad[0].fixed:
        yield from _files("Fixed", pages.bad[0].fixed.items())
    if pages.good:
        yield from _example("Good", pages.good[0])
    if pages.fix_safety:
        yield from _prose("Fix safety", pages.fix_safety)
    if pages.references:
        yield from _section("References", "\n".join(pages.references))


def _prose(title: str, text: str) -> Iterator[str]:
    yield ""
    yield f"{title}:"
    yield from prose(text)


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
