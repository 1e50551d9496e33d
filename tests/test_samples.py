"""Every sample says what it is known to say, and its witnesses replay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lvsconf.cli import application
from tests.golden import assert_golden

TOP = Path(__file__).resolve().parents[1]
SAMPLES = sorted(path.name for path in (TOP / "samples").iterdir() if (path / "iptables.rules").is_file())
GOOD = {"anastasov-ftp", "antefacto-conntrack"}


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(application(arguments[0]), list(arguments))
    return result.exit_code, result.stdout


@pytest.mark.parametrize("name", SAMPLES)
def test_expected(name: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.chdir(TOP)
    code, text = run("lint", f"samples/{name}")
    update = request.config.getoption("--update-golden")
    assert_golden(TOP / "samples" / f"{name}.expected.txt", text, update=update)
    assert code == (0 if name in GOOD else 1)


@pytest.mark.parametrize("name", SAMPLES)
def test_proofs(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each finding is proven, and its witness meets the fate it is said to meet when it is replayed."""
    monkeypatch.chdir(TOP)
    _, text = run("lint", f"samples/{name}", "--format", "json")
    findings = json.loads(text)["findings"]
    assert bool(findings) is (name not in GOOD)
    for finding in findings:
        assert finding["certainty"] == "proven"
        witness = finding["witness"]
        (tmp_path / "packets.json").write_text(json.dumps(witness["packets"]))
        _, replayed = run("trace", f"samples/{name}", "--packets", str(tmp_path / "packets.json"), "--format", "json")
        ways = json.loads(replayed)["packets"][witness["at"]]["outcomes"]
        assert witness["trace"] in [way["trace"] for way in ways]
        assert all(way["fate"] in ("dropped", "rejected") for way in ways)
