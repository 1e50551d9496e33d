"""Every module by the lines of its `.t` file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lvsconf.extensions import registry
from lvsconf.extensions.meaning import rule_meaning
from lvsconf.languages import iptables
from lvsconf.languages.iptables.format import format_source
from lvsconf.packets.one import answer
from lvsconf.source import Source
from tests.extensions.cases import FOLDER, Case, cases

CASES = cases()
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_every_module_has_its_lines():
    for kind, names in (("matches", registry.match_names()), ("targets", registry.target_names())):
        assert {path.stem for path in (FOLDER / kind).glob("*.t")} == names


@each_case
def test_read_and_print(case: Case):
    source = Source("rules", case.text)
    ruleset, problems = iptables.read(source, case.family)
    if case.printed is None:
        assert problems, "should be refused"
        assert all(problem.span.line == 2 for problem in problems)
        return
    assert not problems
    assert format_source(source, case.family).split("\n")[1] == f"-A {case.chain} {case.printed}"
    again = Source("rules", format_source(source, case.family))
    assert format_source(again, case.family) == again.text
    rules = ruleset.tables[case.table].chains[case.chain].rules
    assert len(rules) == 1
    pred, _ = rule_meaning(rules[0], case.family)
    for values, expected in case.packets:
        assert answer(pred, values) is expected, pred


def _save(case: Case, folder: Path, tool) -> list[str] | None:
    command = "iptables-legacy" if case.family == 4 else "ip6tables-legacy"
    path = folder / "rules"
    path.write_text(case.text)
    script = f'{tool(command + "-restore")} "$0" && {tool(command + "-save")} -t {case.table}'
    run = subprocess.run([tool("unshare"), "-n", "sh", "-c", script, path], capture_output=True, text=True)
    if "Operation not permitted" in run.stderr or "Permission denied" in run.stderr:
        pytest.skip("no new network namespace is allowed here")
    return [line for line in run.stdout.split("\n") if line.startswith("-A")] if run.returncode == 0 else None


@pytest.mark.oracle
@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.remarks & {"newer", "noload"}], ids=lambda c: c.name
)
def test_as_iptables_prints(case: Case, tmp_path, tool):
    saved = _save(case, tmp_path, tool)
    assert saved == (None if case.printed is None else [f"-A {case.chain} {case.printed}"])
