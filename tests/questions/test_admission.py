"""Who might still get in where no client that was tried does: nobody for certain, or the gates in words."""

from __future__ import annotations

import json

import pytest

from lvsconf.findings import Certainty
from lvsconf.lint.context import Context
from lvsconf.model.host import Role
from lvsconf.questions.admission import Admission
from tests.kernel.builders import director, host_of, rule
from tests.lint.asking import lint_of

SERVICE = ["-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -g -w 1"]
MARK = ["-A -f 7 -s rr", "-a -f 7 -r RIP:0 -g -w 1"]
DROP = "filter :INPUT DROP"
WEB = "-p tcp -m tcp --dport 80"


def untried(rules: list[str], services: list[str] = SERVICE, *, faulty: bool = False) -> tuple[str, ...]:
    """What keeps it from being certain that nobody gets in to the only service."""
    ctx = Context(host_of(director(services, rules), faulty=faulty), {}, {})
    (service,) = ctx.kernel.services
    return Admission(ctx.survey, service).untried


NOBODY = [
    "-p tcp -m tcp --dport 22",
    "-p udp",
    "-i lo",
    "-i eth7",
    "-s 127.0.0.1",
    "-s VIP",
    "-s 224.0.0.0/4",
    "-d VIP2",
    "-m state --state RELATED,ESTABLISHED",
    "-m conntrack --ctstate UNTRACKED",
    "-m mark --mark 7",
    "-p tcp -m tcp --sport 20",
    "-p tcp -m tcp ! --syn",
    "-p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK",
    "-p udp -m ttl --ttl-eq 255",
    "-p icmp -m limit --limit 1/sec",
]


@pytest.mark.parametrize("match", NOBODY)
def test_a_rule_that_lets_no_client_in_leaves_no_doubt(match: str) -> None:
    assert untried([DROP, f"filter -A INPUT {match} -j ACCEPT"]) == ()


SHADOWED = [
    ["-s 203.0.113.0/24 -j DROP", f"-s 203.0.113.77 {WEB} -j ACCEPT"],
    ["-i eth0 -j DROP", "-i eth1 -j DROP", f"{WEB} -j ACCEPT"],
    ["-s 0.0.0.0/1 -j DROP", "-s 128.0.0.0/1 -j REJECT", f"{WEB} -j ACCEPT"],
    ["-p tcp -m tcp --sport 1:1023 -j DROP", "-p tcp -m multiport --sports 80,443 -j ACCEPT"],
    ["! -s 10.0.0.0/8 -j RETURN", "-s 10.0.0.0/9 -j RETURN", "! -s 10.0.0.0/9 ! -d VIP -j ACCEPT"],
    ["-g U", f"{WEB} -j ACCEPT"],
]


@pytest.mark.parametrize("rules", SHADOWED, ids=lambda rules: " / ".join(rules))
def test_a_rule_that_nobody_comes_to_leaves_no_doubt(rules: list[str]) -> None:
    assert untried([DROP, "filter :U -", *(f"filter -A INPUT {rule}" for rule in rules)]) == ()


DOUBTS = [
    ("-m ttl --ttl-eq 255 -j ACCEPT", "filter:INPUT rule 1 lets no client in (not tried: TTL is 255)"),
    (f"{WEB} -m tos --tos 0x10/0xff -j ACCEPT", "filter:INPUT rule 1 lets no client in (not tried: ip.tos is 16)"),
    (f"{WEB} -m length --length 52 -j ACCEPT", "filter:INPUT rule 1 lets no client in (not tried: length is 52)"),
    (
        "-p tcp -m ecn --ecn-tcp-ece -j ACCEPT",
        "filter:INPUT rule 1 lets no client in (not tried: tcp.flags is 0x40/0x40)",
    ),
    (
        f"-s 0.0.0.9/0.0.0.255 -i eth1 {WEB} -j ACCEPT",
        "filter:INPUT rule 1 lets no client in (not tried: source is 0.0.0.9/0.0.0.255)",
    ),
    (f"{WEB} -m mac --mac-source 02:00:00:00:00:01 -j ACCEPT", "filter:INPUT rule 1 lets no client in (not tried: "),
    (f"-s 203.0.113.9 {WEB} -m set --match-set s src -j ACCEPT", "filter:INPUT rule 1 lets no client in (not tried: "),
    ("-p tcp -m tcp --sport 53 -j ACCEPT", "no client has a source port below 1024 (filter:INPUT rule 1)"),
    ("-i eth1 -j ACCEPT", "no client of the service comes in by eth1 (filter:INPUT rule 1)"),
    (
        f"-s 203.0.113.0/24 -i eth1 {WEB} -j ACCEPT",
        "no client comes in by another interface than its way back (filter:INPUT rule 1, 203.0.113.10 by eth1)",
    ),
    (f"-s 203.0.113.9 {WEB} -j NFQUEUE", "filter:INPUT rule 1 lets no client in (not every client was tried)"),
    (f"-s 203.0.113.9 {WEB} -j U", "filter:U rule 1 lets no client in (not every client was tried)"),
]


