"""`lvsconf explain` for what is no rule: kernel settings, matches and targets."""

from __future__ import annotations

import json

import pytest

from lvsconf.cli import run
from lvsconf.cli.support.pages import WIDTH, module_page, setting_page
from lvsconf.extensions import registry
from lvsconf.languages.sysctl.table import table

MODULES = [
    *(registry.match(name) for name in sorted(registry.match_names())),
    *(registry.target(name) for name in sorted(registry.target_names())),
]


def explain(capsys, *arguments: str) -> str:
    assert run(["explain", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("subject", ["net.ipv4.conf.eth0/5.rp_filter", "net/ipv4/conf/eth0.5/rp_filter"])
def test_a_setting(subject: str, capsys) -> None:
    text = explain(capsys, subject)
    assert text.startswith("net.ipv4.conf.eth0/5.rp_filter\n")
    assert "the larger counts" in text


def test_a_setting_as_data(capsys) -> None:
    found = json.loads(explain(capsys, "net.ipv4.vs.sync_threshold", "--format", "json"))
    assert found["version"] == 1
    assert (found["key"], found["values"], found["default"], found["range"]) == (
        "net.ipv4.vs.sync_threshold",
        "threshold",
        [3, 50],
        None,
    )


def test_kernels_of_a_setting(capsys) -> None:
    assert "from 4.4 on at the latest; not yet 3.10" in explain(capsys, "net.ipv4.vs.conn_reuse_mode")
    assert "2.4 only" in explain(capsys, "net.ipv4.vs.timeout_close")
    assert "kernels:" not in explain(capsys, "net.ipv4.vs.drop_entry")


def test_a_match_and_a_target(capsys) -> None:
    text = explain(capsys, "conntrack")
    assert text.startswith("-m conntrack: ")
    assert "! --ctstate " in text
    assert "switches connection tracking on" in text
    assert "-j " not in text
    text = explain(capsys, "CT")
    assert text.startswith("-j CT: ")
    assert "tables:    raw\n" in text
    assert "counts as unknown" in explain(capsys, "CLUSTERIP")


@pytest.mark.parametrize(
    ("subject", "first", "second"), [("mark", "-m mark", "-j MARK"), ("MARK", "-j MARK", "-m mark")]
)
def test_one_name_for_both(subject: str, first: str, second: str, capsys) -> None:
    text = explain(capsys, subject)
    assert text.startswith(f"{first}: ")
    assert f"\n\n{second}: " in text


def test_modules_as_data(capsys) -> None:
    found = json.loads(explain(capsys, "icmpv6", "--format", "json"))
    (module,) = found["modules"]
    assert (module["name"], module["kind"], module["families"], module["modelled"]) == ("icmp6", "match", [6], True)
    assert {option["name"] for option in module["options"]} == {"--icmpv6-type"}
    assert all(option["expects"] for option in module["options"])


@pytest.mark.parametrize(
    ("subject", "near"),
    [
        ("net.ipv4.vs.contrack", "net.ipv4.vs.conntrack"),
        ("net/ipv4/vs/drop-entry", "net.ipv4.vs.drop_entry"),
        ("net.ipv4.conf.all.arp_ignor", "net.ipv4.conf.all.arp_ignore"),
        ("conn_reuse_mode", "net.ipv4.vs.conn_reuse_mode"),
        ("contrack", "conntrack"),
        ("REJCT", "REJECT"),
        ("ipvsadm-refusd", "ipvsadm-refused"),
    ],
)
def test_did_you_mean(subject: str, near: str, capsys) -> None:
    assert run(["explain", subject]) == 2
    assert f"did you mean '{near}'?" in capsys.readouterr().err


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_module_has_a_page_that_fits(module) -> None:
    lines = list(module_page(module))
    assert max(map(len, lines)) <= WIDTH
    assert not lines[0].endswith(":")
    for option in module.options:
        assert any(f"--{option.name}" in line for line in lines)


def test_every_setting_has_a_page_that_fits() -> None:
    for name, key in table().items():
        assert max(map(len, setting_page(name, key))) <= WIDTH
