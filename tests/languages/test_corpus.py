"""Files that others wrote: whatever they hold, nothing breaks and nothing that is not understood goes unmentioned."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvsconf.findings import Problem
from lvsconf.gathering import decode
from lvsconf.languages import formatting, iptables, ipvsadm, keepalived, ldirectord, recognise
from lvsconf.languages.ipvsadm import listing
from lvsconf.model.netfilter import Ruleset
from lvsconf.snapshot import Group, assemble
from lvsconf.source import Source

CORPUS = Path(__file__).resolve().parents[2] / ".." / "shared" / "corpus"
FOLDERS = ("iptables-save", "iptables-S", "ipvsadm-listing", "keepalived", "ldirectord", "cases")
FILES = [path for folder in FOLDERS for path in sorted((CORPUS / folder).rglob("*")) if path.is_file()]

needs_corpus = pytest.mark.skipif(not FILES, reason=f"no corpus here: {len(FOLDERS)} folders of files not tried")
each_file = pytest.mark.parametrize("path", FILES or [None], ids=lambda path: "none" if path is None else path.name)


def source_of(path: Path) -> Source:
    return Source(path.name, decode(path.read_bytes()))


def check_places(source: Source, problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        span = problem.span
        assert span.file == source.name
        assert 1 <= span.line <= span.end_line <= len(source.lines)
        assert 1 <= span.column <= len(source.lines[span.line - 1]) + 1
        assert (span.end_line, span.end_column) >= (span.line, span.column)
        assert problem.message


def check_unread(ruleset: Ruleset, problems: tuple[Problem, ...]) -> None:
    told = {problem.span.line for problem in problems}
    for table in ruleset.tables.values():
        for chain in table.chains.values():
            for rule in chain.rules:
                uses = [*rule.matches, *([rule.target] if rule.target else [])]
                if any(use.unread for use in uses):
                    assert rule.span is not None
                    assert rule.span.line in told


@needs_corpus
@each_file
def test_file(path: Path):
    source = source_of(path)
    kind = recognise.kind_of(path.name, source.text)
    found = assemble(Group("h", (source,), named=frozenset({path.name})))
    check_places(source, found.problems)
    for item in found.unreadable:
        assert 1 <= item.line <= len(source.lines)
    for ruleset in found.host.rules.values():
        check_unread(ruleset, found.problems)
    assert found.files or found.unreadable or found.ignored or found.problems
    if kind is not None and formatting.can_format(kind):
        printed = formatting.format_source(source, kind)
        assert len(Source(path.name, printed).lines) == len(source.lines)
        assert formatting.format_source(Source(path.name, printed), kind) == printed


@needs_corpus
def test_each_folder_is_recognised():
    unknown = {"diekmann__net-network__dfwfw_fffuu.out.txt"}  # the output of another program
    for path in FILES:
        text = source_of(path).text
        if path.parent.name in ("iptables-save", "iptables-S") and path.name not in unknown:
            assert iptables.recognise(text), path.name
        elif path.parent.name == "ipvsadm-listing":
            assert listing.recognise(text), path.name
        elif path.parent.name == "keepalived":
            assert keepalived.recognise(text), path.name
        elif path.parent.name == "ldirectord":
            assert ldirectord.recognise(text), path.name
        elif path.name == "ipvsadm.rules":
            assert ipvsadm.recognise(text), path.name
