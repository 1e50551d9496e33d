"""`lvsconf matrix` as a user meets it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lvsconf.cli import run

RULES = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -s 10.0.0.0/8 -d 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -s 10.1.0.0/16 -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
"""
TEXT = """filter FORWARD: tcp/22 from port 10000, state NEW, any interface
4 classes of addresses, 5 edges

  1  0.0.0.0-9.255.255.255, 11.0.0.0-192.0.1.255, 192.0.3.0-255.255.255.255
     reaches nobody

  2  10.0.0.0/16, 10.2.0.0-10.255.255.255
     reaches 4

  3  10.1.0.0/16
     reaches everybody

  4  192.0.2.0/24
     reaches nobody
"""


@pytest.fixture
def dump(tmp_path: Path) -> str:
    path = tmp_path / "iptables.rules"
    path.write_text(RULES)
    return str(path)


def test_for_people(dump: str, capsys) -> None:
    assert run(["matrix", dump, "--port", "tcp/22"]) == 0
    assert capsys.readouterr().out == TEXT


def test_a_service_by_name(dump: str, capsys) -> None:
    assert run(["matrix", dump, "--port", "tcp/ssh"]) == 0
    assert capsys.readouterr().out == TEXT


def test_the_json_of_the_contract(dump: str, capsys) -> None:
    assert run(["matrix", dump, "--port", "tcp/22", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["version"] == 1
    assert found["nodes"][1] == {"id": "2", "addresses": ["10.0.0.0-10.0.255.255", "10.2.0.0-10.255.255.255"]}
    assert found["edges"] == [["2", "4"], ["3", "1"], ["3", "2"], ["3", "3"], ["3", "4"]]


def test_the_picture_is_svg(dump: str, capsys) -> None:
    assert run(["matrix", dump, "--port", "tcp/22", "--format", "svg"]) == 0
    root = ElementTree.fromstring(capsys.readouterr().out)
    filled = [item for item in root.iter("{http://www.w3.org/2000/svg}rect") if item.get("fill") != "white"]
    assert len(filled) == 5


@pytest.mark.oracle
def test_graphviz_takes_the_graph(dump: str, tool, capsys) -> None:
    dot = tool("dot")
    assert run(["matrix", dump, "--port", "tcp/22", "--format", "dot"]) == 0
    done = subprocess.run([dot, "-Tplain"], input=capsys.readouterr().out, capture_output=True, text=True, check=True)
    assert sum(line.startswith("edge ") for line in done.stdout.splitlines()) == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "22"], "a protocol and a port are needed, as in tcp/22"),
        (["--port", "icmp/8"], "a protocol and a port are needed, as in tcp/22"),
        (["--port", "tcp/70000"], "port 70000 is above 65535"),
        (["--port", "tcp/22", "--chain", "FORWRD"], "unknown chain 'FORWRD'; did you mean 'FORWARD'?"),
        (["--port", "tcp/22", "--family", "6"], "no rules of the filter table for IPv6"),
        (["--port", "tcp/22", "--format", "png"], "unknown format 'png'"),
    ],
)
def test_what_it_refuses(dump: str, arguments: list[str], message: str, capsys) -> None:
    assert run(["matrix", dump, *arguments]) == 2
    assert message in capsys.readouterr().err


def test_no_rules(tmp_path: Path, capsys) -> None:
    (tmp_path / "ipvsadm.rules").write_text("-A -t 192.0.2.100:80 -s rr\n")
    assert run(["matrix", str(tmp_path), "--port", "tcp/22"]) == 2
    assert "there are no rules of the filter table" in capsys.readouterr().err
