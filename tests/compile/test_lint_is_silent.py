"""What is built has nothing that lint finds wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lvsconf.cli import application
from lvsconf.compile.output import write
from tests.compile.example import CLUSTERS, DR, built


def lint(*paths: Path) -> dict:
    done = CliRunner().invoke(application("lint"), ["lint", "--format", "json", *map(str, paths)])
    assert done.exit_code in (0, 1), done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CLUSTERS)
def test_silent(name: str, tmp_path: Path) -> None:
    write(tmp_path, built(CLUSTERS[name]).files)
    for host in sorted(path for path in tmp_path.iterdir() if path.is_dir()):
        # Where the policy is ACCEPT, rules that accept change nothing, and are told to (as an info): they stay for the
        # day when the policy is another one.
        findings = [found for found in lint(host)["findings"] if found["code"] != "LVS205"]
        assert [f"{found['code']} {found['message']}" for found in findings] == [], host.name


def test_and_speaks_when_it_is_broken(tmp_path: Path) -> None:
    """The near miss that shows that silence means something."""
    files = dict(built(DR).files)
    rules = files["lb1/iptables.rules"]
    accept = "--dport 80 -j ACCEPT"
    assert accept in rules
    files["lb1/iptables.rules"] = rules.replace(accept, "--dport 80 -m conntrack --ctstate NEW -j ACCEPT")
    write(tmp_path, files)
    assert lint(tmp_path / "lb1")["findings"]
