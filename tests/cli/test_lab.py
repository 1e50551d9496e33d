"""The lab's commands, as far as they go without booting."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lvsconf.cli import lab
from lvsconf.kernel.world import PacketResult
from lvsconf.lab import directors, replay
from lvsconf.lab.compare import Compared, compare, kept
from lvsconf.lab.directors import draw
from lvsconf.lab.image import Image, LabError
from lvsconf.packets.packet import parse_list
from lvsconf.report.check import WIDTH, write
from tests.kernel.builders import host_of
from tests.kernel.drawn import usual

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = Image("6.1.0-test", Path("/nowhere/vmlinuz"), Path("/nowhere/ramdisk"))


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "lvsconf", "lab", *arguments],
        capture_output=True, text=True, check=False, env=environment, **options,
    )  # fmt: skip


@pytest.fixture
def host(tmp_path: Path) -> Path:
    usual(5).write(tmp_path / "director")
    return tmp_path / "director"


EXTRA = "raw:OUTPUT:policy:1 IN= OUT=eth0 SRC=192.0.2.100 DST=198.51.100.7"


def answer(packets: list[dict[str, Any]], files: dict[str, str], change: str | None = None) -> dict[str, Any]:
    """What a lab would say in which everything is as the engine says, or one fate is another."""
    parsed = parse_list(packets)
    ways = [
        each.ways[0]
        for each in compare(host_of(files), packets, [{"fate": "", "trace": [], "egress": []}] * len(parsed))
    ]
    found = [{"fate": way.fate, "trace": list(way.trace), "egress": list(way.egress), "steps": []} for way in ways]
    if change is not None:
        found[0] |= {"fate": change, "trace": [*found[0]["trace"], EXTRA]}
    return {"version": 1, "packets": [{"outcomes": [{"when": None, **each}]} for each in found], "assumed": []}


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A lab that gives prepared answers."""
    answers: list[dict[str, Any]] = []
    monkeypatch.setattr(lab, "_image", lambda *_: NOWHERE)
    monkeypatch.setattr(replay, "replay", lambda scenarios, *_, **__: answers[: len(scenarios)])
    return answers


