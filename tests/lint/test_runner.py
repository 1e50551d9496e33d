"""Which rules are asked, which are skipped and why."""

from __future__ import annotations

import pytest

from lvsconf.findings import Certainty, Unreadable
from lvsconf.lint import registry
from lvsconf.lint.registry import rules
from lvsconf.lint.runner import lint
from lvsconf.model.host import Role
from tests.kernel.builders import director
from tests.lint.asking import SAMPLES, host, lint_of, sample
from tests.rules.harness import asked

FILES = {
    "iptables-save": "iptables.rules",
    "iptables-save or ip6tables-save": "iptables.rules",
    "ipvsadm-save": "ipvsadm.rules",
    "sysctl": "sysctl.conf",
    "ip address": "ip-address.json",
}
"""What a rule may need, and the file that has it."""
ROLE = "the role of an active director"
CHECKED = [each for each in rules() if each.code in registry.checks()]
# Two faults in two ranges, and one that only reading finds.
FAULTY = director(
    ["-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -g -w 1", "-A -t VIP:81 -s rr"],
    ["filter :INPUT DROP", "filter -A INPUT -p tcp -m conntrack --ctstate NEW -j ACCEPT", "filter -A INPUT --frob"],
)


def codes(result) -> list[str]:
    return [each.code for each in result.findings]


def test_all_rules_are_asked():
    assert codes(lint_of(FAULTY)) == ["LVS011", "LVS301", "LVS101"] or set(codes(lint_of(FAULTY))) == {
        "LVS011",
        "LVS301",
        "LVS101",
    }
    assert lint_of(FAULTY).skipped == ()


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        (["LVS3"], [], {"LVS301"}),
        (["lvs3"], [], {"LVS301"}),
        (["LVS301"], [], {"LVS301"}),
        (["state-rule-loses-close"], [], {"LVS301"}),
        (["LVS1", "LVS0"], [], {"LVS101", "LVS011"}),
        (["LVS"], ["LVS1"], {"LVS011", "LVS301"}),
        ([], ["LVS3", "no-usable-real-server"], {"LVS011"}),
        ([], ["unknown-option"], {"LVS101", "LVS301"}),
        (["LVS3"], ["LVS301"], set()),
        (["LVS4"], [], set()),
    ],
)
def test_select_and_ignore(select: list[str], ignore: list[str], expected: set[str]):
    assert set(codes(lint_of(FAULTY, select=select, ignore=ignore))) == expected


def test_a_rule_that_was_not_asked_is_not_skipped():
    result = lint_of({"sysctl.conf": FAULTY["sysctl.conf"]}, select=["LVS3"])
    assert {each.code[:4] for each in result.skipped} == {"LVS3"}
    assert lint_of({"sysctl.conf": FAULTY["sysctl.conf"]}, select=["LVS0"]).skipped == ()


@pytest.mark.parametrize("rule", CHECKED, ids=lambda rule: rule.code)
def test_a_rule_without_its_input_is_skipped_and_says_what_it_needs(rule):
    assert set(rule.needs) <= {*FILES, ROLE}
    for need in rule.needs:
        role = Role.BACKUP if need == ROLE else None
        files = {name: text for name, text in FAULTY.items() if name != FILES.get(need)}
        result = lint_of(files, role, asked(rule))
        (skipped,) = [each for each in result.skipped if each.code == rule.code]
        assert skipped.needs == (need,)
        assert rule.code not in codes(result)


@pytest.mark.parametrize("rule", CHECKED, ids=lambda rule: rule.code)
def test_a_rule_with_all_its_inputs_is_asked(rule):
    files = {name: FAULTY[name] for need, name in FILES.items() if need in rule.needs}
    result = lint_of(files or {"uname": "6.1.0\n"})
    assert rule.code not in {each.code for each in result.skipped}


def test_what_nothing_is_known_of_is_skipped_altogether():
    result = lint_of({"uname": "6.1.0\n"})
    needy = {rule.code: rule.needs for rule in CHECKED if set(rule.needs) - {ROLE} and not rule.opt_in}
    assert {each.code: each.needs for each in result.skipped} == {
        code: tuple(sorted(set(needs) - {ROLE})) for code, needs in needy.items()
    }
    assert result.findings == ()


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("role", [Role.BACKUP, Role.REALSERVER])
def test_only_an_active_director_is_asked_for_its_path(name: str, role: Role):
    result = lint_of(sample(name), role)
    skipped = {each.code: each.needs for each in result.skipped}
    assert set(skipped.values()) == {(ROLE,)}
    assert set(skipped) == {rule.code for rule in CHECKED if ROLE in rule.needs}
    assert not set(skipped) & set(codes(result))
    path_rules = {rule.code for rule in CHECKED if rule.code.startswith("LVS3") and rule.needs}
    assert path_rules <= set(skipped)


@pytest.mark.parametrize("name", SAMPLES)
def test_saying_that_it_is_the_master_changes_no_sample(name: str):
    assert lint_of(sample(name), Role.MASTER) == lint_of(sample(name))


def test_reading_is_for_every_role():
    assert "LVS011" in codes(lint_of(FAULTY, Role.BACKUP))


STANDBY = director(["-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -g -w 1"], outside=[])


def test_a_host_without_the_vip_may_be_a_standby():
    found = lint_of(STANDBY).findings
    assert [(each.code, each.certainty) for each in found] == [("LVS310", Certainty.POSSIBLE)]
    assert "a standby has no VIP" in found[0].assumes[0]


def test_a_standby_needs_no_vip():
    assert lint_of(STANDBY, Role.BACKUP).findings == ()


def test_an_active_director_does():
    found = lint_of(STANDBY, Role.MASTER).findings
    assert [(each.code, each.certainty, each.assumes) for each in found] == [("LVS310", Certainty.PROVEN, ())]


def test_several_hosts_are_told_together():
    other = dict(STANDBY)
    del other["ip-address.json"]
    result = lint([host(FAULTY, "one"), host(STANDBY, "two"), host(other, "three")], ignored=["x: y"])
    assert {each.span.file.split("/")[0] for each in result.findings} == {"one", "two"}
    order = [(each.span.file, each.span.line, each.span.column, each.code) for each in result.findings]
    assert order == sorted(order)
    # What one of them lacks is told once.
    assert [each.code for each in result.skipped] == ["LVS310"]
    assert "x: y" in result.ignored
    assert set(result.sources) == {f"one/{name}" for name in FAULTY} | {f"two/{name}" for name in STANDBY} | {
        f"three/{name}" for name in other
    }


def test_what_could_not_be_read_is_passed_on():
    gone = Unreadable("x/iptables.rules", 1, 1, "no such file")
    assert gone in lint([host(STANDBY)], unreadable=[gone]).unreadable


def test_the_same_input_gives_the_same_result():
    assert lint_of(FAULTY) == lint_of(FAULTY)
