"""What the engine says of sets, against `ipset test` in a network namespace."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsconf.kernel.sets import Sets
from lvsconf.languages import ipset, iptables
from lvsconf.languages.ipset.types import TYPES
from lvsconf.model.fields import (
    DPORT,
    DST,
    FIELDS,
    ICMP_CODE,
    ICMP_TYPE,
    MARK,
    OIF,
    PROTO,
    SPORT,
    SRC,
    Field,
    interface,
)
from lvsconf.model.host import Host
from lvsconf.model.ipset import IpSet
from lvsconf.model.preds import SetQuestion
from lvsconf.packets.one import answer
from lvsconf.source import Source
from tests.languages.ipset_kernel import Namespace, opened

KINDS = ("ip", "net", "port", "iface", "mark")
ADDRESSES = {
    4: ("10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.9", "10.0.1.0", "10.9.9.9", "127.0.0.1"),
    6: ("2001:db8::", "2001:db8::1", "2001:db8::2", "2001:db8::1:0:0:0:1", "::1", "::2", "fe80::1"),
}
UPPER = (
    *((proto, port) for proto in (6, 17, 132, 136) for port in (1, 7, 22, 23, 25, 53, 80)),
    *((1, 8 << 8), (1, 0), (1, 200 << 8 | 7), (58, 1 << 8 | 1), (58, 137 << 8), (47, 0), (112, 0)),
)
INTERFACES = ("eth0", "eth1", "eth", "lo")


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    yield from opened()


@pytest.fixture(scope="module")
def types(namespace: Namespace) -> tuple[str, ...]:
    wanted = tuple(name for name in TYPES if set(name.partition(":")[2].split(",")) <= set(KINDS))
    found = namespace.types(wanted)
    if not found:
        pytest.skip("the kernel at hand has no sets")
    return found


NETS = {
    4: ("10.0.0.0/8", "10.0.0.0/30", "10.0.0.0/31", "10.0.0.1", "10.0.0.2/31", "10.0.0.0/24", "0.0.0.0/1"),
    6: ("2001:db8::/64", "2001:db8::/127", "2001:db8::1", "2001:db8::/32", "::/1", "2001:db8::/126"),
}
PORTS = {4: ("80", "22-25", "udp:53", "icmp:8/0", "47:0"), 6: ("80", "22-25", "udp:53", "icmpv6:1/1", "47:0")}
OPTIONS = {
    "hash:ip": ("", "netmask 31", "bitmask 255.255.255.253"),
    "bitmap:ip": ("range 10.0.0.0/28", "range 10.0.0.0/24 netmask 30"),
    "bitmap:port": ("range 20-90",),
    "hash:ip,mark": ("", "markmask 0xff"),
}
TEXTS = {"iface": ("eth0", "eth1", "eth wildcard", "physdev:eth0"), "mark": ("0", "1", "0x1ff")}


@st.composite
def dense(draw: st.DrawFn, types: tuple[str, ...]) -> str:
    """One set whose elements overlap, and lines that mean nothing to others left out."""
    kind = TYPES[draw(st.sampled_from(types))]
    family = 6 if 6 in kind.families and draw(st.integers(0, 3)) == 0 else 4
    options = draw(st.sampled_from(OPTIONS.get(kind.name, ("",)))) if family == 4 else ""
    timeout = " timeout 0" if draw(st.integers(0, 3)) == 0 else ""
    head = f"create a {kind.name} {options}{timeout}" + (" family inet6" if family == 6 else "")
    lines = []
    for _ in range(draw(st.integers(1, 12))):
        pieces, after = [], ""
        for part in kind.parts:
            if part in ("ip", "host", "net"):
                texts = NETS[family] if part == "net" else ADDRESSES[family][:5]
            else:
                texts = ("80", "22-25", "53") if part == "number" else PORTS[family] if part == "port" else TEXTS[part]
            text, _, flag = draw(st.sampled_from(texts)).partition(" ")
            pieces.append(text)
            after += f" {flag}" if flag else ""
        nomatch = " nomatch" if kind.nets and draw(st.integers(0, 2)) == 0 else ""
        limit = " timeout 1000000" if timeout and draw(st.integers(0, 3)) == 0 else ""
        lines.append(f"add a {','.join(pieces)}{after}{nomatch}{limit}")
    # Each element once: the same again would be refused.
    text = head + "\n"
    for line in lines:
        problems = ipset.read(Source("f", f"{text}{line}\n"))[1]
        text += "" if problems else f"{line}\n"
    return text


@st.composite
def packets(draw: st.DrawFn, found: IpSet) -> tuple[str, dict[Field, int | None]]:
    """A packet, and the element that would stand for it; the first part is its source, the others its destination."""
    values: dict[Field, int | None] = dict.fromkeys(FIELDS.values(), 0)
    texts = []
    proto, port = draw(st.sampled_from(UPPER))
    family = found.family or 4
    for index, kind in enumerate(found.kinds):
        if kind in ("ip", "net"):
            text = draw(st.sampled_from(ADDRESSES[family]))
            values[DST if index else SRC] = int(IPv4Address(text) if family == 4 else IPv6Address(text))
        elif kind == "port" and found.type == "bitmap:port":
            proto = draw(st.sampled_from((6, 17)))
            port = draw(st.sampled_from((22, 23, 53, 80, 85, 90, 91)))
            text = str(port)
        elif kind == "port":
            icmp = proto in (1, 58)
            if (proto, family) in ((1, 6), (58, 4)):
                proto, port, icmp = 6, 80, False
            text = f"{proto}:{port >> 8}/{port & 255}" if icmp else f"{proto}:{port}"
        elif kind == "iface":
            text = draw(st.sampled_from(INTERFACES))
            values[OIF] = interface(text)
        else:
            value = draw(st.sampled_from((0, 1, 0xFF, 0x1FF)))
            values[MARK], text = value, str(value)
        texts.append(text)
    values[PROTO] = proto
    if proto in (1, 58):
        values[ICMP_TYPE], values[ICMP_CODE] = port >> 8, port & 255
    else:
        values[SPORT], values[DPORT] = 9, port
        if found.type == "bitmap:port":
            values[SPORT] = port
    return ",".join(texts), values


@pytest.mark.oracle
@given(data=st.data())
@settings(max_examples=120)
def test_membership(namespace: Namespace, types: tuple[str, ...], data: st.DataObject):
    text = data.draw(dense(types))
    sets, problems = ipset.read(Source("ipset.rules", text))
    assert not problems
    found = sets["a"]
    asked = [data.draw(packets(found)) for _ in range(20)]
    steps = [(["flush"], ""), (["destroy"], ""), (["restore"], text), *((["test", "a", each], "") for each, _ in asked)]
    codes = [code for code, _, _ in namespace.run(steps)][3:]
    directions = ("src", "dst", "dst")[: len(found.kinds)]
    pred = Sets(Host("h", sets=sets)).answer(SetQuestion("a", directions, found.family or 4))
    assert pred is not None
    for (element, values), code in zip(asked, codes, strict=True):
        said = answer(pred, values)
        if said is None:
            assert any(each.timeout is not None for each in found.elements)
        else:
            assert said is (code == 0), f"{element}: {text}"


SETS = """create s hash:net
add s 10.0.0.0/8
add s 10.0.0.1 nomatch
create timed hash:ip timeout 600
add timed 10.0.0.1 timeout 0
create full hash:ip forceadd
add full 10.0.0.1
create plain hash:ip
add plain 10.0.0.1
create pair hash:ip,port
add pair 10.0.0.1,80
create six hash:ip family inet6
create l list:set
add l plain
add l pair
create torn hash:ip
add torn 10.0.0.1
add torn 10.0.0.x
create counted hash:ip counters
add counted 10.0.0.1
create mac hash:ip,mac
add mac 10.0.0.1,2:0:0:0:0:1
"""


def asked(question: SetQuestion, rules: str = "", source: str = "10.0.0.1") -> bool | None:
    found, _ = ipset.read(Source("ipset.rules", SETS))
    ruleset, problems = iptables.read(Source("iptables.rules", f"*filter\n{rules}COMMIT\n"), 4)
    assert not problems
    pred = Sets(Host("h", rules={4: ruleset}, sets=found)).answer(question)
    packet = {**dict.fromkeys(FIELDS.values(), 0), SRC: int(IPv4Address(source)), PROTO: 6, DPORT: 80}
    return None if pred is None else answer(pred, packet)


def one(name: str, directions: tuple[str, ...] = ("src",), **more: bool) -> SetQuestion:
    return SetQuestion(name, directions, 4, **more)


ADD, DELETE = "-A INPUT -j SET --add-set {} {}\n", "-A INPUT -j SET --del-set {} {}\n"


@pytest.mark.parametrize(
    ("question", "rules", "here", "elsewhere"),
    [
        (one("plain"), "", True, False),
        (one("plain"), ADD.format("plain", "src"), True, None),
        (one("plain"), DELETE.format("plain", "src"), None, False),
        (one("plain"), ADD.format("plain", "src") + DELETE.format("plain", "src"), None, None),
        (one("plain"), ADD.format("l", "src"), True, None),
        (one("l"), ADD.format("plain", "src"), True, None),
        (one("pair", ("src", "dst")), ADD.format("pair", "src"), True, False),
        (one("pair", ("src", "dst")), ADD.format("l", "src,dst"), True, None),
        (one("timed"), ADD.format("timed", "src"), True, None),
        (one("timed"), ADD.format("timed", "src --exist --timeout 5"), None, None),
        (one("full"), ADD.format("full", "src"), None, None),
        (one("s"), ADD.format("s", "src"), None, None),
        (one("s"), "", False, True),
        (one("s", exceptions=True), "", True, False),
        (one("l"), "", True, False),
        (one("l", ("dst", "dst")), "", False, False),
        (one("six"), "", None, None),
        (one("missing"), "", None, None),
        (one("torn"), "", None, None),
        (one("counted", counted=True), "", None, False),
        (one("plain", counted=True), "", True, False),
        (one("mac", ("src", "src")), "", None, False),
        (one("pair"), "", False, False),
    ],
)
def test_what_is_known(question: SetQuestion, rules: str, here: bool | None, elsewhere: bool | None):
    assert (asked(question, rules), asked(question, rules, "10.7.7.7")) == (here, elsewhere)


def test_without_a_list_of_sets_nothing_is_known():
    assert Sets(Host("h")).answer(one("plain")) is None
    assert Sets(Host("h", sets={})).answer(one("plain")) is None
