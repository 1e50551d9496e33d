"""lint, fix and fmt from the command line, on a director of our own."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lvsconf import cli

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "samples" / "tesink"
RULES = (SAMPLE / "iptables.rules").read_text()
FIXED = RULES.replace("-m state --state NEW ", "")
LINE = RULES.splitlines().index("-A INPUT -p tcp -m state --state NEW -m tcp --dport 80 -j ACCEPT") + 1


class Stdin(io.StringIO):
    """Standard input with its bytes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.buffer = io.BytesIO(text.encode())


@pytest.fixture
def director(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A director whose state rule loses the client's FIN; the working directory holds it."""
    directory = tmp_path / "director"
    shutil.copytree(SAMPLE, directory, ignore=shutil.ignore_patterns("README.md", "packets.json", "expected*"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return directory


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def call(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", Stdin(stdin))
        code = cli.run(arguments)
        return code, *capsys.readouterr()

    return call


def codes(output: str) -> list[str]:
    return [finding["code"] for finding in json.loads(output)["findings"]]


def test_text(director: Path, run) -> None:
    code, out, err = run("lint", "director")
    assert code == 1
    assert "error[LVS301]: " in out
    assert f"--> director/iptables.rules:{LINE}:" in out
    assert out.splitlines()[-1].startswith("Found 1 error")
    assert err == ""


def test_json_and_determinism(director: Path, run) -> None:
    first, second = (run("lint", "director", "--format", "json")[1] for _ in range(2))
    assert first == second
    finding = json.loads(first)["findings"][0]
    assert (finding["code"], finding["file"], finding["line"]) == ("LVS301", "director/iptables.rules", LINE)
    assert finding["witness"]["packets"]


def test_concise(director: Path, run) -> None:
    out = run("lint", "director", "--format", "concise", "-q")[1]
    assert out.startswith(f"director/iptables.rules:{LINE}:")
    assert out.count("\n") == 1


def test_selection(director: Path, run) -> None:
    assert run("lint", "director", "--ignore", "LVS301")[0] == 0
    assert run("lint", "director", "--select", "lvs3,LVS4")[0] == 1
    assert run("lint", "director", "--select", "state-rule-loses-close")[0] == 1
    assert run("lint", "director", "--select", "LVS4")[0] == 0
    code, _, err = run("lint", "director", "--select", "LVS3O1")
    assert code == 2
    assert err.startswith("lvsconf: unknown rule 'LVS3O1'; did you mean 'LVS3")


def test_thresholds(director: Path, run) -> None:
    assert run("lint", "director", "--fail-on", "error")[0] == 1
    assert run("lint", "director", "--exit-zero")[0] == 0


def test_statistics(director: Path, run) -> None:
    _, out, _ = run("lint", "director", "--statistics")
    assert out.startswith("1  LVS301 state-rule-loses-close (1 fixable)\n")
    _, out, _ = run("lint", "director", "--statistics", "--format", "json")
    assert json.loads(out)["statistics"][0]["count"] == 1


def test_output_file(director: Path, run) -> None:
    code, out, _ = run("lint", "director", "--format", "json", "--output-file", "report.json", "--color", "always")
    assert (code, out) == (1, "")
    assert codes(Path("report.json").read_text()) == ["LVS301"]
    assert run("lint", "director", "--output-file", "no/such/directory")[0] == 2


def test_colour(director: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in run("lint", "director", "--color", "always")[1]
    assert "\x1b[" not in run("lint", "director")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("lint", "director")[1]
    assert "\x1b[" not in run("lint", "director", "--format", "json")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("lint", "director")[1]


def test_skipped_is_told(director: Path, run) -> None:
    (director / "ipvsadm.rules").unlink()
    _, out, _ = run("lint", "director")
    (skipped,) = (line for line in out.splitlines() if line.startswith("skipped: "))
    assert "LVS301" in skipped
    assert "(need ipvsadm-save)" in skipped
    assert "rules skipped: need" in out.splitlines()[-1]


def test_unreadable_is_2_even_with_exit_zero(director: Path, run) -> None:
    (director / "iptables.rules").write_text("this is no dump\nat all\n")
    code, _, err = run("lint", "director", "--exit-zero")
    assert code == 2
    assert err.startswith("lvsconf: director/iptables.rules:1:1: ")
    assert run("lint", "nowhere")[0] == 2


def test_stdin(director: Path, run) -> None:
    arguments = ("lint", "-", "--stdin-filename", "iptables.rules", "--service", "tcp:192.0.2.100:80=dr:10.0.0.2")
    code, out, _ = run(*arguments, "--format", "json", stdin=RULES)
    assert code == 1
    assert "LVS301" in codes(out)
    assert json.loads(out)["summary"]["files"] == 1


def test_bad_service(director: Path, run) -> None:
    code, _, err = run("lint", "director", "--service", "nonsense")
    assert code == 2
    assert "nonsense" in err
    assert "Traceback" not in err


def test_diff_only_prints(director: Path, run) -> None:
    code, out, _ = run("lint", "director", "--diff")
    assert code == 1
    assert out.startswith("--- a/director/iptables.rules\n+++ b/director/iptables.rules\n")
    assert (director / "iptables.rules").read_text() == RULES
    done = subprocess.run(["patch", "-p1", "-s"], input=out, text=True, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout
    assert (director / "iptables.rules").read_text() == FIXED
    assert run("lint", "director", "--diff") == (0, "", "")


def test_fix_writes_what_is_proven(director: Path, run) -> None:
    code, out, err = run("lint", "director", "--fix")
    assert code == 0
    assert err == "lvsconf: fixed 1 in director/iptables.rules\n"
    assert "Found nothing" in out
    assert (director / "iptables.rules").read_text() == FIXED
    assert run("lint", "director", "--fix")[2] == ""


def test_fix_follows_the_selection(director: Path, run) -> None:
    run("lint", "director", "--fix", "--ignore", "LVS3")
    assert (director / "iptables.rules").read_text() == RULES


def test_standard_input_is_never_written(director: Path, run) -> None:
    target = director / "iptables.rules"
    service = ("--service", "tcp:192.0.2.100:80=dr:10.0.0.2")
    code, _, err = run("lint", "-", "--stdin-filename", str(target), *service, "--fix", stdin=RULES)
    assert code == 2
    assert "cannot be written" in err
    assert target.read_text() == RULES


@pytest.mark.parametrize(("answers", "text"), [("y\n", FIXED), ("n\n", RULES), ("q\n", RULES), ("", RULES)])
def test_interactive_fix(director: Path, run, answers: str, text: str) -> None:
    code, out, _ = run("fix", "director", stdin=answers)
    assert code == 0
    assert "error[LVS301]" in out
    assert "+-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT" in out
    assert "Proven by linting again" in out
    assert (director / "iptables.rules").read_text() == text


UGLY = RULES.replace("-p tcp -m state", "-p TCP -m state")


def test_fmt(director: Path, run) -> None:
    file = director / "iptables.rules"
    file.write_text(UGLY)
    assert run("fmt", str(file)) == (0, RULES, "")
    assert run("fmt", "director/iptables.rules", "--check") == (1, "director/iptables.rules would change\n", "")
    code, out, _ = run("fmt", "director/iptables.rules", "--diff")
    assert code == 1
    assert out.startswith("--- a/director/iptables.rules\n")
    assert file.read_text() == UGLY
    assert run("fmt", "director/iptables.rules", "-i") == (0, "", "")
    assert file.read_text() == RULES
    assert run("fmt", "director/iptables.rules", "--check") == (0, "", "")
    assert run("fmt", "-", stdin=UGLY)[1] == RULES


def test_fmt_trouble(director: Path, run) -> None:
    (director / "iptables.rules").write_text("nonsense\n")
    assert run("fmt", "director/iptables.rules")[:2] == (2, "")
    assert run("fmt", "director")[0] == 2
    assert run("fmt", "nowhere")[0] == 2
    assert run("fmt", "-", "-i")[0] == 2
    assert run("fmt", "director/ipvsadm.rules", "--language", "iptable")[2].endswith("did you mean 'iptables'?\n")


def test_archives(director: Path, run) -> None:
    names = sorted(path.name for path in director.iterdir())
    subprocess.run(["tar", "-cf", "director.tar", "-C", "director", *names], check=True)
    _, out, _ = run("lint", "director.tar", "--format", "json")
    assert codes(out) == ["LVS301"]
    assert run("lint", "director.tar", "--fix")[0] == 2
