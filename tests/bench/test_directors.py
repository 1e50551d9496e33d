"""The director that the benchmark lints is one that the tools take, with the faults that it is said to have."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lvsconf import snapshot
from lvsconf.lint.runner import lint
from tests.bench.directors import director

RULES = 4_000
FILES = director(RULES)


def test_it_has_so_many_rules() -> None:
    assert sum(line.startswith("-A ") for line in FILES["iptables.rules"].splitlines()) == RULES
    assert director(RULES) == FILES


def test_its_faults_are_found_and_nothing_is_unreadable(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    groups, unreadable = snapshot.gather([str(tmp_path)])
    found = lint([snapshot.assemble(group) for group in groups], unreadable=unreadable)
    assert not found.unreadable
    assert not found.skipped
    codes = {finding.code for finding in found.findings}
    assert codes == {"LVS101", "LVS302", "LVS303", "LVS306", "LVS307", "LVS310", "LVS311", "LVS312", "LVS313"}


@pytest.mark.oracle
def test_the_tools_save_it_so(tool, tmp_path: Path) -> None:
    for name in ("iptables.rules", "ipset.rules"):
        (tmp_path / name).write_text(FILES[name])
    script = (
        f"{tool('ipset')} restore < ipset.rules && {tool('iptables-legacy-restore')} iptables.rules"
        f" && {tool('iptables-legacy-save')}"
    )
    run = subprocess.run(
        [tool("unshare"), "-n", "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    if "not permitted" in run.stderr or "denied" in run.stderr:
        pytest.skip("no new network namespace is allowed here")
    if "No such file" in run.stderr or "doesn't exist" in run.stderr:
        pytest.skip("this kernel lacks a match or target")
    saved = [line for line in run.stdout.splitlines() if line.startswith("-A")]
    assert sorted(saved) == sorted(line for line in FILES["iptables.rules"].splitlines() if line.startswith("-A"))
