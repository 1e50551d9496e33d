"""`lvsconf ask` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lvsconf.cli import run

SAMPLE = "samples/klein"
SERVICE = "tcp:192.0.2.100:80"


def test_who_reaches_a_service(capsys) -> None:
    assert run(["ask", SAMPLE, "--to", SERVICE]) == 0
    said = capsys.readouterr().out
    assert "its ACK is dropped by the policy of filter INPUT" in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_the_packets_of_the_json_replay(tmp_path: Path, capsys) -> None:
    assert run(["ask", SAMPLE, "--to", SERVICE, "--from", "198.51.100.0/24", "--in", "eth0", "--format", "json"]) == 0
    groups = json.loads(capsys.readouterr().out)["groups"]
    assert {group["reached"] for group in groups} == {False}
    for group in groups:
        witness = group["witness"]
        file = tmp_path / "packets.json"
        file.write_text(json.dumps(witness["packets"]))
        assert run(["trace", SAMPLE, "--packets", str(file), "--format", "json"]) == 0
        last = json.loads(capsys.readouterr().out)["packets"][witness["at"]]
        assert witness["trace"] in [outcome["trace"] for outcome in last["outcomes"]]
        assert group["clients"]["sources"] <= 256


def test_a_chain_alone(capsys) -> None:
    assert run(["ask", SAMPLE, "--through", "INPUT", "--state", "NEW", "--in", "eth0"]) == 0
    assert "tcp to 192.0.2.100 port 21 or 80" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "tcp:192.0.2.100"), "a port is needed"),
        (("--to", "tcq:192.0.2.100:80"), "tcp"),
        (("--to", "icmp:192.0.2.100:80"), "no ports"),
        (("--to", SERVICE, "--from", "10.0.0.0/33"), "10.0.0.0/33"),
        (("--to", SERVICE, "--from", "2001:db8::/32"), "families"),
        (("--to", SERVICE, "--state", "NEW"), "--through"),
        (("--through", "INPUTT"), "INPUT"),
        (("--through", "nat:INPUT"), "table nat"),
        (("--through", "INPUT", "--state", "NEWW"), "NEW"),
        ((), "--to"),
    ],
)
def test_bad_questions(words: tuple[str, ...], said: str, capsys) -> None:
    assert run(["ask", SAMPLE, *words]) == 2
    assert said in capsys.readouterr().err
