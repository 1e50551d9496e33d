"""sysctl, ip -j, ss and uname."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_interface, ip_network

import pytest

from lvsconf.languages import ip_json, sockets, sysctl, uname
from lvsconf.model.host import Interface, Route, RoutingRule, Setting, Socket
from lvsconf.source import Source, Span


def test_sysctl():
    settings, problems = sysctl.read(
        Source(
            "f",
            "# c\nnet.ipv4.ip_forward = 1\nnet.ipv4.vs.sync_threshold = 3\t50\n\n"
            "kernel.domainname =\nnet.ipv4.ip_forward=0\n",
        )
    )
    assert not problems
    assert settings == {
        "net.ipv4.ip_forward": Setting("0", Span("f", 6, 1, 6, 22)),
        "net.ipv4.vs.sync_threshold": Setting("3\t50", Span("f", 3, 1, 3, 34)),
        "kernel.domainname": Setting("", Span("f", 5, 1, 5, 20)),
    }


@pytest.mark.parametrize(
    ("key", "dotted"),
    [
        ("net.ipv4.conf.eth0/5.forwarding", "net.ipv4.conf.eth0/5.forwarding"),
        ("net/ipv4/conf/eth0.5/forwarding", "net.ipv4.conf.eth0/5.forwarding"),
        ("single", "single"),
    ],
)
def test_sysctl_keys(key: str, dotted: str):
    assert sysctl.dotted(key) == dotted


def test_sysctl_lines_that_are_none():
    settings, problems = sysctl.read(Source("f", "no setting\nnet.ipv4.ip_forward 1\n= 3\nnet.a = 1 = 2\n"))
    assert [(problem.code, problem.span.line) for problem in problems] == [("LVS040", n) for n in (1, 2, 3)]
    assert settings["net.a"].value == "1 = 2"


ADDRESSES = [
    {
        "ifindex": 1,
        "ifname": "lo",
        "flags": ["LOOPBACK", "UP"],
        "mtu": 65536,
        "addr_info": [
            {"family": "inet", "local": "127.0.0.1", "prefixlen": 8},
            {"family": "inet6", "local": "::1", "prefixlen": 128},
        ],
    },
    {},
    {"ifindex": 2, "link": "eth1", "ifname": "eth0", "flags": ["BROADCAST"], "addr_info": [{"family": "mctp"}]},
    {
        "ifindex": 3,
        "ifname": "ppp0",
        "addr_info": [{"family": "inet", "local": "192.0.2.1", "address": "192.0.2.2", "prefixlen": 32}],
    },
]


def test_addresses():
    interfaces, problems = ip_json.read_addresses(Source("f", json.dumps(ADDRESSES)))
    assert not problems
    lo, eth0, ppp0 = interfaces
    assert lo.addresses == (ip_interface("127.0.0.1/8"), ip_interface("::1/128"))
    assert (lo.up, lo.mtu, lo.index) == (True, 65536, 1)
    assert (eth0.up, eth0.addresses) == (False, ())
    assert ppp0 == Interface("ppp0", 3, False, addresses=(ip_interface("192.0.2.1/32"),), span=ppp0.span)
    assert ip_json.recognise_addresses(json.dumps(ADDRESSES))


def test_routes():
    text = json.dumps(
        [
            {"dst": "default", "gateway": "192.0.2.254", "dev": "eth0", "metric": 100, "flags": []},
            {"type": "local", "dst": "192.0.2.1", "table": "local", "dev": "eth0", "prefsrc": "192.0.2.1"},
            {"type": "blackhole", "dst": "10.0.0.0/8", "table": 100},
            {
                "dst": "10.1.0.0/16",
                "nexthops": [{"gateway": "192.0.2.2", "dev": "eth0"}, {"via": {"host": "192.0.2.3"}, "dev": "eth1"}],
            },
        ],
        indent=1,
    )
    routes, problems = ip_json.read_routes(Source("f", text), 4)
    assert not problems
    assert routes[0] == Route(
        ip_network("0.0.0.0/0"), device="eth0", gateway=ip_address("192.0.2.254"), metric=100, span=routes[0].span
    )
    assert (routes[1].kind, routes[1].table, routes[1].source) == ("local", "local", ip_address("192.0.2.1"))
    assert (routes[2].kind, routes[2].table, routes[2].device) == ("blackhole", "100", None)
    assert [(str(route.gateway), route.device) for route in routes[3:]] == [
        ("192.0.2.2", "eth0"),
        ("192.0.2.3", "eth1"),
    ]
    assert routes[0].span == Span("f", 2, 2, 8, 3)
    assert ip_json.recognise_routes(text)


def test_policy_rules():
    text = json.dumps(
        [
            {"priority": 32766, "src": "all", "table": "main"},
            {"priority": 0, "src": "all", "table": "local"},
            {
                "priority": 5,
                "not": None,
                "src": "10.0.0.0",
                "srclen": 8,
                "fwmark": "0x1",
                "fwmask": "0xff",
                "iif": "eth0",
                "table": "7",
            },
            {"priority": 6, "src": "all", "dst": "192.0.2.1", "action": "prohibit"},
        ]
    )
    rules, problems = ip_json.read_rules(Source("f", text), 4)
    assert not problems
    assert [rule.priority for rule in rules] == [0, 5, 6, 32766]
    assert rules[1] == RoutingRule(
        5, "7", ip_network("10.0.0.0/8"), mark=(1, 255), iif="eth0", inverted=True, span=rules[1].span
    )
    assert (rules[2].destination, rules[2].action) == (ip_network("192.0.2.1/32"), "prohibit")
    assert ip_json.recognise_rules(text)
    assert not ip_json.recognise_routes(text)


def test_a_selector_that_is_not_modelled():
    rules, problems = ip_json.read_rules(Source("f", '[{"priority":1,"src":"all","ipproto":"tcp","table":"7"}]'), 4)
    assert len(rules) == 1
    assert [problem.message for problem in problems] == [
        "the selector `ipproto` of a policy rule is not understood yet"
    ]


@pytest.mark.parametrize(
    ("text", "count", "line"),
    [
        ("", 0, None),
        ("[]", 0, None),
        ("[ ]\n", 0, None),
        ("{}", 0, 1),
        ("prose", 0, 1),
        ('[{"ifname":"a"},\n{"ifname":"b"', 1, 2),
        ('[{"ifname":"a"}', 1, 1),
        ('[{"ifname":"a"}\n{"ifname":"b"}]', 1, 2),
        ('[{"ifname":"a"},', 1, 1),
        ('[{"ifname":"a"},\n{"mtu":5},\n{"ifname":"c"}]', 2, 2),
        ('[{"ifname":"a","flags":7}]', 0, 1),
        ('[{"ifname":"a","ifindex":"x"}]', 0, 1),
        ('[{"ifname":"a","addr_info":[{"family":"inet","local":"300.1.1.1","prefixlen":8}]}]', 0, 1),
        ('[{"ifname":"a","addr_info":{}}]', 0, 1),
        ("[7]", 0, 1),
        ("[" * 100000, 0, 1),
        ('[{"ifname":"a","ifindex":' + "9" * 5000 + "}]", 0, 1),
    ],
)
def test_json_that_is_not_understood(text: str, count: int, line: int | None):
    interfaces, problems = ip_json.read_addresses(Source("f", text))
    assert len(interfaces) == count
    assert [(problem.code, problem.span.line) for problem in problems] == ([] if line is None else [("LVS041", line)])


def test_sockets():
    text = (
        "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
        "tcp   LISTEN 0      128          0.0.0.0:22        0.0.0.0:*\n"
        "tcp   LISTEN 0      128                *:80              *:*\n"
        "tcp   LISTEN 0      128             [::]:443          [::]:*\n"
        "tcp   LISTEN 0      128      [2001:db8::1]:25         [::]:*\n"
        "udp   UNCONN 0      0      127.0.0.53%lo:53        0.0.0.0:*\n"
        "udp   UNCONN 0      0   [fe80::1]%eth0:546           [::]:*\n"
    )
    found, problems = sockets.read(Source("f", text))
    assert not problems
    assert [(item.proto, str(item.address), item.port) for item in found] == [
        (6, "None", 22),
        (6, "None", 80),
        (6, "None", 443),
        (6, "2001:db8::1", 25),
        (17, "127.0.0.53", 53),
        (17, "fe80::1", 546),
    ]
    assert found[0] == Socket(6, None, 22, Span("f", 2, 1, 2, 61))
    assert sockets.recognise(text)


def test_sockets_without_their_protocol():
    found, problems = sockets.read(Source("f", "LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\nUNCONN 0 0 0.0.0.0:53 0.0.0.0:*\n"))
    assert not problems
    assert [item.proto for item in found] == [6, 17]


@pytest.mark.parametrize(
    "line",
    [
        "what is this",
        "tcp LISTEN 0",
        "tcp LISTEN 0 128 nothing 0.0.0.0:*",
        "tcp LISTEN 0 1 1.2.3:5 x",
        "tcp LISTEN 0 1 1.2.3.4:70000 x",
    ],
)
def test_sockets_that_are_none(line: str):
    found, problems = sockets.read(Source("f", line + "\ntcp LISTEN 0 128 *:80 *:*\n"))
    assert [problem.code for problem in problems] == ["LVS042"]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("6.1.0-26-amd64\n", "6.1.0-26-amd64"),
        ("Linux host 5.10.0-8-amd64 #1 SMP Debian x86_64 GNU/Linux\n", "5.10.0-8-amd64"),
        ("\n  6.12\n", "6.12"),
        ("", None),
        ("2.6.32.9", "2.6.32.9"),
    ],
)
def test_uname(text: str, release: str | None):
    assert uname.read(Source("f", text)) == (release, ())
    assert uname.recognise(text) == (release is not None)


def test_uname_that_is_none():
    release, problems = uname.read(Source("f", "prose\n"))
    assert release is None
    assert [problem.span for problem in problems] == [Span("f", 1, 1, 1, 6)]
