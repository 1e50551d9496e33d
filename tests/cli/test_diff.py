"""`lvsconf diff` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lvsconf.cli import run

ROOT = Path(__file__).parents[2]
OLD = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -s 10.0.0.0/8 -d 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -s 10.1.0.0/16 -j DROP
-A FORWARD -d 192.0.2.7/32 -j ACCEPT
COMMIT
"""
MOVED = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -s 10.1.0.0/16 -j DROP
-A FORWARD -s 10.0.0.0/8 -d 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -d 192.0.2.7/32 -j ACCEPT
COMMIT
"""
TEXT = """filter FORWARD
  now:    dropped
  before: accepted
      from 10.1.0.0/16, tcp to 192.0.2.0/24 port 22
    because moved: -A FORWARD -s 10.1.0.0/16 -j DROP (old.rules:6 to
            new.rules:5)
    by FORWARD rule 1 (new.rules:5); before FORWARD rule 1 (old.rules:5)
    e.g. tcp from 10.1.0.10 port 40000 to 192.0.2.100 port 22, state NEW, flags
         S, in by eth0, out by eth1
    65,536 sources

1 change.
"""


@pytest.fixture(autouse=True)
def dumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "old.rules").write_text(OLD)
    (tmp_path / "new.rules").write_text(MOVED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_for_people(capsys) -> None:
    assert run(["diff", "old.rules", "new.rules"]) == 1
    assert capsys.readouterr().out == TEXT


def test_nothing_changed(capsys) -> None:
    assert run(["diff", "old.rules", "old.rules"]) == 0
    assert capsys.readouterr().out == "No packet fares otherwise.\n"


def test_the_json_of_the_contract(capsys) -> None:
    assert run(["diff", "old.rules", "new.rules", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    (change,) = found["changes"]
    assert found["version"] == 1
    assert {"service", "cause", "before", "after", "clients", "witness"} <= change.keys()
    assert (change["service"], change["before"], change["after"]) == (None, "accepted", "dropped")
    assert change["clients"] == {
        "ways": ["from 10.1.0.0/16, tcp to 192.0.2.0/24 port 22"],
        "more": False,
        "sources": 65536,
    }


def test_markdown_is_one_table(capsys) -> None:
    assert run(["diff", "old.rules", "new.rules", "--format", "markdown"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("| ") and line.endswith(" |") for line in lines)


def director(folder: Path, rules: str, services: str, **more: str) -> None:
    folder.mkdir()
    (folder / "iptables.rules").write_text(rules)
    (folder / "ipvsadm.rules").write_text(services)
    for name, text in more.items():
        (folder / name.replace("_", ".")).write_text(text)


SERVICES = "-A -t 192.0.2.100:80 -s rr\n-a -t 192.0.2.100:80 -r 10.0.0.2:80 -g -w 1\n"
OPEN = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"


def test_the_clients_of_a_service(dumps: Path, capsys) -> None:
    blocked = OPEN.replace("COMMIT", "-A INPUT -s 203.0.113.0/24 -j DROP\nCOMMIT")
    director(dumps / "old", OPEN, SERVICES)
    director(dumps / "new", blocked, SERVICES)
    assert run(["diff", "old", "new", "--format", "json"]) == 1
    service, from_20, chain = json.loads(capsys.readouterr().out)["changes"]
    assert "taken by the director itself" in from_20["before"]
    assert service["service"] == "tcp 192.0.2.100:80"
    assert service["clients"]["ways"] == ["from 203.0.113.0/24, any port but 20"]
    assert "10.0.0.2:80 (DR)" in service["before"]
    assert chain["place"] == "filter INPUT"
    assert chain["clients"]["sources"] == 256


def test_a_real_server_more(dumps: Path, capsys) -> None:
    director(dumps / "old", OPEN, SERVICES)
    director(dumps / "new", OPEN, SERVICES + "-a -t 192.0.2.100:80 -r 10.0.0.3:80 -g -w 1\n")
    assert run(["diff", "old", "new"]) == 1
    said = capsys.readouterr().out
    assert "10.0.0.2:80 or 10.0.0.3:80 (DR)" in said


def test_forwarding_switched_off(dumps: Path, capsys) -> None:
    director(dumps / "old", OPEN, "", sysctl_conf="net.ipv4.ip_forward = 1\n")
    director(dumps / "new", OPEN, "", sysctl_conf="net.ipv4.ip_forward = 0\n")
    assert run(["diff", "old", "new"]) == 1
    said = capsys.readouterr().out
    assert "connections to anything else" in said
    assert "because net.ipv4.ip_forward is 0, was 1" in said


def test_hosts_are_paired_by_name(dumps: Path, capsys) -> None:
    for side, names in (("before", ("one", "two")), ("after", ("two", "three"))):
        (dumps / side).mkdir()
        for name in names:
            director(
                dumps / side / name,
                OPEN.replace("INPUT ACCEPT", f"INPUT {'ACCEPT' if side == 'before' else 'DROP'}"),
                "",
            )
    assert run(["diff", "before", "after", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["hosts"] == ["host one is not there any more", "host three is new"]
    assert {change["place"] for change in found["changes"]} == {"two: filter INPUT"}


def test_cluster_files(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert run(["diff", "samples/clusters/web-dr.cluster", "samples/clusters/web-dr.cluster"]) == 0
    assert run(["diff", "samples/clusters/web-dr.cluster", "samples/clusters/mixed.cluster"]) == 1
    assert "host " in capsys.readouterr().out


def test_a_rule_that_nobody_can_decide_is_named(dumps: Path, capsys) -> None:
    limited = OPEN.replace("COMMIT", "-A INPUT -m limit --limit 3/min -j DROP\nCOMMIT")
    (dumps / "slow.rules").write_text(limited)
    (dumps / "fast.rules").write_text(limited.replace("3/min", "9/min"))
    assert run(["diff", "slow.rules", "fast.rules"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "not compared: what this rule matches can't be decided: gone: -A INPUT -m limit --limit 3/min" in said
    assert "new: -A INPUT -m limit --limit 9/min" in said
