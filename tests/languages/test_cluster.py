"""Reading the cluster language: what it takes, and what it says about the rest."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.languages.cluster import read
from lvsconf.model.cluster import Allow, Cluster, InterfaceRole, Persistence, Policies
from lvsconf.model.ipvs import ForwardingMethod
from lvsconf.source import Source

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "clusters" / "mixed.cluster"


FULL = """\

# comments and blank lines stand anywhere
cluster "web" {;
  director lb1 {
    interface eth0 { address 192.0.2.2/24; address 192.0.2.3/24; role outside };
    interface eth1.100 {
      address 10.0.0.1/24   # inside

      role inside
    }
    gateway 192.0.2.1
    route 10.9.0.0/16 via 10.0.0.254
    allow tcp 22 from 192.0.2.0/24,   # the office
      # and the one behind it
      10.1.2.3
    allow udp 161
    policy drop; policy output accept
    conntrack on }
  realserver director { address 10.0.0.2; gateway 10.0.0.1; policy accept }
  realserver nat { address 10.0.0.3/24 on ens3 }
  service tcp {
    vip 192.0.2.100; tcp 80; method nat
    scheduler mh; persistent 5m netmask 255.255.0.0
    to director:8080 weight 2,
       nat
    to nat:81
  }
  service dns { one-packet; to nat; method dr; udp 53; vip 192.0.2.100 }
}
"""


def cluster_of(text: str) -> Cluster:
    reading = read(Source("web.cluster", text))
    assert reading.problems == ()
    assert reading.cluster is not None
    return reading.cluster


def test_everything() -> None:
    found = cluster_of(FULL)
    director = found.director
    assert (found.name.value, director.name.value) == ("web", "lb1")
    assert [interface.name.value for interface in director.interfaces] == ["eth0", "eth1.100"]
    assert [address.value for address in director.interfaces[0].addresses] == [
        IPv4Interface("192.0.2.2/24"),
        IPv4Interface("192.0.2.3/24"),
    ]
    assert [interface.role for interface in director.interfaces] == [InterfaceRole.OUTSIDE, InterfaceRole.INSIDE]
    assert director.gateway is not None and director.gateway.value == IPv4Address("192.0.2.1")
    assert [(route.destination.value, route.gateway.value) for route in director.routes] == [
        (IPv4Network("10.9.0.0/16"), IPv4Address("10.0.0.254"))
    ]
    sources = (IPv4Network("192.0.2.0/24"), IPv4Network("10.1.2.3/32"))
    assert director.allows == (Allow(6, 22, sources), Allow(17, 161))
    assert director.policies == Policies("DROP", "DROP", "ACCEPT")
    assert director.conntrack is not None and director.conntrack.value is True
    one, other = found.servers
    assert (one.name.value, one.prefix, one.interface, one.policies.forward) == ("director", None, "eth0", "ACCEPT")
    assert (other.name.value, other.prefix, other.interface, other.gateway) == ("nat", 24, "ens3", None)
    http, dns = found.services
    assert (http.name.value, http.proto, http.port.value, http.scheduler) == ("tcp", 6, 80, "mh")
    assert http.method.value is ForwardingMethod.NAT
    assert http.persistence == Persistence(300, 16)
    assert [(to.server.value, to.port and to.port.value, to.weight) for to in http.destinations] == [
        ("director", 8080, 2),
        ("nat", None, 1),
        ("nat", 81, 1),
    ]
    assert (dns.proto, dns.scheduler, dns.persistence) == (17, "wlc", None)
    assert dns.one_packet is not None


def test_places() -> None:
    found = cluster_of(FULL)
    place = found.services[0].destinations[1].server.span
    assert (place.file, place.line, place.column, place.end_column) == ("web.cluster", 25, 8, 11)
    assert found.name.span.column == 9


def test_carriage_returns_and_no_newline_at_the_end() -> None:
    assert cluster_of(FULL.replace("\n", "\r\n").rstrip()).services[1].port.value == 53


def said(text: str) -> list[str]:
    reading = read(Source("web.cluster", text))
    assert (reading.cluster is None) is bool(reading.problems)
    return [
        f"{problem.span.line}:{problem.span.column}: {problem.message}" + (f" ({problem.help})" if problem.help else "")
        for problem in reading.problems
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: unexpected end of the file: expected `cluster` or `;`"),
        ("cluster {", "1:9: unexpected `{`: expected a name"),
        ("cluster web", "1:12: unexpected end of the file: expected `{`"),
        ("cluster web\n{", "1:12: unexpected end of the line: expected `{`"),
        (
            "cluster web {\n  directr lb1 {}\n}",
            "2:3: unexpected `directr`: expected `director`, `realserver`, `service` or `}` (did you mean `director`?)",
        ),
        (
            "cluster w { director d { interfce } }",
            "1:26: unexpected `interfce`: expected `allow`, `conntrack`, `gateway`, `interface`, `policy`,"
            " `route`, `;` or `}` (did you mean `interface`?)",
        ),
        (
            "cluster w { director d { interface e { role inside, } } }",
            "1:51: unexpected `,`: expected `;` or `}`",
        ),
        ("cluster w { service a { tcp\n80 } }", "1:28: unexpected end of the line: expected a port from 1 to 65535"),
        ("cluster w { service a { tcp 80 udp 80 } }", "1:32: unexpected `udp`: expected `;` or `}`"),
        ("cluster w { service a { tpc 80 } }", "(did you mean `tcp`?)"),
        ("cluster w { service a { method direct } }", "1:32: unexpected `direct`: expected `dr`, `nat` or `tun`"),
        ("cluster w { service a { scheduler wlcc } }", "(did you mean `wlc`?)"),
        ("cluster w { service a { to web1 wieght 2 } }", "(did you mean `weight`?)"),
        ("cluster w { service a { vip; } }", "1:28: unexpected `;`: expected an address, such as `192.0.2.1`"),
        ('cluster w { service "a } }', '1:21: a `"` that nothing closes: expected another one on the same line'),
        ("cluster w { };\n}", "2:1: unexpected `}`: expected the end of the file"),
        ("cluster w { , }", "1:13: unexpected `,`"),
        ("cluster w { service a { to b,, c } }", "1:30: unexpected `,`"),
    ],
)
def test_what_cannot_be_parsed(text: str, expected: str) -> None:
    (line,) = said(text)
    assert expected in line


def host(statements: str) -> str:
    return f"cluster w {{ director d {{ interface e {{ address 10.0.0.1/24; role both }}\n{statements} }} }}"


def virtual(statements: str) -> str:
    return host("").removesuffix(" }") + f"; service s {{\n{statements} }} }}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (host("gateway 2001:db8::1"), "2:9: 2001:db8::1 is an IPv6 address: clusters are IPv4 only so far"),
        (host("gateway 10.0.0.300"), "'10.0.0.300' is not an address: expected one such as `192.0.2.1`"),
        (host("gateway 10.0.0.1/24"), "'10.0.0.1/24' is not an address"),
        (host("gateway 224.0.0.1"), "224.0.0.1 is not the address of a host"),
        (host("gateway 127.0.0.1"), "127.0.0.1 is not the address of a host"),
        (host("gateway 10.0.0.1; gateway 10.0.0.2"), "2:27: director d has its gateway twice; the first is in line 2"),
        (host("route 10.0.0.1/8 via 10.0.0.2"), "10.0.0.1/8 is a host in a network: did you mean `10.0.0.0/8`?"),
        (host("route everywhere via 10.0.0.2"), "'everywhere' is not a network"),
        (host("allow tcp 0"), "'0' is not a port: expected a number from 1 to 65535"),
        (host("allow tcp 65536"), "'65536' is not a port"),
        (host("allow tcp ８０"), "is not a port"),
        (host("allow tcp http"), "'http' is not a port"),
        (host("interface lo { address 10.1.0.1/24; role both }"), "2:11: `lo` can't be used here"),
        (host("interface e+ { address 10.1.0.1/24; role both }"), "'e+' is not the name of an interface"),
        (host("interface abcdefghijklmnop { role both }"), "of 15 characters at most"),
        (host("interface f { role both }"), "2:11: interface f has no address: expected a line such as `address 192"),
        (host("interface f { address 10.1.0.1/24 }"), "interface f has no role"),
        (host("interface f { address 10.1.0.1; role both }"), "'10.1.0.1' is not an interface's address"),
        (host("interface f { address 10.1.0.0/24; role both }"), "names the network or its broadcast address"),
        (host("policy drop; policy accept"), "2:21: a second policy for all chains"),
        (host("policy input drop; policy input accept"), "a second policy for input"),
        ("cluster w {}", "1:9: the cluster has no director: expected `director lb1 { … }`"),
        ("cluster w { director d {} }", "1:22: director d has no interface"),
        (host("").removesuffix("}") + "; director e { } }", "2:15: a second director: expected one in a cluster"),
        (host("").removesuffix("}") + "; realserver r { } }", "realserver r has no address"),
        (virtual("vip 10.0.0.9; method dr; to a"), "service s has no protocol and port: expected a line such as `tcp"),
        (virtual("tcp 80; method dr; to a"), "service s has no virtual address"),
        (virtual("vip 10.0.0.9; tcp 80; to a"), "service s has no method"),
        (virtual("vip 10.0.0.9; tcp 80; method dr"), "service s has no real servers: expected a line such as `to web1"),
        (virtual("vip 10.0.0.9; tcp 80; udp 80; method dr; to a"), "service s has its protocol and port twice"),
        (virtual("vip 10.0.0.9; tcp 80; method dr; to a:0"), "'0' is not a port"),
        (virtual("vip 10.0.0.9; tcp 80; method dr; to a weight -1"), "'-1' is not a weight"),
        (virtual("vip 10.0.0.9; tcp 80; method dr; to a; persistent 0s"), "'0s' is not a timeout"),
        (virtual("vip 10.0.0.9; tcp 80; method dr; to a; persistent 32d"), "of 31 days at most"),
        (virtual("vip 10.0.0.9; tcp 80; method dr; to a; persistent 1h netmask 255.0.255.0"), "is not a netmask"),
    ],
)
def test_values_that_are_wrong(text: str, expected: str) -> None:
    (line,) = said(text)
    assert expected in line


HOSTILE = [
    "$(rm -rf /)",
    "`id`",
    "a b",
    "../../etc",
    "a'b",
    "a\\b",
    "-rf",
    "a&b",
    "x|y",
    "näme",
    "\x1b[31m",
    "a/b",
    ".",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused(name: str) -> None:
    for text in (f'cluster "{name}" {{ }}', virtual(f'vip 10.0.0.9; tcp 80; method dr; to "{name}"')):
        assert any("is not a name" in line for line in said(text)), text
    (line,) = said(host(f'interface "{name}" {{ address 10.1.0.1/24; role both }}'))
    assert "is not the name of an interface" in line
    assert "\x1b" not in line


def test_every_host_and_service_is_read() -> None:
    text = virtual("vip 10.0.0.9").replace("10.0.0.1/24", "10.0.0/24")
    assert [line.split(":")[0] for line in said(text)] == ["1", "2"]


@given(st.data())
def test_no_text_is_too_odd(data: st.DataObject) -> None:
    words = SAMPLE.read_text(encoding="utf-8").split(" ")
    odd = st.sampled_from(
        ["", "{", "}", ";", ",", '"', "#", "\n", "\r", "\t", "\u2028", "\x00", "é", "0", "1/0", ":", "a:"]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(words) - 1))
        words[place] = data.draw(odd | st.sampled_from(words) | st.text(max_size=5))
    source = Source("odd.cluster", " ".join(words))
    for problem in read(source).problems:
        assert 1 <= problem.span.line <= max(len(source.lines), 1)
