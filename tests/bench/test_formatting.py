"""The dump that the benchmark formats is one that iptables takes and prints so."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lvsconf.languages import iptables
from lvsconf.languages.iptables.format import format_source
from lvsconf.source import Source
from tests.bench.dumps import dump

TEXT = "".join(f"{line}\n" for line in dump(500))


def test_it_prints_as_it_stands() -> None:
    source = Source("f", TEXT)
    assert format_source(source, 4) == TEXT
    assert iptables.read(source, 4)[1] == ()


@pytest.mark.oracle
def test_iptables_saves_it_so(tool, tmp_path: Path) -> None:
    path = tmp_path / "rules"
    path.write_text(TEXT)
    script = f'{tool("iptables-legacy-restore")} "$0" && {tool("iptables-legacy-save")}'
    run = subprocess.run([tool("unshare"), "-n", "sh", "-c", script, path], capture_output=True, text=True, check=False)
    if "not permitted" in run.stderr or "denied" in run.stderr:
        pytest.skip("no new network namespace is allowed here")
    saved = [line for line in run.stdout.splitlines() if line.startswith("-A")]
    assert sorted(saved) == sorted(line for line in TEXT.splitlines() if line.startswith("-A"))
