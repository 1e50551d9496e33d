"""What the checks of chains say where a bound is hit, and of what programs write."""

from __future__ import annotations

import pytest

from lvsconf.findings import Severity
from lvsconf.lint import tables
from lvsconf.lint.generated import chain_is_generated
from lvsconf.questions.chain_sets import ChainSets
from tests.lint.asking import lint_of

DEAD = ["-A INPUT -s 10.0.0.0/8 -j DROP", "-A INPUT -s 10.1.0.0/16 -j ACCEPT"]


def dump(rules: list[str], *chains: str) -> dict[str, str]:
    heads = [":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", *(f":{name} -" for name in chains)]
    return {"iptables.rules": "\n".join(["*filter", *heads, *rules, "COMMIT", ""])}


def told(files: dict[str, str], *select: str) -> list[tuple[str, int, Severity]]:
    return [(each.code, each.span.line, each.severity) for each in lint_of(files, select=select or ("LVS2",)).findings]


def test_sets_that_grow_too_large_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(table: object, family: int) -> ChainSets:
        raise MemoryError

    monkeypatch.setattr(tables, "ChainSets", full)
    result = lint_of(dump(DEAD), select=("LVS2",))
    assert result.findings == ()
    assert [said for said in result.assumed if "too large" in said] == [
        "unknown: which rules of filter packets match: the sets of packets grow too large"
    ]


def test_chains_in_a_circle_are_told() -> None:
    result = lint_of(dump([*DEAD, "-A INPUT -j A", "-A A -j B", "-A B -j A"], "A", "B"), select=("LVS2",))
    assert result.findings == ()
    assert any("leads back to itself" in said for said in result.assumed)


def test_order_is_told_only_to_those_who_ask() -> None:
    files = dump(["-A INPUT -s 10.0.0.0/8 -j DROP", "-A INPUT -p tcp -j ACCEPT", "-A INPUT -j DROP"])
    assert told(files) == []
    assert told(files, "LVS") == []
    assert told(files, "LVS210") == told(files, "order-dependent-rule") == [("LVS210", 6, Severity.INFO)]


def test_what_programs_write_is_told_mildly() -> None:
    rules = ["-A FORWARD -j DOCKER-USER", "-A DOCKER-USER -j DROP", "-A DOCKER-USER -p tcp -j ACCEPT"]
    found = told(dump(rules, "DOCKER-USER", "f2b-sshd", "ufw-before-input"))
    assert {severity for _, _, severity in found} == {Severity.INFO}
    assert {code for code, _, _ in found} == {"LVS201"}


@pytest.mark.parametrize(
    "name", ["DOCKER", "KUBE-SERVICES", "f2b-sshd", "ufw6-user-limit", "IN_public_deny", "cali-fw-x"]
)
def test_names_that_programs_give(name: str) -> None:
    assert chain_is_generated(name)


@pytest.mark.parametrize("name", ["INPUT", "SERVICES", "LOGDROP", "docker-mine", "IN", "block"])
def test_names_that_people_give(name: str) -> None:
    assert not chain_is_generated(name)


def test_an_empty_set_or_an_unknown_module_makes_nothing_dead() -> None:
    rules = [
        "-A INPUT -m set --match-set allowed src -j ACCEPT",
        "-A INPUT -m policy --dir in --pol ipsec -j ACCEPT",
        "-A INPUT -m nosuchmodule -j DROP",
        "-A INPUT -p tcp -j ACCEPT",
    ]
    files = {**dump(rules), "ipset.rules": "create allowed hash:ip family inet\n"}
    assert [item for item in told(files) if item[0] in ("LVS201", "LVS202", "LVS203", "LVS204")] == []
