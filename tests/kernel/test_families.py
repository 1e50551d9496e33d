"""What tells the two address families apart: addresses, flows, messages, sizes, sources."""

from __future__ import annotations

import json
from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.kernel.families import FAMILIES, IPV4, IPV6
from lvsconf.kernel.fib import Fib
from lvsconf.kernel.flows import FlowTuple
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.scopes import joined
from lvsconf.kernel.source_address import LABELS, scope
from lvsconf.lab import wire
from lvsconf.packets.packet import parse
from tests.kernel.builders import ADDRESSES6, Packets, director, host_of, interface, run

families = st.sampled_from(sorted(FAMILIES.values(), key=lambda family: family.version))


@given(families, st.data())
def test_an_address_is_written_and_read_back(family, data) -> None:
    value = data.draw(st.integers(0, (1 << family.bits) - 1))
    assert int(family.address(value)) == value
    assert family.address(value).version == family.version
    assert family.text(value) == str(family.address(value))


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 65535))
def test_no_flow_belongs_to_both_families(source: int, target: int, port: int) -> None:
    assert FlowTuple(source, port, target, 80, 6, IPV4) != FlowTuple(source, port, target, 80, 6, IPV6)


@given(families, st.integers(0, 255), st.integers(0, 255))
def test_the_answer_of_an_answer_is_the_flow_itself(family, kind: int, code: int) -> None:
    flow = FlowTuple(1, 7, 2, kind << 8 | code, family.icmp, family)
    answer = flow.inverted()
    assert (answer is None) == (kind not in family.answers)
    assert answer is None or answer.inverted() == flow


def test_messages_of_one_family_are_ports_of_the_other() -> None:
    assert FlowTuple(1, 7, 2, 8 << 8, IPV4.icmp, IPV6).inverted() == FlowTuple(2, 8 << 8, 1, 7, IPV4.icmp, IPV6)


@given(
    st.sampled_from([("192.0.2.1", "icmp"), ("2001:db8::1", "icmpv6")]),
    st.sampled_from(["tcp", "udp", "icmp", 47]),
    st.integers(0, 1300),
)
def test_a_packet_is_as_long_as_it_is_built(end, proto, payload: int) -> None:
    address, icmp = end
    raw = {"in": "eth0", "src": address, "dst": address, "proto": icmp if proto == "icmp" else proto}
    raw |= {} if proto == "icmp" else {"payload": payload}
    assert parse(raw).length == len(wire.build(raw))
    error = {**raw, "proto": icmp, "type": 1, "inner": raw}
    error.pop("payload", None)
    assert parse(error).length == len(wire.build(error))


def test_every_address_has_a_label_and_the_longest_prefix_counts() -> None:
    assert [prefix.prefixlen for prefix, _ in LABELS][-1] == 0
    for earlier, (prefix, _) in enumerate(LABELS):
        assert not any(prefix.subnet_of(other) for other, _ in LABELS[:earlier])


@pytest.mark.parametrize(
    ("address", "expected"),
    [("fe80::1", 2), ("::1", 2), ("fec0::1", 5), ("2001:db8::1", 14), ("fd00::1", 14), ("ff02::1", 2), ("ff05::2", 5)],
)
def test_scopes(address: str, expected: int) -> None:
    assert scope(IPv6Address(address)) == expected


def fib_of(outside: list[str], **changes) -> Fib:
    return Kernel(host_of(director(family=6, outside=outside, **changes))).net(IPV6).fib


@pytest.mark.parametrize(
    ("outside", "device", "towards", "chosen"),
    [
        # RFC 6724: the same address, enough scope, the interface itself, the same label, the longest prefix.
        (["VIP/128"], "eth0", "2001:db8::100", "2001:db8::100"),
        (["VIP/128"], "eth1", "2001:db8:f::7", "2001:db8:10::1"),
        (["VIP/128"], "eth0", "fe80::9", "fe80::2"),
        (["VIP/128"], "eth1", "ff02::5", "fe80::1:1"),
        (["fd00::1/64"], "eth0", "fd00:0:0:9::9", "fd00::1"),
        (["2001:db8:f::1/64"], "eth0", "2001:db8:f::7", "2001:db8:f::1"),
    ],
)
def test_a_source_is_chosen(outside: list[str], device: str, towards: str, chosen: str) -> None:
    assert fib_of(outside).source(device, int(IPv6Address(towards))) == int(IPv6Address(chosen))


def test_what_is_deprecated_is_no_source() -> None:
    files = director(family=6, outside=["VIP/64"])
    links = json.loads(files["ip-address.json"])
    (vip,) = (info for link in links for info in link["addr_info"] if info["local"] == ADDRESSES6["VIP"])
    # As good as the other address but for this, and before it.
    links[1]["addr_info"].sort(key=lambda info: (info["family"], info["local"]))
    for lifetime, chosen in ((4294967295, "VIP"), (0, "EIP")):
        vip["preferred_life_time"] = lifetime
        fib = Kernel(host_of({**files, "ip-address.json": json.dumps(links)})).net(IPV6).fib
        assert fib.source("eth0", int(IPv6Address("2001:db8::150"))) == int(IPv6Address(ADDRESSES6[chosen]))


def test_a_router_is_in_more_groups_and_has_anycast_addresses() -> None:
    routers = int(IPv6Address("ff02::2"))
    for forwarding in (0, 1):
        files = director(family=6, settings=[f"six.conf.all.forwarding={forwarding}"])
        kernel = Kernel(host_of(files))
        fib = kernel.net(IPV6).fib
        assert (routers in joined(fib, kernel.settings, "eth0")) is bool(forwarding)
        assert fib.has_address(int(IPv6Address("2001:db8::"))) is bool(forwarding)


def test_an_interface_of_the_builders_has_both_families() -> None:
    found = interface("eth0", 2, ["VIP/32", "2001:db8::1/64", "fe80::1"], 1500)["addr_info"]
    assert [(info["family"], info["prefixlen"]) for info in found] == [("inet", 32), ("inet6", 64), ("inet6", 128)]


@pytest.mark.parametrize(
    ("routes", "known"),
    [
        (["FAR/128 via INNERGW dev eth1 metric 5"], True),
        (["FAR/128 via INNERGW dev eth1 metric 5", "FAR/128 via GW dev eth0 metric 6"], True),
        (["FAR/128 via INNERGW dev eth1 metric 5", "FAR/128 via GW dev eth0 metric 5"], False),
        (["FAR/128 dev eth1 metric 5", "FAR/128 dev eth0 metric 5"], True),
    ],
)
def test_which_of_several_next_hops_is_taken_is_unknown(routes: list[str], known: bool) -> None:
    files = director(["-A -u VIP:53 -s rr", "-a -u VIP:53 -r FAR:53 -m -w 1"], family=6, routes=routes)
    sent = Packets(6)
    found = run(files, [sent.read("> udp CIP:40000>FAR:80"), sent.read("> udp"), sent.read("> udp CIP:40000>VIP:53")])
    assert [each.outcomes[0].fate is not None for each in found] == [known] * 3
