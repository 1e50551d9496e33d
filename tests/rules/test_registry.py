"""The two halves of a rule are both there and say the same."""

from __future__ import annotations

import json
import string
from pathlib import Path

import jsonschema
import pytest
import yaml

from lvsconf.lint import registry
from lvsconf.lint.registry import RuleError, UnknownRuleError, checks, codes, documentation, find, rule, rules
from tests.rules.index import RANGES, index

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "rules").glob("*.yaml"))


class _NoDuplicates(yaml.SafeLoader):
    """YAML takes the last of two equal keys without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"line {node.start_mark.line + 1}: a key stands twice"
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    data = yaml.load(text, Loader=_NoDuplicates)
    jsonschema.validate(data, json.loads((ROOT / "rules" / "schema.json").read_text()))
    assert path.stem == f"{data['code']}-{data['slug']}"
    # The head is what a run reads; it ends where the documentation begins.
    order = list(data)
    assert set(order[: order.index("what")]) <= set(registry.HEAD)
    assert not set(order[order.index("what") :]) & set(registry.HEAD)
    assert any(data["code"].startswith(prefix) for prefix in RANGES)
    list(string.Formatter().parse(data["summary"]))


def test_every_file_is_a_rule() -> None:
    assert [path.stem for path in FILES] == [f"{each.code}-{each.slug}" for each in rules()]


def test_both_halves_are_there() -> None:
    # Reading rules are found by the readers, which have no check of their own.
    with_check = {code for code in codes() if not code.startswith("LVS0")}
    assert {code for code in checks() if not code.startswith("LVS0")} == with_check


def test_slugs_are_not_shared() -> None:
    slugs = [each.slug for each in rules()]
    assert len(slugs) == len(set(slugs))


def test_deprecated_rules_say_what_is_better() -> None:
    for each in rules():
        assert each.replaced_by is None or each.replaced_by in codes()
        assert each.replaced_by is None or each.status == "deprecated"


def test_index_is_current() -> None:
    assert (ROOT / "rules" / "README.md").read_text(encoding="utf-8") == index(), "run make docs"


EXAMPLE = """\
code: LVS998
slug: toy
summary: "{what} is odd"
severity: warning
certainty: possible
needs: [ipvs]
fix: none
since: "0.1.0"
status: stable
what: |
  What.
why: |
  Why.
bad:
  - name: one
    role: master
    inputs: {ipvsadm.rules: "-A"}
good:
  - {name: two, sample: three, at: ["x:1"]}
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rules directory of our own."""

    def forget() -> None:
        for cached in (registry._compiled, registry._files, registry.codes, registry.rule, registry.documentation):
            cached.cache_clear()

    monkeypatch.setattr(registry, "rules_path", lambda: tmp_path)
    monkeypatch.setattr(registry, "data_root", lambda: tmp_path)
    forget()
    yield tmp_path
    forget()


def test_loading(directory: Path) -> None:
    (directory / "LVS998-toy.yaml").write_text(EXAMPLE)
    assert codes() == ("LVS998",)
    assert rule("LVS998").message(what="it") == "it is odd"
    assert find("lvs998") == find("TOY") == rule("LVS998")
    pages = documentation("LVS998")
    assert pages.what == "What.\n"
    assert pages.bad[0].options == {"role": "master"}
    assert (pages.good[0].sample, pages.good[0].at) == ("three", ("x:1",))
    with pytest.raises(UnknownRuleError):
        rule("LVS997")
    with pytest.raises(UnknownRuleError):
        find("nothing")


def test_a_wheel_reads_its_compiled_rules(directory: Path) -> None:
    (directory / "rules.json").write_text(json.dumps({"LVS998": yaml.safe_load(EXAMPLE)}))
    assert rule("LVS998").slug == "toy"
    assert documentation("LVS998").why == "Why.\n"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("LVS998-toy.yaml", EXAMPLE.replace("severity: warning", "severity: bad"), "LVS998"),
        ("LVS998-toy.yaml", EXAMPLE.replace("since", "until"), "since"),
        ("LVS997-toy.yaml", EXAMPLE, "says that it is LVS998"),
        ("LVS99-toy.yaml", EXAMPLE, "CODE-slug"),
    ],
)
def test_broken_rules_are_told(directory: Path, name: str, text: str, message: str) -> None:
    (directory / name).write_text(text)
    with pytest.raises(RuleError, match=message):
        rules()


def test_a_check_cannot_be_claimed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_CHECKS", {})

    @registry.check("LVS998")
    def first(context: object):
        yield from ()

    with pytest.raises(RuleError, match="LVS998"):

        @registry.check("LVS998")
        def second(context: object):
            yield from ()
