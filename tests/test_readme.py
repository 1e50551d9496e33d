"""The README says what happens: its commands are run, its outputs compared, its JSON read."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from lvsconf.languages import statements
from lvsconf.languages.recognise import BY_NAME
from lvsconf.lint import registry
from lvsconf.packets.packet import parse_list
from lvsconf.source import Source
from tests.lab.kernels import image

TOP = Path(__file__).resolve().parents[1]
TEXT = (TOP / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
PROSE = re.sub(r"^```\w*\n.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
INDENTED = [line.strip() for line in re.findall(r"^ {4}\S.*$", PROSE, re.MULTILINE)]
JSON = [body for kind, body in BLOCKS if kind == "json"]


class Session(NamedTuple):
    """A command after `$ ` and the lines that follow it."""

    command: str
    output: str


def sessions() -> list[Session]:
    found = []
    for kind, body in BLOCKS:
        if kind == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                found.append(Session(command, output))
    return found


def run(command: str, stdin: str | None = None, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """An `lvsconf …` command in the checkout, with this interpreter and without a terminal."""
    program, *arguments = shlex.split(command)
    assert program == "lvsconf"
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(TOP), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-m", "lvsconf", *arguments],
        cwd=TOP,
        env=environment,
        input=stdin or "",
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
    )


@pytest.mark.parametrize("session", sessions(), ids=lambda session: session.command)
def test_a_console_block_prints_what_it_shows(session: Session) -> None:
    result = run(session.command)
    assert result.stdout == session.output
    # A block that shows findings or a difference ends with 1, a silent one and an answer with 0.
    answers = session.command.startswith("lvsconf ask ")
    assert result.returncode == (bool(session.output) and not answers)


def test_a_console_block_holds_commands_only() -> None:
    assert sessions()
    assert all(body.startswith("$ ") for kind, body in BLOCKS if kind == "console")
    assert {kind for kind, _ in BLOCKS} == {"console", "json", "toml"}


@pytest.mark.parametrize("body", [body for kind, body in BLOCKS if kind == "toml"])
def test_toml_blocks_are_statements(body: str) -> None:
    found, problems = statements.read(Source("lvsconf.toml", body))
    assert found
    assert not problems


@pytest.mark.parametrize("body", JSON)
def test_json_blocks_are_packets(body: str) -> None:
    assert parse_list(json.loads(body))


COMMANDS = [line for line in INDENTED if re.search(r"(^|\| *|/)lvsconf (?!lab )", line)]
BOOTING = [line for line in INDENTED if line.startswith("lvsconf lab ")]


@pytest.mark.parametrize("line", COMMANDS)
def test_an_indented_command_is_understood(line: str, tmp_path: Path) -> None:
    (tmp_path / "fin.json").write_text(JSON[0])
    command = "lvsconf " + re.split(r"(?:^|\| *|/)lvsconf ", line)[-1]
    dump = (TOP / "samples" / "tesink" / "iptables.rules").read_text()
    stdin = dump if line.startswith("iptables-save |") else None
    result = run(re.sub(r"\bfin\.json\b", str(tmp_path / "fin.json"), command), stdin)
    assert result.returncode in (0, 1), result.stderr
    assert result.stdout


@pytest.mark.oracle
def test_the_commands_of_the_lab_work(tmp_path: Path) -> None:
    image("6.1", f"{len(BOOTING)} commands of the README")
    (tmp_path / "fin.json").write_text(JSON[0])
    assert {line.split()[2] for line in BOOTING} == {"setup", "check", "run", "fuzz"}
    for line in BOOTING:
        command = re.sub(r"\bfin\.json\b", str(tmp_path / "fin.json"), line).replace("--count 50", "--count 2")
        result = run(command, timeout=900)
        assert result.returncode == 0, result.stderr
        assert result.stdout or "0 disagreements" in result.stderr


def test_the_packet_of_the_readme_is_lost(tmp_path: Path) -> None:
    (tmp_path / "fin.json").write_text(JSON[0])
    result = run(f"lvsconf trace samples/tesink --packets {tmp_path / 'fin.json'} --format json")
    (packet,) = json.loads(result.stdout)["packets"]
    assert [way["fate"] for way in packet["outcomes"]] == ["dropped"]


def test_every_path_named_exists() -> None:
    named = re.findall(r"\]\(([\w./-]+)\)|\b((?:samples|rules|tests)/[\w./-]*\w)", TEXT)
    paths = {first or re.sub(r":\d.*", "", second) for first, second in named}
    assert len(paths) > 4
    assert [path for path in sorted(paths) if not (TOP / path).exists()] == []


def test_every_code_named_exists() -> None:
    named = set(re.findall(r"\bLVS\d{3}\b", TEXT))
    assert named
    assert named <= set(registry.codes())


def test_every_command_named_exists() -> None:
    """What the table of commands names is what `--help` lists."""
    named = {word for row in re.findall(r"^\| (`lvsconf .*?) \|", TEXT, re.MULTILINE) for word in row.split("`")[1::2]}
    named = {line.split()[1] for line in named}
    assert len(named) > 5
    text = run("lvsconf --help").stdout
    assert [name for name in sorted(named) if not re.search(rf"\b{name}\b", text)] == []


def test_every_file_of_a_snapshot_in_the_table_is_known_by_name() -> None:
    table = TEXT[TEXT.index("| file | from |") :]
    cells = re.findall(r"^\| (`.+?) \|", table[: table.index("\n\n")], re.MULTILINE)
    named = [name for cell in cells for name in cell.split("`")[1::2]]
    assert len(named) > 5
    assert [name for name in named if name not in BY_NAME] == []


def test_the_targets_of_make_exist() -> None:
    named = set(re.findall(r"(?:^ {4}|`)make (\w+)", TEXT, re.MULTILINE))
    assert named >= {"demo", "test", "lab"}
    assert named <= set(re.findall(r"^([\w-]+):", (TOP / "Makefile").read_text(), re.MULTILINE))