def test_check_that_agrees(host: Path, kernel: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    made = usual(5)
    kernel.append(answer(made.packets, made.files))
    assert lab.check([str(host)], host / "packets.json") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"{len(made.packets)} packets on 6.1.0-test, all agree"
    assert sum(line.startswith("  agree: ") for line in lines) == len(made.packets)


def test_check_that_differs(host: Path, kernel: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    made = usual(5)
    kernel.append(answer(made.packets, made.files, "queued"))
    assert lab.check([str(host)], host / "packets.json", layout="json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["summary"] == {"packets": len(made.packets), "unknown": 0, "disagree": 1}
    assert [each["agrees"] for each in told["packets"]] == [False] + [True] * (len(made.packets) - 1)
    assert told["packets"][0]["kernel"]["fate"] == "queued"
    assert lab.check([str(host)], host / "packets.json") == 1
    out = capsys.readouterr().out
    assert "differ: queued by the kernel, " in out
    assert all(len(line) <= WIDTH for line in out.splitlines())


def test_run_prints_what_trace_prints(
    host: Path, kernel: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    made = usual(5)
    kernel.append(answer(made.packets, made.files) | {"notes": ["a note"]})
    assert lab.run([str(host)], host / "packets.json") == 0
    found = capsys.readouterr()
    assert set(json.loads(found.out)) == {"version", "packets", "assumed"}
    assert found.err == "lab: a note\n"


def test_what_could_not_be_loaded_is_trouble(
    host: Path, kernel: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    made = usual(5)
    refused = [{"text": "the kernel has no net.ipv4.ip_forwrd", "file": "sysctl.conf", "line": 3}]
    kernel.append(answer(made.packets, made.files) | {"refused": refused})
    assert lab.run([str(host)], host / "packets.json") == 2
    assert f"{host}/sysctl.conf:3: the kernel has no net.ipv4.ip_forwrd" in capsys.readouterr().err
    kernel[0]["refused"] = [{"text": "the kernel has no net.ipv4.vs.run_estimation", "file": "sysctl.conf", "line": 3}]
    assert lab.run([str(host)], host / "packets.json") == 0
    assert "other kernels have it" in capsys.readouterr().err


def test_what_the_tools_refuse_names_the_file_as_the_user_does(host: Path, kernel: list[dict[str, Any]]) -> None:
    kernel.append({"version": 1, "error": {"text": "no chain", "file": "iptables.rules", "line": 7}})
    with pytest.raises(lab.CommandError, match=f"{host}/iptables.rules:7: no chain"):
        lab.check([str(host)], host / "packets.json")


def test_a_lab_that_can_not_run(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Image:
        raise LabError("qemu is not there")

    monkeypatch.setattr(lab, "_image", fails)
    with pytest.raises(lab.CommandError, match="qemu is not there"):
        lab.run([str(host)], host / "packets.json")


def test_single_files_of_other_names(host: Path, kernel: list[dict[str, Any]]) -> None:
    made = usual(5)
    kernel.append(answer(made.packets, made.files))
    names = {"iptables.rules": "dump", "ipvsadm.rules": "table", "ip-address.json": "a", "ip-route.json": "r"}
    for name, other in names.items():
        (host / name).rename(host / other)
    files = [str(path) for path in sorted(host.iterdir()) if path.name != "packets.json"]
    given = lab._Given(files, host / "packets.json", None, None, None, None)
    assert set(given.scenario.files) == {*names, "sysctl.conf"} | ({"sockets"} & set(given.scenario.files))
    assert given.scenario.files["iptables.rules"] == made.files["iptables.rules"]


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        ({"packets.json": "[{"}, [], "packets.json:1:"),
        ({"packets.json": "[{}]"}, [], "packet 0"),
        ({"packets.json": '[{"in": "eth9", "src": "192.0.2.1", "dst": "192.0.2.2", "proto": 6}]'}, [], "no eth9"),
        ({"ip-address.json": "[{"}, [], "ip-address.json:1:"),
        ({"ip-address.json": None}, [], "ip -j address"),
        ({"iptables.rules": "-P INPUT DROP\n-A INPUT -j ACCEPT\n"}, [], "iptables-save"),
        ({}, ["--service", "tcp:192.0.2.100:80=dr:10.0.0.2"], "a real kernel knows only what its files load"),
        ({}, ["--kernel", "/nowhere/vmlinuz"], "/nowhere/vmlinuz: there is no such file"),
    ],
)
def test_bad_input_is_2(host: Path, change: dict[str, str | None], arguments: list[str], words: str) -> None:
    for name, text in change.items():
        (host / name).unlink()
        if text is not None:
            (host / name).write_text(text)
    for command in ("run", "check"):
        done = run(command, str(host), "--packets", str(host / "packets.json"), *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", ".", "--packets", "x", "--format", "jsn"], "did you mean 'json'"),
        (["fuzz", "--feature", "stray"], "did you mean 'strays'"),
        (["fuzz", "--count", "0"], "--count"),
        (["nonsense"], "nonsense"),
    ],
)
def test_bad_usage_is_2(arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


@pytest.mark.parametrize("name", lab.COMMANDS)
def test_every_command_has_help(name: str) -> None:
    done = run(name, "--help", env={"COLUMNS": "80"})
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: lvsconf lab {name} ")


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lvsconf.lab", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert all(f"\n  {name} " in done.stdout for name in lab.COMMANDS)


def test_a_comparison_fits_in_80_columns() -> None:
    """Whatever the engine says of a packet beside what the kernel did with another one."""
    out = io.StringIO()
    for seed in range(20):
        made = draw(seed, directors.names())
        blank = {"fate": "dropped", "trace": [], "egress": []}
        mine = compare(host_of(made.files), made.packets, [blank] * len(made.packets))
        reals = [_as_real(each.ways[0]) for each in mine]
        shifted = [Compared(each.ways, real) for each, real in zip(mine, [*reals[1:], reals[0]], strict=True)]
        write("text", "6.1.0", parse_list(made.packets), shifted, out)
    lines = out.getvalue().splitlines()
    assert len(lines) > 500
    assert [line for line in lines if len(line) > WIDTH] == []


def _as_real(way: PacketResult) -> dict[str, Any]:
    return kept({"fate": way.fate, "trace": way.trace, "egress": way.egress})
