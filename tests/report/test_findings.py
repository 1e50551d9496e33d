from __future__ import annotations

import io
import json
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.findings import Certainty, Finding, Label, Result, Severity
from lvsconf.report import formats, writer
from lvsconf.report.drawing.screen import Look, safe, width
from lvsconf.report.text import finding_lines
from lvsconf.source import Source, Span
from tests.report import sample

PLAIN = Look()


def shown(name: str, result: Result, look: Look = PLAIN) -> str:
    out = io.StringIO()
    write = writer(name)
    assert write is not None
    write(result, out, look)
    return out.getvalue()


def test_formats_are_the_files() -> None:
    assert formats() == ("concise", "json", "text")
    assert writer("yaml") is None
    assert writer("drawing") is None


@pytest.mark.parametrize("name", formats())
def test_golden(name: str, golden) -> None:
    golden(f"report/full.{name}", shown(name, sample.FULL))
    golden(f"report/clean.{name}", shown(name, sample.CLEAN))


def test_colour_golden(golden) -> None:
    golden("report/colour.text", shown("text", sample.FULL, Look(colour=True)))


@pytest.mark.parametrize("name", formats())
def test_machine_formats_have_no_colour_and_nothing_hostile_gets_through(name: str) -> None:
    text = shown(name, sample.FULL)
    assert not [each for each in text if each != "\n" and unicodedata.category(each) in {"Cc", "Cf", "Cs"}]
    assert "\x1b" not in shown("json", sample.FULL, Look(colour=True))


def test_json_is_the_contract() -> None:
    document = json.loads(shown("json", sample.FULL))
    assert list(document) == ["version", "findings", "skipped", "assumed", "ignored", "summary"]
    first = document["findings"][0]
    assert list(first) == [
        "code", "slug", "severity", "certainty", "assumes", "message", "file", "line", "column",
        "end_line", "end_column", "labels", "witness", "fix",
    ]  # fmt: skip
    assert (first["line"], first["column"], first["end_column"]) == (3, 76, 79)
    assert first["witness"]["at"] == 0
    assert first["fix"] is None
    assert document["findings"][4]["witness"] is None
    assert document["findings"][1]["fix"]["edits"] == [
        {"file": "director/iptables.rules", "start": [4, 1], "end": [5, 1], "text": ""}
    ]
    assert document["summary"] == {
        "files": 3, "errors": 1, "warnings": 2, "infos": 2, "proven": 4, "possible": 1, "fixable": 2, "skipped": 3,
    }  # fmt: skip


def test_quiet_leaves_only_findings() -> None:
    text = shown("text", sample.FULL, Look(quiet=True))
    assert "Found" not in text
    assert "assumed:" not in text
    assert "LVS301" in text
    assert shown("text", sample.CLEAN, Look(quiet=True)) == ""


def test_what_no_finding_hangs_on_is_told_to_programs_alone() -> None:
    result = replace(sample.CLEAN, assumed=("the moon is full", "it is night"), minor=frozenset({"the moon is full"}))
    text = shown("text", result)
    assert "assumed: it is night" in text
    assert "moon" not in text
    assert json.loads(shown("json", result))["assumed"] == ["the moon is full", "it is night"]


def test_defaults_share_their_lines() -> None:
    keys = tuple(f"net.ipv4.conf.eth{number}.rp_filter = 0 (the kernel's default)" for number in range(4))
    lines = shown("text", replace(sample.CLEAN, assumed=(*keys, "it is night"))).splitlines()
    assert lines[0].startswith("assumed: the kernel's defaults net.ipv4.conf.eth0.rp_filter=0,")
    assert lines[1].startswith("         net.ipv4.conf.eth")
    assert max(map(len, lines)) <= 80
    assert "assumed: it is night" in lines
    assert f"assumed: {keys[0]}" in shown("text", replace(sample.CLEAN, assumed=keys[:1]))


def test_caret_stands_under_its_word() -> None:
    lines = finding_lines(sample.PATH, sample.FULL.sources, Look(width=200))
    caret = next(line for line in lines if "^" in line)
    source = lines[lines.index(caret) - 1]
    assert source[caret.index("^") : caret.rindex("^") + 1] == "0x2"


def _finding(source: Source, spans: list[tuple[int, int]], texts: list[str]) -> Finding:
    marks = [source.span(1, start, end) for start, end in spans]
    return Finding(
        "LVS999", "x", Severity.ERROR, Certainty.PROVEN, "m", marks[0], texts[0],
        labels=tuple(Label(span, text) for span, text in zip(marks[1:], texts[1:], strict=True)),
    )  # fmt: skip


@given(st.data())
def test_any_line_and_any_marks_can_be_drawn(data: st.DataObject) -> None:
    line = data.draw(st.text(st.characters(exclude_characters="\n"), max_size=300))
    count = data.draw(st.integers(1, 5))
    column = st.integers(1, len(line) + 3)
    spans = [data.draw(st.tuples(column, column)) for _ in range(count)]
    texts = data.draw(st.lists(st.text(max_size=40), min_size=count, max_size=count))
    columns = data.draw(st.integers(40, 120))
    source = Source("f", line + "\n")
    lines = finding_lines(_finding(source, spans, texts), {"f": source}, Look(width=columns))
    for text in lines:
        assert not [each for each in text if unicodedata.category(each) in {"Cc", "Cf", "Cs"}]
    assert sum("^" in text and not text.startswith(" 1 |") for text in lines) >= 1
    for text in lines:
        if text.startswith(" 1 |"):
            assert width(text) <= columns
    for word in (word for label in texts for word in safe(label).split(" ")):
        assert any(word in text for text in lines)


def test_a_line_of_a_megabyte_is_cut_around_the_caret() -> None:
    source = Source("f", "x" * 1_000_000 + "HERE" + "y" * 1_000_000)
    lines = finding_lines(_finding(source, [(1_000_001, 1_000_005)], ["this"]), {"f": source}, Look())
    assert any("xHEREy" in line for line in lines)
    assert max(width(line) for line in lines) <= 80
    caret = next(line for line in lines if "^" in line)
    text = lines[lines.index(caret) - 1]
    assert text[caret.index("^") : caret.rindex("^") + 1] == "HERE"


def test_a_place_outside_of_the_text_does_no_harm() -> None:
    source = Source("f", "")
    finding = Finding("LVS999", "x", Severity.ERROR, Certainty.PROVEN, "m", Span("f", 1, 1, 1, 1), "empty")
    assert any("empty" in line for line in finding_lines(finding, {"f": source}, Look()))
