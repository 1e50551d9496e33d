from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from lvsconf.cli.collect import SCRIPT
from lvsconf.cli.collect import command as collect

TOOLS = {
    "iptables-save": 'case $1 in -V) echo "iptables-save v1.8.9 (legacy)";; *) echo "*filter"; '
    'echo "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them" >&2; '
    "echo 'something else' >&2;; esac",
    "ip6tables-save": 'case $1 in -V) echo "ip6tables-save v1.8.9 (nf_tables)";; *) echo "must not run"; exit 0;; esac',
    "ipvsadm-save": 'echo "-A -f 1 -s wrr"',
    "ipvsadm": 'echo "$*"',
    "ipset": "echo 'create s hash:ip'",
    "sysctl": "echo 'net.ipv4.ip_forward = 1'; echo 'net.ipv4.tcp_fastopen_key = 0123'; "
    "echo 'net.ipv6.conf.eth0.stable_secret = fe80::1'; echo 'kernel.hostname = x'; exit 255",
    "ip": "echo '[]'",
    "ss": "exit 3",
}


@pytest.fixture
def host(tmp_path: Path) -> dict[str, str]:
    """The environment of a host with stubs for tools: ip_vs and ip_set loaded, nf_tables not."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, body in TOOLS.items():
        (tools / name).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name).chmod(0o755)
    for tool in ["sh", "awk", "cat", "cp", "grep", "head", "ls", "mkdir", "mktemp", "mv", "rm", "sed", "tar", "uname"]:
        path = next(Path(each, tool) for each in ("/usr/bin", "/bin") if Path(each, tool).exists())
        (tools / tool).symlink_to(path)
    proc = tmp_path / "proc"
    (proc / "net").mkdir(parents=True)
    (proc / "net" / "dev").touch()
    (proc / "net" / "ip_vs").touch()
    (proc / "modules").write_text("ip_vs 1 0 - Live 0x0\nip_set 1 0 - Live 0x0\n")
    modules = tmp_path / "modules" / os.uname().release
    modules.mkdir(parents=True)
    (modules / "modules.builtin").write_text("kernel/net/other.ko\n")
    etc = tmp_path / "etc" / "keepalived"
    etc.mkdir(parents=True)
    (etc / "keepalived.conf").write_text(
        "$PASS=hunter2\n$LONG = hun\\\n  ter3\n$OTHER=kept\n"
        "vrrp_instance A {\n  authentication {\n    auth_pass $PASS\n    auth_pass ${LONG}\n"
        "    auth_pass two words\n  }\n  authentication { auth_pass abc }\n  # auth_pass old\n  state MASTER\n}\n"
    )
    (tmp_path / "work").mkdir()
    return {
        "PATH": str(tools),
        "LVSCONF_PROC": str(proc),
        "LVSCONF_ETC": str(tmp_path / "etc"),
        "LVSCONF_MODULES": str(tmp_path / "modules"),
        "TMPDIR": str(tmp_path / "work"),
    }


def run(host: dict[str, str], *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    # The script adds the sbin directories itself; a root of its own is what keeps the real tools out.
    script = SCRIPT.read_text().replace("PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin", "")
    return subprocess.run(
        [f"{host['PATH']}/sh", "-s", "--", *arguments],
        input=script, text=True, capture_output=True, env=host, cwd=cwd, check=False,
    )  # fmt: skip


def test_snapshot(host: dict[str, str], tmp_path: Path) -> None:
    done = run(host, "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    files = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert sorted(files) == [
        "ip-address.json", "ip-route.json", "ip-rule.json", "ip6tables.rules", "ipset.rules", "iptables.rules",
        "ipvsadm-daemon", "ipvsadm-thresholds", "ipvsadm-timeout", "ipvsadm.rules", "keepalived.conf", "sysctl.conf",
        "uname",
    ]  # fmt: skip
    assert files["iptables.rules"] == (
        "*filter\n# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n"
    )
    assert files["ip6tables.rules"] == ""
    assert files["sysctl.conf"] == "net.ipv4.ip_forward = 1\n"
    assert files["ipvsadm-timeout"] == "-Ln --timeout\n"
    assert "collect: sockets is left out: ss -Hlntu failed" in done.stderr
    assert "collect: modules is left out: lsmod is not installed" in done.stderr
    assert "ip6tables.rules is empty: the kernel has not loaded nf_tables" in done.stderr
    assert list((tmp_path / "work").iterdir()) == []


def test_passwords_are_replaced(host: dict[str, str], tmp_path: Path) -> None:
    run(host, "out", cwd=tmp_path)
    assert (tmp_path / "out" / "keepalived.conf").read_text() == (
        "$PASS=REDACTED\n$LONG = REDACTED\nREDACTED\n$OTHER=kept\n"
        "vrrp_instance A {\n  authentication {\n    auth_pass REDACTED\n    auth_pass REDACTED\n"
        "    auth_pass REDACTED\n  }\n  authentication { auth_pass REDACTED }\n  # auth_pass REDACTED\n"
        "  state MASTER\n}\n"
    )


def test_tar_is_the_directory(host: dict[str, str], tmp_path: Path) -> None:
    run(host, "out", cwd=tmp_path)
    assert run(host, "out.tar", cwd=tmp_path).returncode == 0
    with tarfile.open(tmp_path / "out.tar") as archive:
        assert sorted(archive.getnames()) == sorted(path.name for path in (tmp_path / "out").iterdir())
    assert run(host, cwd=tmp_path).returncode == 0
    assert (tmp_path / f"{os.uname().nodename}.tar").is_file()


def test_what_is_not_known_is_left_out(host: dict[str, str], tmp_path: Path) -> None:
    builtin = tmp_path / "modules" / os.uname().release / "modules.builtin"
    builtin.unlink()
    (tmp_path / "proc" / "net" / "ip_vs").unlink()
    done = run(host, "out", cwd=tmp_path)
    assert not (tmp_path / "out" / "ip6tables.rules").exists()
    assert (tmp_path / "out" / "ipvsadm.rules").read_text() == ""
    assert "cannot be told" in done.stderr


def test_an_older_snapshot_is_not_mixed_with_a_new_one(host: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sockets").touch()
    done = run(host, "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "not empty" in done.stderr


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert collect(script=True) == 0
    assert capsys.readouterr().out == SCRIPT.read_text()
    assert collect(output=str(tmp_path / "out")) == 0
    assert (tmp_path / "out" / "uname").read_text().strip() == os.uname().release
    assert collect(output=str(tmp_path / "out")) == 2


@pytest.mark.oracle
def test_shellcheck(tool) -> None:
    subprocess.run([tool("shellcheck"), str(SCRIPT)], check=True)


@pytest.mark.oracle
@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_shells_take_it(tool, shell: str) -> None:
    path = tool(shell)
    subprocess.run([path, *(["sh"] if shell == "busybox" else []), "-n", str(SCRIPT)], check=True)
