"""Clients that a service's rules let in are found, however the rules restrict them."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from lvsconf.lint.context import Context
from lvsconf.questions.scene import Scene, marking_rules, scenes, targets
from tests.kernel.builders import ADDRESSES, director, host_of
from tests.questions.asking import losses, told

SERVICE = ("-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -g -w 1")
DROP = "filter :INPUT DROP"
TAIL = "-p tcp -m tcp --dport 80 -j ACCEPT"


def asked(files: dict[str, str]) -> list[Scene]:
    """The scenes of the only service."""
    ctx = Context(host_of(files), {}, {})
    (service,) = ctx.kernel.services
    return list(scenes(ctx.survey, service))


RESTRICTED = [
    [f"filter -A INPUT -s 203.0.113.0/24 {TAIL}"],
    [f"filter -A INPUT -s 203.0.113.77 {TAIL}"],
    [f"filter -A INPUT ! -s 198.51.100.0/24 {TAIL}"],
    [f"filter -A INPUT -s 10.0.0.0/24 {TAIL}"],
    [f"filter -A INPUT -s 10.0.0.0/24 -i eth1 {TAIL}"],
    [f"filter -A INPUT -s 192.0.2.0/24 -i eth0 {TAIL}"],
    [f"filter -A INPUT -i eth0 {TAIL}"],
    [f"filter -A INPUT ! -i eth1 {TAIL}"],
    [f"filter -A INPUT -i eth+ {TAIL}"],
    ["filter :WEB -", "filter -A INPUT -s 203.0.113.0/25 -j WEB", f"filter -A WEB {TAIL}"],
    ["filter -A INPUT -s 198.51.100.0/24 -j DROP", "filter -A INPUT -s 203.0.113.0/24 -j DROP",
     f"filter -A INPUT {TAIL}"],
    [f"filter -A INPUT -s 172.16.0.0/12 {TAIL}", "mangle -A PREROUTING -s 172.16.0.0/16 -j DROP"],
    [f"filter -A INPUT -i eth1 {TAIL}"],
    ["filter -A INPUT -p tcp -m tcp --sport 1024:5000 --dport 80 -j ACCEPT"],
    ["filter -A INPUT -p tcp -m tcp ! --sport 20000:65535 --dport 80 -j ACCEPT"],
    ["filter -A INPUT -i eth1 -p tcp -m tcp --sport 65535 --dport 80 -j ACCEPT"],
    ["filter -A INPUT -i eth0 -j DROP", f"filter -A INPUT -m iprange --src-range 10.0.0.9-10.0.1.9 {TAIL}"],
    ["filter -A INPUT -s 10.0.0.0/25 -j DROP", f"filter -A INPUT -i eth1 {TAIL}"],
]  # fmt: skip


@pytest.mark.parametrize("rules", RESTRICTED, ids=lambda rules: " / ".join(rules))
def test_a_client_that_gets_in_is_found(rules: list[str]) -> None:
    assert told(losses(director(SERVICE, [DROP, *rules]))) == {}


ANY_PORT = ["-A -t VIP:0 -s rr -p 60", "-a -t VIP:0 -r RIP:0 -g -w 1"]


@pytest.mark.parametrize("ports", ["--dport 443", "--dport 8000:9000", "--sport 1024:5000 --dport 25"])
def test_a_port_that_gets_in_is_found(ports: str) -> None:
    files = director(ANY_PORT, [DROP, f"filter -A INPUT -p tcp -m tcp {ports} -j ACCEPT"])
    assert told(losses(files)) == {}


def test_each_port_that_gets_in_has_its_scene() -> None:
    """What is accepted as NEW only loses the FIN, whichever ports stand beside it."""
    new = "-p tcp -m tcp --dport 443 -m state --state NEW -j ACCEPT"
    files = director(ANY_PORT, [DROP, f"filter -A INPUT {TAIL}", f"filter -A INPUT {new}"])
    assert told(losses(files)) == {"STATE_LOSES_CLOSE": "FIN RST at filter:INPUT:policy"}


def test_a_port_with_a_service_of_its_own_is_not_the_other_s() -> None:
    services = [*ANY_PORT, "-A -t VIP:443 -s rr", "-a -t VIP:443 -r RIP:443 -g -w 1"]
    files = director(services, [DROP, "filter -A INPUT -p tcp -m tcp --dport 443 -j ACCEPT"])
    found = losses(files)
    assert {loss.service.name for loss in found} == {"tcp 192.0.2.100:0"}
    assert told(found) == {"NOT_ACCEPTED": "SYN at filter:INPUT:policy"}


def test_every_port_that_rules_mark_is_asked_for() -> None:
    marks = "mangle -A PREROUTING -d VIP -p tcp -m multiport --dports 80,443 -j MARK --set-mark 7"
    files = director(MARK, [marks, DROP, "filter -A INPUT -p tcp -m tcp --dport 443 -j ACCEPT"])
    assert told(losses(files)) == {}


def test_clients_that_no_rule_singles_out_come_first() -> None:
    first = asked(director(SERVICE, [f"filter -A INPUT -s 203.0.113.0/24 {TAIL}"]))[0]
    assert first.client not in ip_network("203.0.113.0/24")
    assert (str(first.target.address), first.target.port) == (ADDRESSES["VIP"], 80)
    assert first.device == "eth0"


def test_no_client_is_the_director_or_nobody() -> None:
    rules = [f"filter -A INPUT -s {name} {TAIL}" for name in ("VIP", "DIP", "127.0.0.1", "224.0.0.1", "0.0.0.0")]
    own = {ip_address(ADDRESSES[name]) for name in ("VIP", "VIP2", "DIP", "EIP")}
    clients = {each.client for each in asked(director(SERVICE, rules))}
    assert not clients & own
    assert not any(client.is_loopback or client.is_multicast or client.is_unspecified for client in clients)


def test_a_client_comes_in_by_its_way_back() -> None:
    rules = [f"filter -A INPUT -s {source} {TAIL}" for source in ("10.0.0.77", "198.18.0.5", "203.0.113.77")]
    files = director(SERVICE, rules, routes=["198.18.0.0/16 via INNERGW dev eth1"])
    devices = {str(each.client): each.device for each in asked(files)}
    assert devices["10.0.0.77"] == devices["198.18.0.5"] == "eth1"
    assert devices["203.0.113.77"] == "eth0"


def test_without_a_way_back_there_is_no_client() -> None:
    clients = {str(each.client) for each in asked(director(SERVICE, default=False))}
    assert clients == {"192.0.2.77"}


def test_scenes_are_bounded() -> None:
    rules = [f"filter -A INPUT -s 203.0.113.{number} {TAIL}" for number in range(1, 250)]
    assert 10 < len(asked(director(SERVICE, rules))) < 50


MARK = ("-A -f 7 -s rr", "-a -f 7 -r RIP:0 -g -w 1")
MARKED = [
    ("-d VIP -p tcp -m tcp --dport 443 -j MARK --set-mark 7", {"6 192.0.2.100:443"}),
    ("-d VIP2 -p udp -m udp --dport 53 -j MARK --set-xmark 0x7/0xff", {"17 192.0.2.101:53"}),
    ("-d VIP -p tcp -m multiport --dports 80,443 -j MARK --set-mark 7", {"6 192.0.2.100:80"}),
    ("-d VIP -j MARK --or-mark 7", {"6 192.0.2.100:80"}),
    ("-d VIP -p icmp -j MARK --set-mark 7", set()),
    ("-d VIP -p tcp -j MARK --set-mark 8", set()),
]


@pytest.mark.parametrize(("rule", "expected"), MARKED)
def test_a_mark_is_asked_for_by_what_rules_mark_so(rule: str, expected: set[str]) -> None:
    ctx = Context(host_of(director(MARK, [f"mangle -A PREROUTING {rule}"])), {}, {})
    (service,) = ctx.kernel.services
    found = targets(ctx.survey, service)
    assert {f"{each.proto} {each.address}:{each.port}" for each in found} == expected
    assert len(list(marking_rules(ctx.survey, 7))) == ("set-mark 8" not in rule)


def test_a_mark_that_nobody_sets_is_told_to_be_unknown() -> None:
    ctx = Context(host_of(director(MARK)), {}, {})
    assert ctx.reports == ()
    assert any("no rule gives packets its mark" in said for said in ctx.notes)
