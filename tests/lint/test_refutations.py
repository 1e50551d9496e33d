"""Somebody looks for a packet that refutes what is called proven."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.findings import Certainty
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import outcomes, replay
from lvsconf.kernel.world import PacketResult
from lvsconf.lab.directors import Director
from lvsconf.packets.packet import parse_list
from tests.kernel.builders import director, host_of
from tests.kernel.drawn import odd, usual
from tests.kernel.recording import read
from tests.lint.asking import lint_of

OUTSIDE = ("198.51.100.7", "203.0.113.9", "192.0.2.50", "8.8.8.8")
INSIDE = ("10.0.0.2", "10.0.0.77")
PORTS = (40000, 1024, 80, 8080, 53, 22, 443, 65000)

Changes = Mapping[str, Any]


def clients(ports: Iterable[int] = PORTS, more: Iterable[Changes] = ({},)) -> Iterator[Changes]:
    """Every client with every source port, and what else differs."""
    places = [*((client, "eth0") for client in OUTSIDE), *((client, "eth1") for client in INSIDE)]
    for (client, device), sport, other in product(places, ports, list(more)):
        yield {"src": client, "in": device, "sport": sport, **other}


def gets_through(way: PacketResult, client: str) -> bool:
    """IPVS has scheduled the packet, no rule took it, and it left or was answered here."""
    scheduled = any(step.kind == "ipvs" and step.verdict in ("NAT", "DR", "TUN") for step in way.steps)
    taken = any(step.verdict in ("DROP", "REJECT") for step in way.steps)
    arrived = way.fate == "forwarded" or any(item["dst"] == client for item in way.egress)
    return scheduled and arrived and not taken


def refuted(files: Mapping[str, str], tries: Iterable[Changes] | None = None) -> list[Changes]:
    """Clients that get through to a service although LVS312 is proven of it."""
    kernel = Kernel(host_of(files))
    found = []
    for finding in lint_of(files, select=["LVS312"]).findings:
        if finding.certainty is not Certainty.PROVEN or finding.witness is None:
            continue
        shown = finding.witness.packets[finding.witness.at]
        for changes in clients() if tries is None else tries:
            if changes["in"] not in kernel.fib.interfaces:
                continue
            packet = {**shown, **changes}
            ways = outcomes(replay(kernel, parse_list([packet])), 1)[0].outcomes
            found += [changes for way in ways if gets_through(way, packet["src"])]
    return found


NARROW = [each.files for each in read(Path(__file__).parent / "narrow.jsonl")]
"""Directors that let in nobody but clients with odd ports, or behind the inner interface."""


@pytest.mark.parametrize("files", [*(usual(seed).files for seed in range(36)), *NARROW])
def test_where_no_client_is_said_to_get_through_none_does(files: dict[str, str]) -> None:
    assert refuted(files) == []


@given(seed=st.integers(100_000, 10_000_000), draw=st.sampled_from([usual, odd]))
def test_no_random_director_is_refuted(seed: int, draw: Callable[[int], Director]) -> None:
    assert refuted(draw(seed).files) == []


SERVICE = ("-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -g -w 1")
ANY_PORT = ("-A -t VIP:0 -s rr -p 60", "-a -t VIP:0 -r RIP:0 -g -w 1")
MINIMAL = [
    (SERVICE, "-s 203.0.113.9 -p tcp -m tcp --dport 80"),
    (SERVICE, "-s 10.0.0.0/24 -i eth1 -p tcp -m tcp --dport 80"),
    (SERVICE, "-p tcp -m tcp ! --sport 40000 --dport 80"),
    (SERVICE, "-p tcp -m tcp --sport 1024:5000 --dport 80"),
    (SERVICE, "-p tcp -m tcp --sport 80"),
    (SERVICE, "-i eth1 -p tcp -m tcp --dport 80"),
    (SERVICE, "-i eth1"),
    (SERVICE, "-s 0.0.0.9/0.0.0.255 -p tcp -m tcp --dport 80"),
    (SERVICE, "-m ttl --ttl-eq 255"),
    (SERVICE, "-m length --length 140"),
    (ANY_PORT, "-p tcp -m tcp --dport 443"),
]
TRIES = [{"ttl": 255}, {"payload": 100}, {"dport": 443}, {}]


@pytest.mark.parametrize(("services", "match"), MINIMAL)
def test_a_rule_that_lets_only_some_clients_in(services: tuple[str, ...], match: str) -> None:
    files = director(services, ["filter :INPUT DROP", f"filter -A INPUT {match} -j ACCEPT"])
    tries = TRIES if services is ANY_PORT else [each for each in TRIES if "dport" not in each]
    assert refuted(files, clients(more=tries)) == []


# -- closed firewalls with holes -------------------------------------------------------------------------------------

NETWORKS = ("198.51.100.0/24", "203.0.113.8/31", "192.0.2.50", "10.0.0.64/26", "0.0.0.0/1", "0.0.0.9/0.0.0.255")
WORDS = st.one_of(
    st.builds("{}-s {}".format, st.sampled_from(["", "! "]), st.sampled_from(NETWORKS)),
    st.builds("{}-i {}".format, st.sampled_from(["", "! "]), st.sampled_from(["eth0", "eth1", "eth+"])),
    st.builds("-p tcp -m tcp --{} {}".format, st.sampled_from(["sport", "dport"]),
              st.sampled_from(["80", "443", "1024:5000", "40000", "22:80", "53:"])),
    st.builds("-p tcp -m multiport --{} 22,80:443,8080".format, st.sampled_from(["sports", "dports", "ports"])),
    st.sampled_from(["-m ttl --ttl-gt 200", "-m length --length 100:200", "-m mark --mark 0x1/0x1",
                     "-m conntrack --ctstate NEW", "-m conntrack ! --ctstate UNTRACKED", "-m state --state ESTABLISHED",
                     "-m iprange --src-range 198.51.100.1-203.0.113.9", "-p udp", "-p tcp -m tcp --syn"]),
)  # fmt: skip
MATCHES = st.lists(WORDS, max_size=2).map(" ".join)
TARGETS = ["ACCEPT", "ACCEPT", "DROP", "RETURN", "U", "U", "LOG"]
EARLY = ["mangle -A PREROUTING {} -j MARK --set-xmark 0x1/0x3", "mangle -A PREROUTING {} -j DROP",
         "raw -A PREROUTING {} -j CT --notrack", "mangle -A INPUT {} -j MARK --or-mark 0x4",
         "mangle -A PREROUTING {} -j MARK --set-mark 0x4"]  # fmt: skip
MARK = ("-A -f 5 -s rr", "-a -f 5 -r RIP:0 -g -w 1")
MARKING = "mangle -A PREROUTING -d VIP -p tcp -m multiport --dports 80,443 -j MARK --set-mark 5"


def _fits(rule: str) -> bool:
    """iptables takes each option, and -p above all, only once."""
    options = [word for word in rule.split() if word.startswith("-") and word not in ("-m", "-A", "-j")]
    modules = [pair for pair in zip(rule.split(), rule.split()[1:], strict=False) if pair[0] == "-m"]
    return len(options) == len(set(options)) and len(modules) == len(set(modules))


@st.composite
def firewalls(draw: st.DrawFn) -> list[str]:
    """INPUT closed by its policy, with rules that let some in, a user chain, and rules ahead of it."""
    early = [draw(st.sampled_from(EARLY)).format(draw(MATCHES)) for _ in range(draw(st.integers(0, 3)))]
    inner = [
        f"filter -A U {draw(MATCHES)} -j {draw(st.sampled_from(TARGETS[:4]))}" for _ in range(draw(st.integers(0, 3)))
    ]
    outer = [
        f"filter -A INPUT {draw(MATCHES)} -j {draw(st.sampled_from(TARGETS))}" for _ in range(draw(st.integers(1, 4)))
    ]
    rules = [rule for rule in (*early, *inner, *outer) if _fits(rule)]
    return ["filter :INPUT DROP", "filter :U -", *rules]


@given(rules=firewalls(), services=st.sampled_from([SERVICE, ANY_PORT, (MARKING, *MARK)]))
def test_no_closed_firewall_is_refuted(rules: list[str], services: tuple[str, ...]) -> None:
    marking = [line for line in services if line.startswith("mangle")]
    files = director([line for line in services if line not in marking], [*marking, *rules])
    ports = (40000, 1024, 5001, 80, 53)
    tries = [each for each in TRIES if services is not SERVICE or "dport" not in each]
    assert refuted(files, clients(ports, tries)) == []


def test_a_refutation_would_be_found() -> None:
    """What this file looks with does see packets that get through."""
    files = director(SERVICE, ["filter :INPUT DROP", "filter -A INPUT -s 203.0.113.9 -j ACCEPT"])
    kernel = Kernel(host_of(files))
    packet = {"in": "eth0", "dst": "192.0.2.100", "proto": "tcp", "sport": 40000, "dport": 80}
    for client, through in (("203.0.113.9", True), ("8.8.8.8", False)):
        ways = outcomes(replay(kernel, parse_list([{**packet, "src": client}])), 1)[0].outcomes
        assert [gets_through(way, client) for way in ways] == [through]
