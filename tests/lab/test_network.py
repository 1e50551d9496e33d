from typing import Any

from lvsconf.lab import network

ETH0: dict[str, Any] = {
    "ifname": "eth0",
    "flags": ["BROADCAST", "UP"],
    "mtu": 1500,
    "link_type": "ether",
    "addr_info": [
        {"family": "inet", "local": "192.0.2.1", "prefixlen": 24, "broadcast": "192.0.2.255", "scope": "global"},
        {"family": "inet6", "local": "2001:db8::1", "prefixlen": 64, "scope": "global"},
    ],
}
LOOPBACK: dict[str, Any] = {
    "ifname": "lo",
    "flags": ["LOOPBACK", "UP"],
    "addr_info": [
        {"family": "inet", "local": "127.0.0.1", "prefixlen": 8, "scope": "host", "label": "lo"},
        {"family": "inet", "local": "192.0.2.100", "prefixlen": 32, "scope": "global", "label": "lo:0"},
    ],
}
TUNNEL: dict[str, Any] = {"ifname": "tunl0", "flags": ["NOARP"], "link_type": "ipip", "address": "0.0.0.0"}


def test_links_and_addresses() -> None:
    links = [LOOPBACK, ETH0, TUNNEL]
    lines = network.link_lines(links, {"eth0": "p0.0"}, {"eth0": "02:ff:00:00:00:00"})
    assert lines == ["link add name eth0 address 02:ff:00:00:00:00 mtu 1500 type veth peer name p0.0 mtu 65535 netns 1"]
    assert network.up_lines(links) == ["link set dev lo up", "link set dev eth0 up"]
    assert network.address_lines(links, six=False) == [
        "address add 192.0.2.100/32 scope global label lo:0 dev lo",
        "address add 192.0.2.1/24 broadcast 192.0.2.255 scope global dev eth0",
    ]
    assert network.address_lines([ETH0], six=True)[1:] == [
        "address add 2001:db8::1/64 scope global dev eth0 nodad",
        "address add fe80::ff:fe00:0/64 dev eth0 nodad",
    ]


def test_routes_through_gateways_come_last() -> None:
    routes: list[dict[str, Any]] = [
        {"dst": "default", "gateway": "192.0.2.254", "dev": "eth0", "flags": []},
        {"dst": "192.0.2.0/24", "dev": "eth0", "protocol": "kernel", "scope": "link", "prefsrc": "192.0.2.1"},
        {"type": "local", "dst": "default", "dev": "lo", "table": "100", "scope": "host"},
        {"type": "multicast", "dst": "ff00::/8", "dev": "eth0", "table": "local", "pref": "medium"},
        {"dst": "default", "gateway": "2001:db8::ff", "dev": "eth0", "metric": 1024, "pref": "medium"},
    ]
    tables = network.Tables()
    assert network.route_lines(routes, 4, tables) == [
        "route replace 192.0.2.0/24 dev eth0 table 254 proto kernel scope link src 192.0.2.1",
        "route replace local default dev lo table 100 scope host",
        "route replace default via 192.0.2.254 dev eth0 table 254",
    ]
    assert network.route_lines(routes, 6, tables) == [
        "route append default via 2001:db8::ff dev eth0 table 254 metric 1024"
    ]


def test_named_tables_get_one_number() -> None:
    tables = network.Tables()
    assert tables.number("inside") == tables.number("inside") > 255
    assert (tables.number("main"), tables.number("100"), tables.number(7)) == (254, 100, 7)


def test_rules() -> None:
    rules: list[dict[str, Any]] = [
        {"priority": 0, "src": "all", "table": "local"},
        {"priority": 100, "src": "10.0.0.0", "srclen": 24, "fwmark": "0x1", "fwmask": "0xff", "table": "100"},
        {"priority": 200, "not": None, "src": "all", "iif": "eth0", "action": "prohibit"},
    ]
    assert network.rule_lines(rules, network.Tables()) == [
        "rule flush",
        "rule del priority 0",
        "rule add from all priority 0 table 255",
        "rule add from 10.0.0.0/24 fwmark 0x1/0xff priority 100 table 100",
        "rule add not from all iif eth0 priority 200 prohibit",
    ]


def test_rules_that_a_kernel_has_anyway_are_left_alone() -> None:
    rules: list[dict[str, Any]] = [
        {"priority": 0, "src": "all", "table": "local"},
        {"priority": 32766, "src": "all", "table": "main"},
        {"priority": 32767, "src": "all", "table": "default"},
    ]
    assert network.rule_lines(rules, network.Tables()) == []
    assert network.rule_lines(rules[:2], network.Tables()) == []
    assert len(network.rule_lines(rules[1:], network.Tables())) == 4
    rules[1]["iif"] = "eth0"
    assert len(network.rule_lines(rules, network.Tables())) == 5


def test_next_hops_are_found_and_readable() -> None:
    texts = [
        "-a -t 192.0.2.100:80 -r 10.0.0.2:80 -m",
        "-r [fd00::2]:80",
        '"gateway": "192.0.2.254"',
        "224.0.0.18 1.2.3",
    ]
    assert network.addresses_in(texts) == ["192.0.2.100", "10.0.0.2", "fd00::2", "192.0.2.254"]
    neighbours = network.Neighbours()
    macs = [neighbours.mac(address) for address in ("10.0.0.2", "fd00::2", "fd00::3", "fd00::2")]
    assert macs[0] == "02:04:0a:00:00:02"
    assert macs[1] == macs[3] != macs[2]
    assert [neighbours.address(mac) for mac in macs] == ["10.0.0.2", "fd00::2", "fd00::3", "fd00::2"]


def test_destination_mac() -> None:
    own = "02:ff:00:00:00:00"
    assert network.destination_mac("192.0.2.100", ETH0, own) == own
    assert network.destination_mac("192.0.2.255", ETH0, own) == "ff:ff:ff:ff:ff:ff"
    assert network.destination_mac("224.0.0.18", ETH0, own) == "01:00:5e:00:00:12"
    assert network.destination_mac("ff02::1", ETH0, own) == "33:33:00:00:00:01"
