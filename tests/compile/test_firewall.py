"""What each method needs of the chains, as rules: the reasons are in lvsconf/compile/firewall.py."""

from __future__ import annotations

import pytest

from tests.compile.example import (
    BEHIND_DIRECTOR,
    DIRECTOR,
    DR,
    NAT,
    ONE_ARMED,
    TUN,
    changed,
    cluster,
    file,
    rules,
    service,
)

VIP = "192.0.2.100/32"
OWN = "-m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT"
UDP_DR = changed(DR, "tcp 80", "udp 53; one-packet")
UDP_NAT = changed(changed(NAT, "tcp 80", "udp 53"), "web1:8080", "web1:5353")
NAT_CONNTRACK = changed(NAT, "gateway 192.0.2.1\n", "gateway 192.0.2.1\n    conntrack on\n")


@pytest.mark.parametrize(
    ("text", "accept"),
    [
        (DR, f"-d {VIP} -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT"),
        (TUN, f"-d {VIP} -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT"),
        (NAT, f"-d {VIP} -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT"),
        (NAT_CONNTRACK, f"-d {VIP} -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT"),
        (UDP_DR, f"-d {VIP} -i eth0 -p udp -m udp --dport 53 -j ACCEPT"),
        (UDP_NAT, f"-d {VIP} -i eth0 -p udp -m udp --dport 53 -j ACCEPT"),
    ],
)
def test_a_service_is_accepted_before_states_are_looked_at(text: str, accept: str) -> None:
    assert rules(text, "lb1", "INPUT") == [
        "-i lo -j ACCEPT",
        "-p icmp -m icmp --icmp-type 3 -j ACCEPT",
        "-p icmp -m icmp --icmp-type 8 -j ACCEPT",
        "-p icmp -m icmp --icmp-type 11 -j ACCEPT",
        accept,
        f"-d {VIP} -j DROP",
        "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-s 192.0.2.0/24 -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DR, []),
        (TUN, []),
        (UDP_DR, []),
        (
            NAT,
            [
                "-s 10.0.0.2/32 -i eth1 -o eth0 -p tcp -m tcp --sport 8080 ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT",
                "-i eth1 -o eth0 -p icmp -m icmp --icmp-type 3 -j ACCEPT",
                "-i eth1 -o eth0 -p icmp -m icmp --icmp-type 11 -j ACCEPT",
            ],
        ),
        (
            UDP_NAT,
            [
                "-s 10.0.0.2/32 -i eth1 -o eth0 -p udp -m udp --sport 5353 -j ACCEPT",
                "-i eth1 -o eth0 -p icmp -m icmp --icmp-type 3 -j ACCEPT",
                "-i eth1 -o eth0 -p icmp -m icmp --icmp-type 11 -j ACCEPT",
            ],
        ),
        (NAT_CONNTRACK, ["-i eth1 -o eth0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"]),
    ],
)
def test_only_answers_of_nat_cross_forward(text: str, expected: list[str]) -> None:
    assert rules(text, "lb1", "FORWARD") == expected


RESET = f"-s {VIP} -p tcp -m tcp --sport 80 --tcp-flags RST RST -j ACCEPT"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DR, [f"-d {VIP} -o eth1 -p tcp -m tcp --dport 80 -j ACCEPT", RESET]),
        (TUN, ["-d 10.9.1.2/32 -o eth1 -p ipencap -j ACCEPT", RESET]),
        (NAT, ["-d 10.0.0.2/32 -o eth1 -p tcp -m tcp --dport 8080 -j ACCEPT", RESET]),
        (NAT_CONNTRACK, ["-d 10.0.0.2/32 -o eth1 -p tcp -m tcp --dport 8080 -j ACCEPT", RESET]),
        (UDP_DR, [f"-d {VIP} -o eth1 -p udp -m udp --dport 53 -j ACCEPT"]),
        (UDP_NAT, ["-d 10.0.0.2/32 -o eth1 -p udp -m udp --dport 5353 -j ACCEPT"]),
    ],
)
def test_output_has_the_addresses_that_ipvs_gives_a_request(text: str, expected: list[str]) -> None:
    assert rules(text, "lb1", "OUTPUT") == ["-o lo -j ACCEPT", "-p icmp -j ACCEPT", *expected, OWN]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            DR,
            [
                f"-d {VIP} -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT",
                "-s 10.0.0.1/32 -d 10.0.0.2/32 -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT",
                f"-d {VIP} -j DROP",
            ],
        ),
        (
            TUN,
            [
                "-s 10.0.0.1/32 -d 10.9.1.2/32 -i eth0 -p ipencap -j ACCEPT",
                f"-d {VIP} -i tunl0 -p tcp -m tcp --dport 80 -j ACCEPT",
                "-s 10.0.0.1/32 -d 10.9.1.2/32 -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT",
                f"-d {VIP} -j DROP",
            ],
        ),
        (NAT, ["-d 10.0.0.2/32 -i eth0 -p tcp -m tcp --dport 8080 -j ACCEPT"]),
    ],
)
def test_a_real_server_takes_what_its_method_brings(text: str, expected: list[str]) -> None:
    assert rules(text, "web1", "INPUT")[4:-1] == expected
    assert rules(text, "web1", "FORWARD") == []


def test_a_tunnel_s_real_server_asks_for_segments_that_fit() -> None:
    clamp = f"-s {VIP} -p tcp -m tcp --sport 80 --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1440"
    assert rules(TUN, "web1", "POSTROUTING") == [clamp]


def test_one_armed_nat_keeps_its_neighbours_out() -> None:
    text = cluster(ONE_ARMED, BEHIND_DIRECTOR, service("tcp 80; method nat; to web1"))
    assert rules(text, "lb1", "INPUT")[4:6] == [
        f"-s 10.0.0.0/24 -d {VIP} -i eth0 -p tcp -m tcp --dport 80 -j DROP",
        f"-d {VIP} -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT",
    ]
    assert rules(text, "lb1", "FORWARD")[0].startswith("-s 10.0.0.2/32 -i eth0 -o eth0 ")


def test_what_is_allowed_everywhere_asks_no_source() -> None:
    text = changed(DR, "allow tcp 22 from 192.0.2.0/24", "allow udp 161; allow tcp 22 from 0.0.0.0/0, 10.0.0.5")
    assert rules(text, "lb1", "INPUT")[-3:] == [
        "-p udp -m udp --dport 161 -m conntrack --ctstate NEW -j ACCEPT",
        "-p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT",
        "-s 10.0.0.5/32 -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT",
    ]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("", ["DROP", "DROP", "DROP"]),
        ("policy drop", ["DROP", "DROP", "DROP"]),
        ("policy accept", ["ACCEPT", "ACCEPT", "ACCEPT"]),
        ("policy output accept", ["DROP", "DROP", "ACCEPT"]),
        ("policy input drop; policy accept", ["DROP", "ACCEPT", "ACCEPT"]),
    ],
)
def test_policies(statements: str, expected: list[str]) -> None:
    text = cluster(changed(DIRECTOR, "gateway", f"{statements}\n    gateway"))
    policies = [line.split()[1] for line in file(text, "lb1/iptables.rules").splitlines() if line.startswith(":")]
    assert policies == expected