@pytest.mark.parametrize(("rule", "said"), DOUBTS)
def test_what_is_open_is_told(rule: str, said: str) -> None:
    (found,) = untried([DROP, "filter :U -", "filter -A U -j ACCEPT", f"filter -A INPUT {rule}"])
    assert found.startswith(said) if said.endswith(" ") else found == said


def test_a_condition_of_the_chain_s_caller_is_told_too() -> None:
    rules = ["filter :U -", "filter -A INPUT -m ttl --ttl-eq 255 -j U", f"filter -A U {WEB} -j ACCEPT"]
    assert untried([DROP, *rules]) == ("filter:U rule 1 lets no client in (not tried: TTL is 255)",)


def test_a_policy_is_a_gate() -> None:
    rules = [f"filter -A INPUT -i eth0 {WEB} -j DROP"]
    assert untried(rules) == ("no client of the service comes in by eth1 (filter:INPUT policy ACCEPT)",)
    assert untried([f"mangle -A PREROUTING -i eth0 {WEB} -j DROP"]) == (
        "no client of the service comes in by eth1 (filter:INPUT policy ACCEPT)",
    )
    assert untried([f"raw -A PREROUTING {WEB} -j DROP"]) == ()


def test_many_gates_are_counted() -> None:
    found = untried([DROP, *(f"filter -A INPUT {WEB} -m ttl --ttl-eq {ttl} -j ACCEPT" for ttl in range(200, 210))])
    assert len(found) == 4
    assert found[-1] == "7 more rules of that kind let no client in"


@pytest.mark.parametrize(
    ("rules", "sure"),
    [
        (["mangle -A PREROUTING -d VIP -j MARK --set-xmark 0x3/0x3", "mangle -A INPUT -j MARK --or-mark 0x4"], False),
        (["mangle -A PREROUTING -d VIP -j MARK --set-mark 7", "mangle -A INPUT -j MARK --set-mark 8"], True),
        (["mangle -A PREROUTING -d VIP -j MARK --set-mark 7", "mangle -A INPUT -j MARK --and-mark 0xf"], False),
        (["mangle -A PREROUTING -d VIP -j CONNMARK --restore-mark"], False),
        (["mangle -A PREROUTING -d VIP -j MARK --set-mark 6"], True),
        (["mangle -A PREROUTING -d VIP -p icmp -j MARK --set-mark 7"], True),
        (["mangle -A FORWARD -j MARK --set-mark 7"], True),
        (["mangle -A PREROUTING -d CIP -j MARK --set-mark 7"], True),
    ],
)
def test_a_mark_service_is_closed_where_no_packet_has_its_mark(rules: list[str], sure: bool) -> None:
    assert (untried(rules, MARK) == ()) is sure


TRANSLATION = "nat -A PREROUTING -d VIP2 -p tcp -m tcp --dport 8080 -j DNAT --to-destination"


@pytest.mark.parametrize(
    ("to", "inside", "sure"),
    [
        ("VIP:80", False, False),
        ("192.0.2.99-192.0.2.101:80", False, False),
        ("RIP:80", False, True),
        ("VIP:80", True, True),
    ],
)
def test_a_packet_that_is_translated_to_the_vip_may_pass_what_stops_others(to: str, inside: bool, sure: bool) -> None:
    stop = f"filter -A INPUT {WEB} -j DROP" if inside else f"raw -A PREROUTING {WEB} -j DROP"
    assert (untried([stop, f"{TRANSLATION} {to}"]) == ()) is sure


def test_chains_that_are_not_followed_to_their_end_may_let_in() -> None:
    circle = ["filter :U -", "filter :V -", "filter -A U -j V", "filter -A V -j U", f"filter -A INPUT {WEB} -j U"]
    assert untried([DROP, *circle], faulty=True) != ()
    chains = [line for n in range(300) for line in (f"filter :U{n} -", f"filter -A U{n} -j U{n + 1}")]
    assert untried([DROP, *chains, "filter :U300 -", f"filter -A INPUT {WEB} -j U0"]) != ()


