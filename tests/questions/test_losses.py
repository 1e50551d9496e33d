"""Which packet of a conversation is lost, and why: rules, forwarding method and vs/conntrack against Cause."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from ipaddress import ip_network
from pathlib import Path

import pytest

from lvsconf.gathering import Group
from lvsconf.kernel.host import Kernel
from lvsconf.packets.natural import CLIENTS
from lvsconf.questions.losses import Cause, Report, reports
from lvsconf.questions.scene import scenes
from lvsconf.questions.survey import Survey
from lvsconf.snapshot import assemble
from lvsconf.source import Source
from tests.kernel.builders import iptables, named

GROUND = Path(__file__).resolve().parents[2] / "samples" / "tesink"
NETWORK = {path.name: path.read_text() for path in GROUND.iterdir() if path.suffix == ".json" or path.name == "uname"}
SYSCTL = (GROUND / "sysctl.conf").read_text()
METHODS = {"dr": "g", "nat": "m", "tun": "i"}

PORT = "-p tcp -m tcp --dport 80"
RED_HAT = (":RH -", "-A INPUT -j RH", "-A FORWARD -j RH", "-A RH -m state --state RELATED,ESTABLISHED -j ACCEPT")
REJECT = "-j REJECT --reject-with icmp-host-prohibited"
MARKED = f"mangle -A PREROUTING -d VIP {PORT} -j MARK --set-xmark"

FIREWALLS: dict[str, tuple[str, ...]] = {
    "open": (),
    "closed": (":INPUT DROP", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"),
    "closed-in-mangle": (f"mangle -A PREROUTING {PORT} -j DROP",),
    "closed-in-raw": (f"raw -A PREROUTING {PORT} -j DROP",),
    "port": (":INPUT DROP", f"-A INPUT {PORT} -j ACCEPT"),
    "new": (":INPUT DROP", f"-A INPUT {PORT} -m state --state NEW -j ACCEPT"),
    "new-established": (":INPUT DROP", f"-A INPUT {PORT} -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT"),
    "invalid-new": (":INPUT DROP", f"-A INPUT {PORT} -m state --state INVALID,NEW -j ACCEPT"),
    "established+new": (
        ":INPUT DROP",
        "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT",
        f"-A INPUT {PORT} -m state --state NEW -j ACCEPT",
    ),
    "established+port": (
        ":INPUT DROP",
        "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT",
        f"-A INPUT {PORT} -j ACCEPT",
    ),
    "established+syn": (
        ":INPUT DROP",
        "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT",
        f"-A INPUT {PORT} --syn -j ACCEPT",
    ),
    "no-new-without-syn": ("-A INPUT -p tcp -m tcp ! --syn -m state --state NEW -j DROP",),
    "port-then-no-new-without-syn": (
        f"-A INPUT {PORT} -j ACCEPT",
        "-A INPUT -p tcp -m tcp ! --syn -m state --state NEW -j DROP",
    ),
    "no-invalid": ("-A INPUT -m conntrack --ctstate INVALID -j DROP", f"-A INPUT {PORT} -j ACCEPT"),
    "reject-invalid": ("-A INPUT -m state --state INVALID -j REJECT",),
    "port-then-no-invalid": (f"-A INPUT {PORT} -j ACCEPT", "-A INPUT -m conntrack --ctstate INVALID -j DROP"),
    "notrack-no-invalid": (
        f"raw -A PREROUTING -d VIP {PORT} -j CT --notrack",
        "-A INPUT -m conntrack --ctstate INVALID -j DROP",
    ),
    "forward-established": (":FORWARD DROP", "-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT"),
    "forward-vip": (":FORWARD DROP", "-A FORWARD -s VIP -p tcp -m tcp --sport 80 -j ACCEPT"),
    "forward-rip": (":FORWARD DROP", "-A FORWARD -s RIP -p tcp -m tcp --sport 80 -j ACCEPT"),
    "output-no-invalid": (":OUTPUT DROP", "-A OUTPUT -m state --state NEW,RELATED,ESTABLISHED,UNTRACKED -j ACCEPT"),
    "output-rip": (":OUTPUT DROP", f"-A OUTPUT -d RIP {PORT} -j ACCEPT"),
    "output-vip": (":OUTPUT DROP", f"-A OUTPUT -d VIP {PORT} -j ACCEPT"),
    "output-ipip": (":OUTPUT DROP", "-A OUTPUT -p 4 -j ACCEPT"),
    "red-hat-new": (*RED_HAT, f"-A RH {PORT} -m state --state NEW -j ACCEPT", f"-A RH {REJECT}"),
    "red-hat-port": (*RED_HAT, f"-A RH {PORT} -j ACCEPT", f"-A RH {REJECT}"),
    "red-hat-drop": (*RED_HAT, f"-A RH {PORT} -m state --state NEW -j ACCEPT", "-A RH -j DROP"),
}

EXPECTED = """
open                          dr   0
open                          nat  0
open                          tun  0
open                          dr   1
open                          nat  1
open                          tun  1
closed                        dr   0  NOT_ACCEPTED SYN
closed                        nat  1  NOT_ACCEPTED SYN
closed                        tun  0  NOT_ACCEPTED SYN
closed-in-mangle              dr   0  NOT_ACCEPTED SYN
closed-in-raw                 nat  0  NOT_ACCEPTED SYN
port                          dr   0
port                          dr   1
port                          nat  0
port                          nat  1
port                          tun  1
new                           dr   0  STATE_LOSES_CLOSE FIN RST
new                           tun  0  STATE_LOSES_CLOSE FIN RST
new                           nat  0  STATE_LOSES_CLOSE FIN RST
new                           dr   1  CONNTRACK_ONE_WAY ACK
new                           tun  1  CONNTRACK_ONE_WAY ACK
new                           nat  1  SYN_ONLY ACK
new-established               dr   0  STATE_LOSES_CLOSE FIN RST
new-established               nat  0  STATE_LOSES_CLOSE FIN RST
new-established               tun  0  STATE_LOSES_CLOSE FIN RST
new-established               dr   1  CONNTRACK_ONE_WAY ACK
new-established               tun  1  CONNTRACK_ONE_WAY ACK
new-established               nat  1
invalid-new                   dr   0
invalid-new                   nat  0
invalid-new                   dr   1
invalid-new                   nat  1  SYN_ONLY ACK
established+new               dr   0  ESTABLISHED_NEVER FIN RST
established+new               tun  0  ESTABLISHED_NEVER FIN RST
established+new               nat  0  STATE_LOSES_CLOSE FIN RST
established+new               dr   1  CONNTRACK_ONE_WAY ACK
established+new               nat  1
established+port              dr   0
established+port              nat  0
established+port              dr   1
established+port              nat  1
established+syn               dr   0  SYN_ONLY ACK
established+syn               nat  0  SYN_ONLY ACK
established+syn               tun  0  SYN_ONLY ACK
established+syn               dr   1  CONNTRACK_ONE_WAY ACK
established+syn               nat  1
no-new-without-syn            dr   0  SYN_ONLY ACK
no-new-without-syn            nat  0  SYN_ONLY ACK
no-new-without-syn            dr   1
no-new-without-syn            nat  1
port-then-no-new-without-syn  dr   0
port-then-no-new-without-syn  nat  0
no-invalid                    dr   0  INVALID_DROP FIN RST
no-invalid                    tun  0  INVALID_DROP FIN RST
no-invalid                    nat  0  INVALID_DROP FIN RST
no-invalid                    dr   1  CONNTRACK_ONE_WAY ACK
no-invalid                    nat  1
reject-invalid                dr   0  INVALID_DROP FIN RST
reject-invalid                nat  1
port-then-no-invalid          dr   0
port-then-no-invalid          dr   1
port-then-no-invalid          nat  0
notrack-no-invalid            dr   0
notrack-no-invalid            dr   1
forward-established           dr   0
forward-established           dr   1
forward-established           tun  0
forward-established           nat  0  REPLY_IN_FORWARD SYN+ACK
forward-established           nat  1
forward-vip                   dr   0
forward-vip                   nat  0  REPLY_IN_FORWARD SYN+ACK
forward-vip                   nat  1  REPLY_IN_FORWARD SYN+ACK
forward-rip                   nat  0
forward-rip                   nat  1
output-no-invalid             dr   0  LOST_IN_OUTPUT FIN RST
output-no-invalid             nat  0  LOST_IN_OUTPUT FIN RST
output-no-invalid             nat  1
output-no-invalid             tun  0
output-rip                    dr   0  LOST_IN_OUTPUT SYN
output-rip                    tun  0  LOST_IN_OUTPUT SYN
output-rip                    nat  0
output-rip                    nat  1
output-vip                    dr   0
output-vip                    dr   1
output-vip                    nat  0  LOST_IN_OUTPUT SYN
output-vip                    tun  0  LOST_IN_OUTPUT SYN
output-ipip                   tun  0
output-ipip                   tun  1
output-ipip                   dr   0  LOST_IN_OUTPUT SYN
red-hat-new                   dr   0  SHARED_REJECT FIN RST
red-hat-new                   dr   1  SHARED_REJECT ACK
red-hat-new                   nat  0  SHARED_REJECT SYN+ACK
red-hat-new                   nat  1
red-hat-port                  dr   0
red-hat-port                  dr   1
red-hat-port                  nat  0  SHARED_REJECT SYN+ACK
red-hat-drop                  dr   0  ESTABLISHED_NEVER FIN RST
red-hat-drop                  nat  0  REPLY_IN_FORWARD SYN+ACK
"""
TABLE = [line.split() for line in EXPECTED.strip().splitlines()]


def survey(rules: Iterable[str], services: Iterable[str], settings: dict[str, int] | None = None) -> Survey:
    """A director on the network of samples/tesink; a rule without a table is for filter."""
    tables = ("raw ", "mangle ", "nat ", "filter ")
    sysctl = "".join(f"{key} = {value}\n" for key, value in (settings or {}).items())
    files = NETWORK | {
        "iptables.rules": iptables([line if line.startswith(tables) else f"filter {line}" for line in rules]),
        "ipvsadm.rules": "".join(f"{named(line)}\n" for line in services),
        "sysctl.conf": SYSCTL + sysctl,
    }
    found = assemble(Group("director", tuple(Source(name, text) for name, text in files.items())))
    assert not found.unreadable
    assert {problem.code for problem in found.problems} <= {"LVS013"}
    return Survey(Kernel(found.host, merges=True))


def forwarding(on: int) -> dict[str, int]:
    keys = ("ip_forward", *(f"conf.{name}.forwarding" for name in ("all", "default", "eth0", "eth1", "lo")))
    return {f"net.ipv4.{key}": on for key in keys}


def service(method: str, proto: str = "t", servers: tuple[str, ...] = ("RIP:80 {} -w 1",)) -> tuple[str, ...]:
    flag = f"-{METHODS[method]}"
    return f"-A -{proto} VIP:80 -s rr", *(f"-a -{proto} VIP:80 -r {server.format(flag)}" for server in servers)


def asked(looked: Survey) -> list[Report]:
    return [report for each in looked.kernel.services for report in reports(looked, each)]


def lost(found: Iterable[Report]) -> list[str]:
    """`CAUSE SEGMENT` for each loss, once."""
    return sorted({f"{loss.cause.name} {loss.segment}" for report in found for loss in report.losses})


@cache
def of(rules: tuple[str, ...], method: str, conntrack: int, proto: str = "t") -> list[Report]:
    settings = forwarding(int(method == "nat")) | {"net.ipv4.vs.conntrack": conntrack}
    return asked(survey(rules, service(method, proto), settings))


@pytest.mark.parametrize("row", TABLE, ids=["-".join(row[:3]) for row in TABLE])
def test_what_is_lost_and_why(row: list[str]) -> None:
    name, method, conntrack, *expected = row
    found = of(FIREWALLS[name], method, int(conntrack))
    cause, segments = (expected[0], expected[1:]) if expected else ("", [])
    assert lost(found) == sorted(f"{cause} {segment}" for segment in segments)
    # Where all is known there is one way, and it is certain.
    assert not any(report.unknown for report in found)
    assert {report.certain.name if report.certain else "" for report in found if report.losses} <= {cause}


UDP = "-p udp -m udp --dport 80"


@pytest.mark.parametrize(
    ("rule", "method", "conntrack", "expected"),
    [
        (f"{UDP} -j ACCEPT", "dr", 0, []),
        (f"{UDP} -j ACCEPT", "nat", 1, []),
        (f"{UDP} -m state --state NEW -j ACCEPT", "dr", 0, []),
        (f"{UDP} -m state --state NEW -j ACCEPT", "dr", 1, []),
        (f"{UDP} -m state --state NEW -j ACCEPT", "nat", 0, []),
        (f"{UDP} -m state --state NEW -j ACCEPT", "nat", 1, ["SYN_ONLY next datagram"]),
        (f"{PORT} -j ACCEPT", "dr", 0, ["NOT_ACCEPTED datagram"]),
    ],
)
def test_datagrams(rule: str, method: str, conntrack: int, expected: list[str]) -> None:
    assert lost(of((":INPUT DROP", f"-A INPUT {rule}"), method, conntrack, "u")) == expected


MARK_SERVICE = ("-A -f 1 -s rr", "-a -f 1 -r RIP:0 -g -w 1")


@pytest.mark.parametrize(
    ("rules", "services", "settings", "expected"),
    [
        pytest.param((), service("nat"), forwarding(0), ["NO_FORWARDING SYN+ACK"], id="NAT without ip_forward"),
        pytest.param((), service("dr"), forwarding(0), [], id="DR without ip_forward"),
        pytest.param((), service("nat"), forwarding(1), [], id="NAT with ip_forward"),
        pytest.param((), service("dr", servers=()), {}, ["NO_SERVER SYN"], id="no real server"),
        pytest.param((), service("dr", servers=("RIP:80 {} -w 0",)), {}, ["NO_SERVER SYN"], id="weight 0"),
        pytest.param(
            (), service("dr", servers=("RIP:80 {} -w 0", "RIP2:80 {} -w 1")), {}, [], id="one of two at weight 0"
        ),
        pytest.param(
            (), ("-A -t VIP2:80 -s rr", "-a -t VIP2:80 -r RIP:80 -g"), {}, ["NOT_LOCAL SYN"], id="the VIP is missing"
        ),
        pytest.param(
            ("mangle -A PREROUTING -d VIP2 -j DROP",),
            ("-A -t VIP2:80 -s rr", "-a -t VIP2:80 -r RIP:80 -g"),
            {},
            ["NOT_ACCEPTED SYN"],
            id="dropped before the routing that would miss the VIP",
        ),
        pytest.param((f"{MARKED} 0x1",), MARK_SERVICE, {}, [], id="marked once"),
        pytest.param((f"{MARKED} 0x1", f"{MARKED} 0x9"), MARK_SERVICE, {}, ["NOT_SCHEDULED SYN"], id="marked again"),
        pytest.param((), MARK_SERVICE, {}, [], id="nobody marks: nobody to ask"),
    ],
)
def test_faults_outside_the_filter(
    rules: tuple[str, ...], services: tuple[str, ...], settings: dict[str, int], expected: list[str]
) -> None:
    assert lost(asked(survey(rules, services, settings))) == expected


def test_every_cause_that_is_named_is_tried() -> None:
    tried = {row[3] for row in TABLE if len(row) > 3}
    tried |= {"NO_FORWARDING", "NO_SERVER", "NOT_LOCAL", "NOT_SCHEDULED"}
    assert set(Cause.__members__) - tried == {"OTHER", "UNKNOWN"}


# -- scenes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "clients"),
    [
        ("-s 203.0.113.32/28", "203.0.113.32/28"),
        ("-s 203.0.113.77/32", "203.0.113.77/32"),
        ("-s 172.16.5.0/24 -i eth0", "172.16.5.0/24"),
        ("", f"{CLIENTS[0]}/32"),
        ("! -s 198.51.100.0/24", f"{CLIENTS[1]}/32"),
    ],
)
def test_the_client_that_a_rule_lets_in_is_found(options: str, clients: str) -> None:
    found = asked(survey((":INPUT DROP", f"-A INPUT {options} {PORT} -m state --state NEW -j ACCEPT"), service("dr")))
    assert {report.scene.client in ip_network(clients) for report in found} == {True}
    assert {report.scene.device for report in found} == {"eth0"}
    assert lost(found) == ["STATE_LOSES_CLOSE FIN", "STATE_LOSES_CLOSE RST"]


def test_each_rule_that_lets_clients_in_has_its_scene() -> None:
    rules = (
        ":INPUT DROP",
        f"-A INPUT -s 203.0.113.32/28 {PORT} -j ACCEPT",
        f"-A INPUT -s 172.16.5.0/24 {PORT} -m state --state NEW -j ACCEPT",
    )
    found = asked(survey(rules, service("dr")))
    assert len({report.scene.client for report in found}) == 2
    assert {str(loss.scene.client)[:9] for report in found for loss in report.losses} == {"172.16.5."}


def test_nobody_let_in_is_told_of_the_first_client() -> None:
    found = asked(survey((":INPUT DROP", "-A INPUT -s 203.0.113.9 -p tcp -m tcp --dport 81 -j ACCEPT"), service("dr")))
    assert {report.scene.client for report in found} == {CLIENTS[0]}
    assert {report.certain for report in found} == {Cause.NOT_ACCEPTED}


def test_no_scene_has_the_director_as_its_client() -> None:
    looked = survey(
        (":INPUT DROP", "-A INPUT -s 192.0.2.2 -j ACCEPT", "-A INPUT -s 127.0.0.1 -j ACCEPT"), service("dr")
    )
    tried = {scene.client for scene in scenes(looked, looked.kernel.services[0])}
    assert tried == set(CLIENTS) - {client for client in CLIENTS if int(client) in looked.kernel.fib.local}


def test_clients_come_in_where_their_route_goes_out() -> None:
    looked = survey(("-A INPUT -s 10.0.0.77 -j ACCEPT",), service("dr"))
    devices = {str(scene.client): scene.device for scene in scenes(looked, looked.kernel.services[0])}
    assert devices["10.0.0.77"] == "eth1"
    assert devices[str(CLIENTS[0])] == "eth0"


THREE = ("RIP:80 {} -w 1", "RIP2:80 {} -w 1", "RIP3:80 {} -w 1")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (("-A OUTPUT -d RIP -j ACCEPT", "-A OUTPUT -d RIP2 -j ACCEPT"), {"10.0.0.4"}),
        (("-A OUTPUT -d RIP2 -j ACCEPT",), {"10.0.0.2", "10.0.0.4"}),
        (("-A OUTPUT -d 10.0.0.0/29 -j ACCEPT",), set()),
    ],
)
def test_each_real_server_is_tried(rules: tuple[str, ...], expected: set[str]) -> None:
    found = asked(survey((":OUTPUT DROP", *rules), service("nat", servers=THREE), forwarding(1)))
    assert {str(loss.server.address) for report in found for loss in report.losses if loss.server} == expected
    assert set(lost(found)) <= {"LOST_IN_OUTPUT SYN"}


# -- what is unknown -------------------------------------------------------------------------------------------------

UNKNOWN = (
    "-m recent --rcheck --seconds 60 --name bad --mask 255.255.255.255 --rsource",
    "-m geoip --source-country DE",
    "-m nonsense --of-nobody",
)


@pytest.mark.parametrize("match", UNKNOWN, ids=["recent", "geoip", "nonsense"])
@pytest.mark.parametrize("verdict", ["DROP", "REJECT", "ACCEPT"])
def test_unknown_rules_alone_give_no_loss(match: str, verdict: str) -> None:
    assert lost(asked(survey((f"-A INPUT {match} -j {verdict}",), service("dr")))) == []
    assert (
        lost(
            asked(
                survey((":INPUT DROP", f"-A INPUT {match} -j {verdict}", f"-A INPUT {PORT} -j ACCEPT"), service("dr"))
            )
        )
        == []
    )


@pytest.mark.parametrize("match", UNKNOWN, ids=["recent", "geoip", "nonsense"])
def test_a_fault_behind_an_unknown_rule_is_not_certain(match: str) -> None:
    rules = (":INPUT DROP", f"-A INPUT {match} -j ACCEPT", f"-A INPUT {PORT} -m state --state NEW -j ACCEPT")
    found = asked(survey(rules, service("dr")))
    assert {report.certain for report in found} == {None}


@pytest.mark.parametrize("match", UNKNOWN, ids=["recent", "geoip", "nonsense"])
def test_a_fault_on_both_ways_is_certain(match: str) -> None:
    rules = (":INPUT DROP", f"-A INPUT {match} -j DROP", f"-A INPUT -p tcp -m tcp --dport 22 {match} -j ACCEPT")
    found = asked(survey(rules, service("dr")))
    assert {report.certain for report in found} == {Cause.NOT_ACCEPTED}


def test_an_address_that_nobody_has_told_ends_the_conversation() -> None:
    """Masqueraded without a word about interfaces: nobody knows to whom the real server would answer."""
    rules = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n"
    services = "-A -t 192.0.2.100:80 -s rr\n-a -t 192.0.2.100:80 -r 10.0.0.2:80 -m -w 1\n"
    files = {"iptables.rules": rules, "ipvsadm.rules": services, "sysctl.conf": "net.ipv4.vs.conntrack = 1\n"}
    kernel = Kernel(
        assemble(Group("host", tuple(Source(name, text) for name, text in files.items()))).host, merges=True
    )
    (service,) = kernel.services
    assert list(reports(Survey(kernel), service))
