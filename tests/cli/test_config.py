"""Which `lvsconf.toml` counts for which host."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from pathlib import Path

import pytest

from lvsconf import cli
from lvsconf.cli.support.config import with_statements
from lvsconf.cli.support.errors import CommandError
from lvsconf.cli.support.hosts import read
from tests.cli.test_lint import SAMPLE, Stdin

RULES = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n"


def stating(port: int, host: str = "") -> str:
    return f'[[must-not-reach]]\nto = "tcp:192.0.2.100:{port}"\n' + (f'host = "{host}"\n' if host else "")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two hosts of a repository that has statements; the working directory is the repository."""
    root = tmp_path / "site"
    for name in ("one", "two"):
        (root / "hosts" / name).mkdir(parents=True)
        (root / "hosts" / name / "iptables.rules").write_text(RULES)
    (root / ".git").mkdir()
    (root / "lvsconf.toml").write_text(stating(1))
    (tmp_path / "lvsconf.toml").write_text(stating(99))
    monkeypatch.chdir(root)
    return root


def ports(*paths: str, config: str | None = None, no_config: bool = False) -> list[list[int | None]]:
    """The ports that are stated for each host."""
    hosts = with_statements(read(paths), config, no_config=no_config)
    return [[each.port for each in made.host.statements] for made in hosts.inputs()]


def test_the_nearest_counts(site: Path):
    assert ports("hosts") == [[1], [1]]
    assert ports(str(site / "hosts")) == [[1], [1]]
    (site / "hosts" / "lvsconf.toml").write_text(stating(2))
    assert ports("hosts") == [[2], [2]]
    (site / "hosts" / "one" / "lvsconf.toml").write_text(stating(3))
    assert ports("hosts") == [[3], [2]]
    assert ports("hosts/one/iptables.rules") == [[3]]
    (site / "hosts" / "two" / ".lvsconf.toml").write_text(stating(4))
    assert ports("hosts") == [[3], [4]]


def test_the_repository_ends_the_search(site: Path):
    (site / "lvsconf.toml").unlink()
    assert ports("hosts") == [[], []]
    (site / ".git").rmdir()
    assert ports("hosts") == [[99], [99]]


def test_a_dotted_path_leads_up_the_real_tree(site: Path, monkeypatch: pytest.MonkeyPatch):
    (site / "hosts" / "two" / "lvsconf.toml").write_text(stating(5))
    monkeypatch.chdir(site / "hosts" / "two")
    assert ports("../one") == [[1]]
    assert ports(".") == [[5]]


def test_one_is_named(site: Path):
    (site / "hosts" / "one" / "lvsconf.toml").write_text(stating(3))
    (site / "policy").write_text(stating(7))
    assert ports("hosts", config="policy") == [[7], [7]]
    assert ports("hosts", config="hosts/one/lvsconf.toml") == [[3], [3]]
    assert ports("hosts", no_config=True) == [[], []]
    # A file that is named as a part of the host is one of its own.
    assert ports("hosts/two/iptables.rules", "policy") == [[7]]
    for wrong in ("nowhere", "hosts"):
        with pytest.raises(CommandError, match=wrong):
            ports("hosts", config=wrong)
    with pytest.raises(CommandError, match="exclude"):
        ports("hosts", config="policy", no_config=True)


def test_standard_input_looks_up_from_here(site: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", Stdin(RULES))
    hosts = with_statements(read(["-"], language="iptables"), None, no_config=False)
    (made,) = hosts.inputs()
    assert [each.port for each in made.host.statements] == [1]
    assert set(made.host.rules) == {4}


def test_statements_about_one_host(site: Path):
    (site / "lvsconf.toml").write_text(stating(1, "one") + stating(2, "hosts/two") + stating(3) + stating(4, "twoo"))
    hosts = with_statements(read(["hosts"]), None, no_config=False)
    one, two = hosts.inputs()
    assert [each.port for each in one.host.statements] == [1, 3]
    assert [each.port for each in two.host.statements] == [2, 3]
    assert hosts.lint(select=["LVS0"]).ignored == (
        "lvsconf.toml:9: no host here is called `twoo`; did you mean `two`?",
    )


def test_an_archive(site: Path):
    with tarfile.open("site.tar", "w") as archive:
        for name, text in (
            ("lvsconf.toml", stating(6)),
            ("one/iptables.rules", RULES),
            ("two/iptables.rules", RULES),
            ("two/lvsconf.toml", stating(8)),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    assert ports("site.tar") == [[6], [8]]


def test_statements_alone_are_no_host(site: Path, capsys: pytest.CaptureFixture[str]):
    (site / "alone").mkdir()
    (site / "alone" / "lvsconf.toml").write_text(stating(1))
    assert cli.run(("lint", "alone")) == 2
    assert "nothing here says anything about a host" in capsys.readouterr().err


def test_a_fault_is_told_once(site: Path, capsys: pytest.CaptureFixture[str]):
    (site / "lvsconf.toml").write_text("[[must-reach]]\n" + stating(1))
    assert cli.run(("lint", "hosts", "--format", "json")) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["code"], finding["file"], finding["line"]) == ("LVS002", "lvsconf.toml", 1)
    assert cli.run(("lint", "hosts", "--no-config")) == 0
    capsys.readouterr()
    (site / "lvsconf.toml").write_bytes(b"\0\1\2\3")
    assert cli.run(("lint", "hosts")) == 2
    assert capsys.readouterr().err == "lvsconf: lvsconf.toml:1:1: this is not text\n"


def test_fixes_leave_it_alone(site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    for name in ("iptables.rules", "ipvsadm.rules", "sysctl.conf", "ip-address.json", "ip-route.json"):
        if (SAMPLE / name).exists():
            (site / "hosts" / "one" / name).write_bytes((SAMPLE / name).read_bytes())
    assert cli.run(("lint", "hosts/one", "--fix")) == 0
    assert (site / "lvsconf.toml").read_text() == stating(1)
    monkeypatch.setattr(sys, "stdin", Stdin(""))
    assert cli.run(("fix", "hosts/one", "--config", "lvsconf.toml")) == 0
    assert "0 fixed" in capsys.readouterr().out
