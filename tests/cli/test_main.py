from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lvsconf import cli
from lvsconf.__main__ import __version__
from lvsconf.report import formats

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "lvsconf", *arguments],
        capture_output=True, text=True, check=False, env=environment, **options,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [["--version"], ["--version", "lint"]])
def test_version(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"lvsconf {__version__}\n", "")


def test_help_names_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0, done.stderr
    for name in cli.names():
        assert f"\n  {name} " in done.stdout
    assert {"collect", "explain", "fix", "fmt", "lint", "rules"} <= set(cli.names())


@pytest.mark.parametrize("name", cli.names())
def test_every_command_has_help(name: str) -> None:
    done = run(name, "--help", env={"COLUMNS": "100"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: lvsconf {name} ")
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lnt"], "lint"),
        (["lint"], "PATH"),
        (["lint", "--formt", "json", "."], "--format"),
        (["lint", "--format", "jsn", "."], "did you mean 'json'"),
        (["lint", "--select", "XYZ", "."], "unknown rule 'XYZ'"),
        (["lint", "--unsafe-fixes", "."], "--fix"),
        (["lint", "--stdin-filename", "x", "."], "standard input"),
        (["lint", "--fail-on", "never", "."], "never"),
        (["explain", "nothing-like-it"], "unknown subject"),
        (["rules", "--format", "txt"], "did you mean 'text'"),
    ],
)
def test_bad_usage_is_2(arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_lint_help_names_every_format() -> None:
    text = run("lint", "--help").stdout
    assert all(name in text for name in formats())
    assert "there are concise, json, text" in run("lint", "--format", "xxxxxxxx", ".").stderr


def test_no_arguments_is_help() -> None:
    done = run()
    assert "Usage: lvsconf" in done.stdout + done.stderr


def test_rules_json() -> None:
    done = run("rules", "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["version"] == 1


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    done = subprocess.run(
        f"{sys.executable} -m lvsconf collect --script | head -c 1; exit ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode in (0, 141)


def test_broken_pipe() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "lvsconf", "collect", "--script"],
        cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_interrupt_is_130(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lvsconf", "lint", "-"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    # More than a pipe holds: when it is written, the command is reading.
    assert process.stdin is not None
    process.stdin.write("# comment\n" * 50_000)
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_a_fault_of_ours_is_not_a_finding(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import lvsconf.cli.rules as module

    def broken() -> int:
        """Break."""
        raise RuntimeError("broken")

    monkeypatch.setattr(module, "command", broken)
    assert cli.run(["rules"]) == 2
    assert "fault in lvsconf" in capsys.readouterr().err


def test_output_does_not_depend_on_the_locale() -> None:
    outputs = {run("rules", env={"LC_ALL": value, "PYTHONUTF8": "0"}).stdout for value in ("C", "C.UTF-8", "POSIX")}
    assert len(outputs) == 1
