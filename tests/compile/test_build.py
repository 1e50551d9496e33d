"""The whole: samples with their committed output, and the command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lvsconf.cli import application
from lvsconf.compile.output import write
from tests.compile.example import DR, SAMPLES, built, changed, file

NAMES = sorted(path.stem for path in SAMPLES.glob("*.cluster"))


def run(*arguments: object, stdin: str | None = None):
    return CliRunner().invoke(application("build"), ["build", *map(str, arguments)], input=stdin)


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_up_to_date(name: str, request: pytest.FixtureRequest) -> None:
    source = SAMPLES / f"{name}.cluster"
    if request.config.getoption("--update-golden"):
        write(SAMPLES / name, built(source.read_text(encoding="utf-8")).files)
    done = run(source, "-o", SAMPLES / name, "--check")
    assert (done.stdout, done.stderr, done.exit_code) == ("", "", 0)


def test_there_are_samples() -> None:
    assert len(NAMES) >= 2


def test_a_snapshot_for_each_host() -> None:
    snapshot = {"iptables.rules", "ipvsadm.rules", "sysctl.conf", "ip-address.json", "ip-route.json", "ip-rule.json"}
    by_host: dict[str, set[str]] = {}
    for path in built(DR).files:
        host, name = path.split("/")
        by_host.setdefault(host, set()).add(name)
    assert by_host == {"lb1": snapshot | {"director.sh"}, "web1": snapshot | {"realserver.sh"}}


def test_the_same_every_time() -> None:
    assert built(DR).files == built(DR).files
    assert list(built(DR).files) == sorted(built(DR).files)


def test_the_virtual_address_is_where_the_method_wants_it() -> None:
    def addresses(path: str) -> dict[str, list[str]]:
        return {
            device["ifname"]: [f"{found['local']}/{found['prefixlen']}" for found in device["addr_info"]]
            for device in json.loads((SAMPLES / path / "ip-address.json").read_text(encoding="utf-8"))
        }

    vip = "198.51.100.81/32"
    assert vip in addresses("mixed/lb1")["eth0"]
    assert addresses("mixed/far1") == {"lo": ["127.0.0.1/8"], "ens3": ["10.9.1.5/24"], "tunl0": [vip]}
    assert addresses("mixed/ns1") == {"lo": ["127.0.0.1/8", "198.51.100.53/32"], "eth0": ["10.0.0.21/24"]}
    assert addresses("mixed/app1") == {"lo": ["127.0.0.1/8"], "eth0": ["10.0.0.11/24"]}


def test_routes() -> None:
    def routes(path: str) -> list[str]:
        found = json.loads((SAMPLES / path / "ip-route.json").read_text(encoding="utf-8"))
        return [f"{route['dst']} via {route['gateway']}" for route in found if "gateway" in route]

    assert routes("mixed/lb1") == ["default via 198.51.100.1", "10.9.0.0/16 via 10.0.0.254"]
    assert routes("mixed/app1") == ["default via 10.0.0.1"]
    assert routes("mixed/far1") == ["default via 10.9.1.1"]


def test_a_virtual_address_that_is_routed_to_the_director() -> None:
    text = changed(DR, "192.0.2.100", "203.0.113.7")
    (eth0,) = (found for found in json.loads(file(text, "lb1/ip-address.json")) if found["ifname"] == "eth0")
    assert [found["local"] for found in eth0["addr_info"]] == ["192.0.2.2", "203.0.113.7"]


def test_modules_come_before_the_sysctls_that_need_them() -> None:
    script = file(changed(DR, "tcp 80", "tcp 80; scheduler sed"), "lb1/director.sh")
    assert [line.split()[1] for line in script.splitlines() if line.startswith("    modprobe")] == [
        "nf_conntrack",
        "ip_vs",
        "ip_vs_sed",
    ]


# ---- the command ------------------------------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    path = tmp_path / "web.cluster"
    path.write_text(DR, encoding="utf-8")
    return path


def test_build_then_check(cluster: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(cluster, "-o", out).exit_code == 0
    assert run(cluster, "-o", out, "--check").exit_code == 0
    rules = out / "lb1" / "iptables.rules"
    rules.write_text(rules.read_text(encoding="utf-8") + "# by hand\n", encoding="utf-8")
    done = run(cluster, "--output", out, "--check")
    assert (done.exit_code, done.stdout) == (1, f"differs: {rules}\n")
    assert "by hand" in rules.read_text(encoding="utf-8")
    assert run(cluster, "-o", out).exit_code == 0
    assert "by hand" not in rules.read_text(encoding="utf-8")


def test_check_writes_nothing(cluster: Path, tmp_path: Path) -> None:
    done = run(cluster, "-o", tmp_path / "out", "--check")
    assert done.exit_code == 1
    assert f"missing: {tmp_path}/out/lb1/director.sh\n" in done.stdout
    assert not (tmp_path / "out").exists()


def test_standard_input(tmp_path: Path) -> None:
    assert run("-", "-o", tmp_path, stdin=DR).exit_code == 0
    assert (tmp_path / "lb1" / "director.sh").is_file()


@pytest.mark.parametrize("check", [[], ["--check"]])
def test_refused(cluster: Path, tmp_path: Path, check: list[str]) -> None:
    cluster.write_text(changed(DR, "method dr", "method drr"), encoding="utf-8")
    done = run(cluster, "-o", tmp_path / "out", *check)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: unexpected `drr`: expected `dr`, `nat` or `tun`",
        f"  --> {cluster}:10:50",
        "   |",
        "10 |   service http { vip 192.0.2.100; tcp 80; method drr; to web1 }",
        "   |                                                  ^^^",
        "   = help: did you mean `dr`?",
        "",
        f"{cluster}: refused, 1 problem; nothing was written",
    ]
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_read(tmp_path: Path) -> None:
    assert run(tmp_path / "nowhere", "-o", tmp_path / "out").exit_code == 2
    latin = tmp_path / "latin.cluster"
    latin.write_bytes(b"cluster web {\n  # caf\xe9\n}\n")
    done = run(latin, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert f"{latin}:2:8: this is not UTF-8" in done.stderr
    assert run(tmp_path, "-o", tmp_path / "out").exit_code == 2
    assert run("x").exit_code == 2


def test_an_output_that_cannot_be_used(cluster: Path) -> None:
    done = run(cluster, "-o", cluster)
    assert done.exit_code == 2
    assert "is not a directory" in done.stderr


def test_help_needs_no_compiler() -> None:
    code = "import sys, lvsconf.cli.build; print(sorted({'jinja2', 'lark'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
