"""`sysctl -a` and sysctl.conf, as procps and systemd-sysctl read it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lvsconf.findings import Problem
from lvsconf.languages.lines import Line, LineError, line_grammar
from lvsconf.languages.suggest import suggestion
from lvsconf.languages.sysctl.table import IPVS, exists, find, table
from lvsconf.model.host import Setting, Sysctl
from lvsconf.source import Source, Span

NAME = "sysctl"
EXPECTS = "lines such as `net.ipv4.ip_forward = 1`, as sysctl -a prints them"

_SETTING = re.compile(r"^[ \t]*-?(?:net|kernel|vm|fs|dev|abi|user|debug)[./][\w./:@*?\[\]-]+[ \t]*=", re.MULTILINE)
_WILDCARDS = re.compile(r"[*?\[]")


def recognise(text: str) -> bool:
    """Whether this is a list of kernel settings."""
    return bool(_SETTING.search(text))


def dotted(key: str) -> str:
    """A key in the form `sysctl -a` prints: `net/ipv4/conf/eth0.1/forwarding` is `net.ipv4.conf.eth0/1.forwarding`."""
    first = re.search(r"[./]", key)
    if first is None or first.group() == ".":
        return key
    return key.translate(str.maketrans("./", "/."))


def read(source: Source) -> tuple[Sysctl, tuple[Problem, ...]]:
    """The settings; of two for one key the last counts, as when the file is loaded.

    A value that the kernel refuses is a problem and leaves the key as it was.
    """
    grammar = line_grammar("sysctl")
    settings: dict[str, Setting] = {}
    patterns: dict[str, Setting] = {}
    excluded: set[str] = set()
    problems: list[Problem] = []
    for number, text in enumerate(source.lines, 1):
        try:
            line = grammar.parse(text)
        except LineError as error:
            span = source.span(number, error.column, error.end_column)
            problems.append(Problem("LVS040", f"this line is no `key = value`: {error}", span))
            continue
        if line is None or line.rule == "comment":
            continue
        word = line.words[0]
        key = dotted(word.text.removeprefix("-"))
        place = source.span(number, word.column, word.end_column)
        if line.rule == "exclusion":
            excluded.add(key)
            continue
        value, value_place = _value(source, number, line)
        pattern = bool(_WILDCARDS.search(key))
        may_fail = pattern or word.text.startswith("-")
        told = list(_faults(key, value, place, value_place, may_fail=may_fail))
        problems += told
        if not any(problem.code == "LVS047" for problem in told):
            where = patterns if pattern else settings
            where.pop(key, None)
            where[key] = Setting(value, place.to(value_place))
    return Sysctl(settings, patterns, excluded), tuple(problems)


def _value(source: Source, number: int, line: Line) -> tuple[str, Span]:
    word = line.find("VALUE")
    if word is None:
        equals = line.words[-1]
        return "", source.span(number, equals.column, equals.end_column)
    value = word.text.rstrip()
    return value, source.span(number, word.column, word.column + len(value))


def _faults(key: str, value: str, place: Span, value_place: Span, *, may_fail: bool) -> Iterator[Problem]:
    """What the kernel has against a setting; with `may_fail` nobody minds a key that is missing."""
    known = find(key)
    if known is not None:
        try:
            known.parse(value)
        except ValueError as expected:
            shown = value if len(value) <= 40 else f"{value[:39]}…"
            yield Problem("LVS047", f"the kernel refuses `{shown}`: {key} takes {expected}", value_place)
    elif key.startswith(IPVS) and not may_fail:
        names = (name.removeprefix(IPVS) for name in table() if name.startswith(IPVS))
        near = suggestion(key.removeprefix(IPVS), names)
        yield Problem("LVS048", f"IPVS has no setting `{key.removeprefix(IPVS)[:80]}`", place, help=near)


def foreign(sysctl: Sysctl, release: str) -> tuple[Problem, ...]:
    """The settings of IPVS that a kernel release does not have."""
    problems = []
    for name, setting in sysctl.items():
        key = find(name) if name.startswith(IPVS) else None
        if key is None or setting.span is None or exists(key, release) is not False:
            continue
        told = f"it came later, at the latest in {key.first}" if key.last is None else f"it went after {key.last}"
        start = setting.span
        span = Span(start.file, start.line, start.column, start.line, start.column + len(name))
        problems.append(Problem("LVS049", f"kernel {release} has no {name}: {told}", span))
    return tuple(problems)


def format_source(source: Source) -> str:
    """Each setting as `sysctl -a` prints it; comments, and lines that can't be read, stay."""
    grammar = line_grammar("sysctl")
    pieces = source.text.split("\n")
    for index, text in enumerate(source.lines):
        try:
            line = grammar.parse(text)
        except LineError:
            continue
        if line is None or line.rule == "comment":
            continue
        key = line.words[0].text
        dash = "-" if key.startswith("-") else ""
        name = dotted(key.removeprefix("-"))
        pieces[index] = f"{dash}{name}"
        if line.rule == "setting":
            pieces[index] += f" = {_printed(name, _value(source, index + 1, line)[0])}"
    return "\n".join(pieces)


def _printed(name: str, value: str) -> str:
    known = find(name)
    try:
        return value if known is None else known.printed(value)
    except ValueError:
        return value
