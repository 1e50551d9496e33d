"""The rules: what they are called and how they are documented (rules/*.yaml), and the functions that check them.

In a checkout the YAML files are read; a wheel carries all of them compiled to one `_data/rules.json`. Either way a
run loads only the heads of the rules it asks for, so that a hundred rules cost no start-up.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from lvsconf.findings import Applicability, Certainty, Finding, Severity
from lvsconf.resources import data_root, rules_path

Check = Callable[..., Iterator[Finding]]
"""A check gets the context of one host and yields its findings."""

_C = TypeVar("_C", bound=Check)
_STEM = re.compile(r"(LVS\d{3})-([a-z0-9]+(?:-[a-z0-9]+)*)")
_CHECKS: dict[str, Check] = {}

HEAD = ("code", "slug", "summary", "severity", "certainty", "needs", "fix", "since", "status", "opt_in", "replaced_by")
"""The keys that stand before `what:` in a rule file."""


class RuleError(ValueError):
    """A rule file or a check that breaks the conventions; the message names it."""


class UnknownRuleError(LookupError):
    """Nobody has defined this code."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a run has to know of a rule. `summary` is the message, with the names of its arguments in braces.

    `certainty` is the best the check can claim, `needs` the inputs without which it is skipped, `fix` what kind
    of fix it offers, `since` the version that brought it, `status` preview, stable or deprecated.
    A rule that is `opt_in` is asked only where its own code or slug is selected.
    """

    code: str
    slug: str
    summary: str
    severity: Severity
    certainty: Certainty
    needs: tuple[str, ...] = ()
    fix: Applicability | None = None
    since: str = ""
    status: str = "stable"
    opt_in: bool = False
    replaced_by: str | None = None

    def message(self, **arguments: object) -> str:
        """The summary with its arguments filled in."""
        return self.summary.format(**arguments)


@dataclass(frozen=True, slots=True)
class Example:
    """A situation that is documentation and test at once: files by name, or the name of a directory in samples/.

    `at` lists `file:line` of findings where a marker cannot stand. `options` are what lint takes besides files.
    """

    name: str
    inputs: Mapping[str, str]
    sample: str | None = None
    at: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Documentation:
    """The long half of a rule file."""

    what: str
    why: str
    fix_safety: str
    references: tuple[str, ...]
    bad: tuple[Example, ...]
    good: tuple[Example, ...]


@cache
def _compiled() -> Mapping[str, dict[str, Any]] | None:
    compiled = data_root() / "rules.json"
    if not compiled.is_file():
        return None
    data: dict[str, dict[str, Any]] = json.loads(compiled.read_text(encoding="utf-8"))
    return data


@cache
def _files() -> Mapping[str, Path]:
    """The rule files of a checkout by code."""
    found: dict[str, Path] = {}
    for path in sorted(rules_path().glob("LVS*.yaml")):
        match = _STEM.fullmatch(path.stem)
        if match is None:
            raise RuleError(f"{path.name}: a rule file is called CODE-slug.yaml")
        if match[1] in found:
            raise RuleError(f"{path.name}: {match[1]} is also claimed by {found[match[1]].name}")
        found[match[1]] = path
    return found


def parse_yaml(text: str) -> dict[str, Any]:
    """A YAML mapping."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load(text, Loader=loader)  # noqa: S506  both are safe loaders
    if not isinstance(data, dict):
        raise RuleError("expected a mapping")
    return data


def _known(code: str) -> None:
    if code not in (_compiled() or _files()):
        raise UnknownRuleError(code)


def _raw(code: str) -> dict[str, Any]:
    """A whole rule file as data."""
    _known(code)
    compiled = _compiled()
    return compiled[code] if compiled is not None else parse_yaml(_files()[code].read_text(encoding="utf-8"))


def _head(code: str) -> dict[str, Any]:
    """The head of a rule file: documentation and examples are several times as long and rarely wanted."""
    _known(code)
    compiled = _compiled()
    if compiled is not None:
        return compiled[code]
    head, _, _ = _files()[code].read_text(encoding="utf-8").partition("\nwhat:")
    return parse_yaml(head)


def to_rule(data: Mapping[str, Any]) -> Rule:
    """A rule from the data of its file."""
    try:
        return Rule(
            code=data["code"],
            slug=data["slug"],
            summary=data["summary"],
            severity=Severity(data["severity"]),
            certainty=Certainty(data["certainty"]),
            needs=tuple(data.get("needs") or ()),
            fix=None if data["fix"] == "none" else Applicability(data["fix"]),
            since=data["since"],
            status=data["status"],
            opt_in=data.get("opt_in", False),
            replaced_by=data.get("replaced_by"),
        )
    except (KeyError, ValueError) as error:
        raise RuleError(f"{data.get('code', 'a rule file')}: {error!r}") from error


def _to_example(data: Mapping[str, Any]) -> Example:
    return Example(
        name=data["name"],
        inputs=data.get("inputs") or {},
        sample=data.get("sample"),
        at=tuple(data.get("at") or ()),
        fixed=data.get("fixed") or {},
        options={key: data[key] for key in ("role", "kernel", "services", "language") if key in data},
    )


def to_documentation(data: Mapping[str, Any]) -> Documentation:
    """The documentation from the data of a rule file."""
    return Documentation(
        what=data["what"],
        why=data["why"],
        fix_safety=data.get("fix_safety") or "",
        references=tuple(data.get("references") or ()),
        bad=tuple(_to_example(each) for each in data.get("bad") or ()),
        good=tuple(_to_example(each) for each in data.get("good") or ()),
    )


@cache
def codes() -> tuple[str, ...]:
    """Every code there is, in order."""
    compiled = _compiled()
    return tuple(sorted(_files() if compiled is None else compiled))


@cache
def rule(code: str) -> Rule:
    """One rule; raises UnknownRuleError."""
    found = to_rule(_head(code))
    if found.code != code:
        raise RuleError(f"the file of {code} says that it is {found.code}")
    return found


def rules() -> tuple[Rule, ...]:
    """Every rule, in order of its code."""
    return tuple(rule(code) for code in codes())


@cache
def documentation(code: str) -> Documentation:
    """What `explain` tells about a rule; raises UnknownRuleError."""
    return to_documentation(_raw(code))


def find(word: str) -> Rule:
    """The rule that a person means by a code or a slug, in whatever case; raises UnknownRuleError."""
    code = word.upper()
    if code in codes():
        return rule(code)
    for each in rules():
        if each.slug == word.lower():
            return each
    raise UnknownRuleError(word)


def check(code: str) -> Callable[[_C], _C]:
    """Make a function of lvsconf/lint/checks the check of a rule."""

    def register(function: _C) -> _C:
        known = _CHECKS.get(code)
        if known is not None and known.__qualname__ != function.__qualname__:
            raise RuleError(f"{code} is checked by {known.__module__} and by {function.__module__}")
        _CHECKS[code] = function
        return function

    return register


@cache
def checks() -> Mapping[str, Check]:
    """The checks by code, in order."""
    package = importlib.import_module("lvsconf.lint.checks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_CHECKS.items()))
