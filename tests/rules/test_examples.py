"""Every rule does what its own examples say."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvsconf.findings import Applicability
from lvsconf.fix.mend import mend
from lvsconf.lint.registry import Example, documentation, rules
from tests.rules.harness import asked, places, prepare, strip

BAD = [(rule, example) for rule in rules() for example in documentation(rule.code).bad]
GOOD = [(rule, example) for rule in rules() for example in documentation(rule.code).good]


def _id(value: object) -> str:
    return value.name if isinstance(value, Example) else getattr(value, "code", str(value))


@pytest.mark.parametrize(("rule", "example"), BAD, ids=_id)
def test_bad(rule, example, tmp_path: Path) -> None:
    prepared = prepare(example, rule.code, tmp_path)
    result = prepared.hosts.lint(asked(rule))
    wanted = sorted(mark for mark in prepared.marks if mark[0] == rule.code)
    assert wanted, "a bad example needs a marker or a place in `at`"
    assert places(result, rule.code, prepared.directory) == wanted
    assert not result.unreadable
    for finding in result.findings:
        if finding.code == rule.code:
            assert finding.slug == rule.slug
            assert finding.severity is rule.severity
            # A rule may be less certain of one finding than at its best, never more.
            assert (finding.certainty is rule.certainty) or rule.certainty.value == "proven"
            assert rule.fix is not None or finding.fix is None


@pytest.mark.parametrize(("rule", "example"), GOOD, ids=_id)
def test_good(rule, example, tmp_path: Path) -> None:
    prepared = prepare(example, rule.code, tmp_path)
    result = prepared.hosts.lint(asked(rule))
    assert places(result, rule.code, prepared.directory) == []
    # Only a stated role may be the reason that a rule is not asked; else the example shows nothing.
    assert "role" in example.options or rule.code not in {each.code for each in result.skipped}
    assert not result.unreadable


@pytest.mark.parametrize(("rule", "example"), [(rule, each) for rule, each in BAD if each.fixed], ids=_id)
def test_fixed(rule, example, tmp_path: Path) -> None:
    prepared = prepare(example, rule.code, tmp_path)
    result = prepared.hosts.lint(asked(rule))
    work = mend(
        result,
        prepared.hosts.rerun(),
        unsafe=rule.fix is Applicability.UNSAFE,
        wanted=lambda finding: finding.code == rule.code,
    )
    assert [each.objections for each in work.refused] == []
    made = {str(Path(file).relative_to(tmp_path)): source.text for file, source in work.changed.items()}
    wanted, _ = strip(example.fixed)
    assert made == wanted
    assert places(work.result, rule.code, tmp_path) == []
    again = mend(work.result, prepared.hosts.rerun(), unsafe=True, wanted=lambda finding: finding.code == rule.code)
    assert again.fixed == []
