"""Rules that stand where the packets they are about never come."""

from __future__ import annotations

import pytest

from lvsconf.lint.context import Context
from lvsconf.questions.misplaced import late_marks, misplaced_in_forward
from tests.kernel.builders import director, host_of

DR = ("-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -g -w 1")
NAT = ("-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:8080 -m -w 1")


def in_forward(services, rules, **ground) -> list[tuple[str, str, str, bool]]:
    ctx = Context(host_of(director(services, rules, **ground)), {}, {})
    return [(each.table, each.chain, each.verdict, each.certain) for each in misplaced_in_forward(ctx.survey)]


FORWARD = [
    # a rule in FORWARD, the service, what is found
    (DR, "filter -A FORWARD -d VIP -p tcp -m tcp --dport 80 -j ACCEPT", "ACCEPT"),
    (DR, "filter -A FORWARD -d VIP -p tcp -m tcp --dport 80 -j DROP", "DROP"),
    (DR, "filter -A FORWARD -s 203.0.113.0/24 -d VIP -j REJECT", "REJECT"),
    (NAT, "filter -A FORWARD -d VIP -p tcp -m tcp --dport 80 -j ACCEPT", "ACCEPT"),
    (DR, "mangle -A FORWARD -d VIP -j DROP", "DROP"),
    (DR, "filter -A FORWARD -d VIP -p tcp -m tcp --dport 443 -j ACCEPT", None),
    (DR, "filter -A FORWARD -d VIP2 -p tcp -m tcp --dport 80 -j ACCEPT", None),
    (DR, "filter -A FORWARD -d 192.0.2.0/24 -j ACCEPT", None),
    (DR, "filter -A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT", None),
    (DR, "filter -A FORWARD -d VIP -p udp -j DROP", None),
    (DR, "filter -A FORWARD ! -d VIP -j DROP", None),
    (DR, "filter -A FORWARD -d VIP", None),
    (DR, "filter -A FORWARD -d VIP -j LOG", None),
    (DR, "filter -A FORWARD -s VIP -j DROP", None),
    (DR, "filter -A INPUT -d VIP -p tcp -m tcp --dport 80 -j ACCEPT", None),
    (NAT, "filter -A FORWARD -s RIP -p tcp -m tcp --sport 8080 -j ACCEPT", None),
    (NAT, "filter -A FORWARD -d RIP -p tcp -m tcp --dport 8080 -j ACCEPT", None),
]


@pytest.mark.parametrize(("services", "rule", "verdict"), FORWARD)
def test_rules_about_requests_in_forward(services, rule: str, verdict: str | None) -> None:
    expected = [] if verdict is None else [(rule.split()[0], "FORWARD", verdict, True)]
    assert in_forward(services, [rule]) == expected


def test_a_real_server_counts_only_where_input_stops_the_service() -> None:
    rule = "filter -A FORWARD -d RIP -p tcp -m tcp --dport 8080 -j ACCEPT"
    assert in_forward(NAT, ["filter :INPUT DROP", rule]) == [("filter", "FORWARD", "ACCEPT", True)]


def test_a_chain_that_input_uses_too_is_in_its_place() -> None:
    rules = ["filter :WEB -", "filter -A FORWARD -j WEB", "filter -A WEB -d VIP -j DROP"]
    assert in_forward(DR, rules) == [("filter", "WEB", "DROP", True)]
    assert in_forward(DR, [*rules, "filter -A INPUT -j WEB"]) == []


def test_a_vip_that_is_routed_on_does_pass_forward() -> None:
    assert in_forward(DR, ["filter -A FORWARD -d VIP -j DROP"], outside=["VIP2/32"]) == []


MARK = ("-A -f 7 -s rr", "-a -f 7 -r RIP:0 -g -w 1")
RULE = "-d VIP -p tcp -m tcp --dport 80 -j MARK --set-mark 7"


def late(*rules: str) -> list[tuple[str, str]]:
    ctx = Context(host_of(director(MARK, rules)), {}, {})
    return [(each.table, each.chain) for each in late_marks(ctx.survey)]


@pytest.mark.parametrize(
    ("place", "too_late"),
    [
        ("raw -A PREROUTING", False),
        ("mangle -A PREROUTING", False),
        ("mangle -A INPUT", False),
        ("filter -A INPUT", False),
        ("mangle -A FORWARD", True),
        ("mangle -A OUTPUT", True),
        ("mangle -A POSTROUTING", True),
        ("filter -A FORWARD", True),
    ],
)
def test_where_a_mark_comes_in_time(place: str, too_late: bool) -> None:
    table, _, chain = place.split()
    assert late(f"{place} {RULE}") == ([(table, chain)] if too_late else [])


def test_one_rule_in_time_is_enough() -> None:
    assert late(f"mangle -A OUTPUT {RULE}", f"mangle -A PREROUTING {RULE}") == []


def test_a_chain_is_where_it_is_called_from() -> None:
    chain = ["mangle :M -", f"mangle -A M {RULE}"]
    assert late(*chain, "mangle -A POSTROUTING -j M") == [("mangle", "M")]
    assert late(*chain, "mangle -A POSTROUTING -j M", "mangle -A INPUT -j M") == []


def test_a_mark_that_nobody_waits_for_is_nobodys_fault() -> None:
    assert late(f"mangle -A OUTPUT {RULE}".replace("mark 7", "mark 8")) == []
