"""`ip` in text form says the same as `ip -j`."""

from __future__ import annotations

import dataclasses
import subprocess
from ipaddress import ip_address, ip_interface, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.languages import ip_json, ip_text
from lvsconf.source import Source

ADDRESSES = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet 192.0.2.10/32 scope global lo:0
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host
       valid_lft forever preferred_lft forever
7: eth0.5@eth0: <NO-CARRIER,BROADCAST,MULTICAST> mtu 1400 qdisc noop state DOWN group default
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    altname enp1s0
    inet 10.9.0.1 peer 10.9.0.2/30 scope global eth0.5
       valid_lft forever preferred_lft forever
"""

ROUTES = """\
default via 10.0.0.254 dev eth0 proto dhcp src 10.0.0.1 metric 100
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1
10.5.0.0/16 proto static metric 7
\tnexthop via 10.0.0.2 dev eth0 weight 1
\tnexthop via 10.0.0.3 dev eth1 weight 2 onlink
10.7.0.0/16 via inet6 fe80::1 dev eth0 mtu lock 1400
blackhole 10.6.0.0/16
local 192.0.2.10 dev lo table local proto kernel scope host src 192.0.2.10
"""

RULES = """\
0:\tfrom all lookup local
50:\tnot from 10.0.0.0/8 to 192.0.2.1 iif eth0 [detached] lookup 100
60:\tfrom 10.1.0.0/16 prohibit
73:\tfrom all fwmark 0x1/0xff oif eth1 lookup vip proto static
32766:\tfrom all lookup main
"""


def test_addresses():
    (lo, vlan), problems = ip_text.read_addresses(Source("a", ADDRESSES))
    assert not problems
    assert (lo.name, lo.index, lo.up, lo.mtu) == ("lo", 1, True, 65536)
    assert lo.flags == ("LOOPBACK", "UP", "LOWER_UP")
    assert lo.addresses == tuple(ip_interface(item) for item in ("127.0.0.1/8", "192.0.2.10/32", "::1/128"))
    assert (vlan.name, vlan.up, vlan.mtu, vlan.addresses) == ("eth0.5", False, 1400, (ip_interface("10.9.0.1/32"),))
    assert (vlan.span.line, vlan.span.end_line) == (9, 13)


def test_routes():
    routes, problems = ip_text.read_routes(Source("r", ROUTES), 4)
    assert not problems
    assert [(str(r.destination), r.kind, r.table, r.device, r.metric) for r in routes] == [
        ("0.0.0.0/0", "unicast", "main", "eth0", 100),
        ("10.0.0.0/24", "unicast", "main", "eth0", 0),
        ("10.5.0.0/16", "unicast", "main", "eth0", 7),
        ("10.5.0.0/16", "unicast", "main", "eth1", 7),
        ("10.7.0.0/16", "unicast", "main", "eth0", 0),
        ("10.6.0.0/16", "blackhole", "main", None, 0),
        ("192.0.2.10/32", "local", "local", "lo", 0),
    ]
    gateways = ["10.0.0.254", None, "10.0.0.2", "10.0.0.3", "fe80::1", None, None]
    assert [r.gateway for r in routes] == [item and ip_address(item) for item in gateways]
    assert routes[0].source == ip_address("10.0.0.1")


def test_rules():
    rules, problems = ip_text.read_rules(Source("r", RULES), 4)
    assert not problems
    assert [(r.priority, r.table, r.action, r.inverted) for r in rules] == [
        (0, "local", "lookup", False),
        (50, "100", "lookup", True),
        (60, "main", "prohibit", False),
        (73, "vip", "lookup", False),
        (32766, "main", "lookup", False),
    ]
    assert (rules[1].source, rules[1].destination) == (ip_network("10.0.0.0/8"), ip_network("192.0.2.1/32"))
    assert (rules[1].iif, rules[3].mark, rules[3].oif) == ("eth0", (1, 0xFF), "eth1")


@pytest.mark.parametrize(
    "line",
    ["70:\tfrom all ipproto tcp dport 80 lookup 100", "71:\tfrom all goto 32766", "72:\tfrom all tos 0x10 lookup main"],
)
def test_a_selector_that_is_not_understood_is_told(line):
    rules, problems = ip_text.read_rules(Source("r", line), 4)
    assert len(rules) == 1
    assert [problem.code for problem in problems] == ["LVS041"]


@pytest.mark.parametrize(
    "line", ["10.0.0.0/33 dev eth0", "2001:db8::/129 dev eth0", "default via", "local", "\tnexthop"]
)
def test_a_bad_route_costs_only_itself(line):
    routes, problems = ip_text.read_routes(Source("r", f"{line}\nblackhole 10.6.0.0/16\n"), 4)
    assert len(routes) == 1
    assert [(problem.code, problem.span.line) for problem in problems] == [("LVS041", 1)]


def test_each_kind_is_recognised_by_its_own_only():
    recognise = (ip_text.recognise_addresses, ip_text.recognise_routes, ip_text.recognise_rules)
    for index, text in enumerate((ADDRESSES, ROUTES, RULES)):
        assert [each(text) for each in recognise] == [place == index for place in range(3)]


WORDS = st.lists(st.sampled_from([*ADDRESSES.split(" "), *ROUTES.split(" "), *RULES.split(" "), "\n", "\t", "!"]))


@given(WORDS.map(" ".join) | st.text())
def test_nothing_breaks_it(text):
    source = Source("x", text)
    for _, problems in (
        ip_text.read_addresses(source),
        ip_text.read_routes(source, 4),
        ip_text.read_rules(source, 6),
    ):
        for problem in problems:
            assert 1 <= problem.span.line <= problem.span.end_line <= len(source.lines)
    for recognises in (ip_text.recognise_addresses, ip_text.recognise_routes, ip_text.recognise_rules):
        recognises(text)


SETUP = """\
ip link set lo up
ip link add eth0 type veth peer name eth1
ip link set eth0 up
ip addr add 10.0.0.1/24 dev eth0
ip addr add 192.0.2.10/32 dev lo label lo:0
ip addr add 10.9.0.1 peer 10.9.0.2/30 dev eth0
ip -6 addr add 2001:db8::1/64 dev eth0 nodad
ip route add default via 10.0.0.254 metric 5
ip route add 10.5.0.0/16 nexthop via 10.0.0.2 weight 1 nexthop via 10.0.0.3 weight 2
ip route add 10.6.0.0/16 via inet6 fe80::1 dev eth0 mtu lock 1400
ip route add blackhole 10.7.0.0/16
ip route add 10.8.0.0/16 dev eth0 table 100 src 192.0.2.10
ip -6 route add 2001:db8:5::/48 nexthop via 2001:db8::2 nexthop via 2001:db8::3
ip -6 route add unreachable default
ip rule add fwmark 1/0xff lookup 100
ip rule add not from 10.0.0.0/8 to 192.0.2.1 iif gone0 lookup 100 prio 50
ip rule add prio 60 from 10.1.0.0/16 prohibit
ip -6 rule add fwmark 7 oif eth0 lookup 100
"""


def _asked(tool, command: str) -> str:
    run = subprocess.run(
        [tool("unshare"), "-n", "sh", "-ec", f"PATH=$PATH:/usr/sbin:/sbin\n{SETUP}" + command.format(ip=tool("ip"))],
        capture_output=True,
        text=True,
    )
    if run.returncode:
        pytest.skip(f"no network namespace to try this in: {run.stderr.strip()}")
    return run.stdout


def _bare(items):
    return [dataclasses.replace(item, span=None) for item in items]


@pytest.mark.oracle
@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("what", ["address", "route show table all", "rule"])
def test_as_the_json_form(what, family, tool):
    text = Source("text", _asked(tool, f"{{ip}} -{family} {what}"))
    json = Source("json", _asked(tool, f"{{ip}} -{family} -j {what}"))
    kind = what.split()[0]
    if kind == "address":
        found, expected = ip_text.read_addresses(text), ip_json.read_addresses(json)
    elif kind == "route":
        found, expected = ip_text.read_routes(text, family), ip_json.read_routes(json, family)
    else:
        found, expected = ip_text.read_rules(text, family), ip_json.read_rules(json, family)
    assert found[1] == expected[1] == ()
    assert _bare(found[0]) == _bare(expected[0])
    assert found[0]


BOTH = """default via 192.0.2.1 dev eth0
default via inet6 fe80::9 dev eth2 metric 50
default dev tun0 scope link metric 100
local 192.0.2.2 dev eth0 table local proto kernel scope host src 192.0.2.2
fd00::/64 dev eth0 proto kernel metric 256 pref medium
default via fd00::1 dev eth0 metric 1024 pref medium
default dev tun1 metric 2048 pref medium
multicast ff00::/8 dev eth0 table local proto kernel metric 256 pref medium
"""


def test_routes_of_both_families_are_told_apart() -> None:
    for family, devices in ((4, ["eth0", "eth2", "tun0", "eth0"]), (6, ["eth0", "eth0", "tun1", "eth0"])):
        routes, problems = ip_text.read_routes(Source("f", BOTH), family)
        assert problems == ()
        assert [route.device for route in routes] == devices
        assert {route.destination.version for route in routes} == {family}


@pytest.mark.oracle
def test_the_json_of_both_families_reads_the_same(tool) -> None:
    ip = tool("ip")
    text, data = (
        subprocess.run(
            [ip, *option, "route", "show", "table", "all"], capture_output=True, text=True, check=True
        ).stdout
        for option in ([], ["-j"])
    )
    for family in (4, 6):
        found = [reader.read_routes(Source("f", said), family) for reader, said in ((ip_text, text), (ip_json, data))]
        plain = [
            [dataclasses.replace(route, span=None) for route in routes] for routes, problems in found if not problems
        ]
        assert len(plain) == 2
        assert plain[0] == plain[1]