def test_more_rules_than_are_walked_may_let_in() -> None:
    """Each chain calls the next one twice: 2 ** 20 visits."""
    chains = [line for n in range(20) for line in (f"filter :U{n} -", *[f"filter -A U{n} -j U{n + 1}"] * 2)]
    assert untried([DROP, *chains, "filter :U20 -", f"filter -A INPUT {WEB} -j U0"]) != ()


def test_where_routes_are_not_known_any_interface_will_do() -> None:
    files = director(SERVICE, [DROP, f"filter -A INPUT -i ppp+ -s 203.0.113.0/24 {WEB} -j ACCEPT"])
    bare = {name: text for name, text in files.items() if not name.startswith("ip-")}
    ctx = Context(host_of(bare), {}, {})
    (service,) = ctx.kernel.services
    (scene,) = Admission(ctx.survey, service).suggestions()
    assert (str(scene.client), scene.device, scene.port) == ("203.0.113.7", "ppp0", 40000)


# -- in findings -----------------------------------------------------------------------------------------------------


def certainties(services: list[str], rules: list[str]) -> dict[tuple[str, str], tuple[str, ...]]:
    """What each finding assumes, by code and message."""
    found = lint_of(director(services, rules)).findings
    assert all(bool(each.assumes) is (each.certainty is Certainty.POSSIBLE) for each in found)
    return {(each.code, each.message): each.assumes for each in found}


def test_services_at_one_place_are_proven_apart() -> None:
    services = [*SERVICE, "-A -t VIP2:443 -s rr", "-a -t VIP2:443 -r RIP:443 -g -w 1"]
    found = certainties(services, [DROP, "filter -A INPUT -d VIP2 -m ttl --ttl-eq 255 -j ACCEPT"])
    assert found == {
        ("LVS312", "no client's SYN gets through to tcp 192.0.2.100:80"): (),
        ("LVS312", "no client's SYN gets through to tcp 192.0.2.101:443"): (
            "filter:INPUT rule 1 lets no client in (not tried: TTL is 255)",
        ),
    }


MARKED_LATE = "mangle -A FORWARD -d VIP -p tcp -m tcp --dport 80 -j MARK --set-mark 7"


@pytest.mark.parametrize(
    ("early", "assumed"),
    [
        ([], []),
        (["mangle -A PREROUTING -j MARK --set-xmark 0x3/0x3", "mangle -A INPUT -j MARK --or-mark 4"], ["TTL"]),
    ],
)
def test_a_mark_that_comes_about_in_pieces(early: list[str], assumed: list[str]) -> None:
    early = [rule.replace(" -j", " -m ttl --ttl-eq 255 -j") for rule in early]
    (said,) = [said for (code, _), said in certainties(MARK, [*early, MARKED_LATE]).items() if code == "LVS311"]
    assert len(said) == len(assumed)


RULES = ["0 lookup local", "32766 lookup main", "32767 lookup default"]
SOME = "from 203.0.113.0/24 lookup main"


def routed(files: dict[str, str], rules: list[str]) -> dict[str, str]:
    return {**files, "ip-rule.json": json.dumps([rule(text) for text in rules])}


@pytest.mark.parametrize(
    ("rules", "sure"),
    [(RULES, True), ([*RULES, f"100 {SOME}"], True), (["200 lookup local", *RULES[1:], f"100 {SOME}"], False)],
)
def test_policy_routing_ahead_of_local_addresses_may_lead_to_forward(rules: list[str], sure: bool) -> None:
    files = director(SERVICE, [f"filter -A FORWARD -d VIP {WEB} -j ACCEPT"])
    (found,) = lint_of(routed(files, rules), select=["LVS307"]).findings
    assert (found.certainty is Certainty.PROVEN) is sure
    assert bool(found.assumes) is not sure


@pytest.mark.parametrize(("rules", "sure"), [(RULES, True), ([*RULES, f"100 {SOME}"], False)])
def test_policy_routing_may_make_a_vip_local(rules: list[str], sure: bool) -> None:
    files = director(SERVICE, outside=["VIP2/32"])
    (found,) = lint_of(routed(files, rules), role=Role.MASTER, select=["LVS310"]).findings
    assert (found.certainty is Certainty.PROVEN) is sure
    assert bool(found.assumes) is not sure
