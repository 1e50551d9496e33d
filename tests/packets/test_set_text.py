"""Sets of packets in words: the words of known sets, and that the lines tell of the whole set."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.model.fields import (
    CT_STATE,
    CT_STATUS,
    DF,
    DPORT,
    DST,
    FRAGMENT,
    ICMP_CODE,
    ICMP_TYPE,
    IIF,
    IPVS_PROPERTY,
    LENGTH,
    MARK,
    OIF,
    PROTO,
    SPORT,
    SRC,
    TCP_FLAGS,
    TCP_OPTION_KINDS,
    TTL,
    Field,
)
from lvsconf.model.preds import FALSE, TRUE, And, Masked, Not, Or, Pred, Within, equals, interface_is, one_of
from lvsconf.packets.occurring import occurring
from lvsconf.packets.one import answer
from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.set_text import SetText, describe
from lvsconf.packets.space import Space
from tests.packets.preds import PREDS
from tests.packets.sets import PACKETS, SETS

SMALL = 1 << 18


def host(text: str) -> int:
    return int(ip_address(text))


def net(what: Field, text: str) -> Pred:
    network = ip_network(text)
    return Within(what, ((int(network[0]), int(network[-1])),))


def both(*preds: Pred) -> Pred:
    return And(preds)


TCP, UDP, ICMP = equals(PROTO, 6), equals(PROTO, 17), equals(PROTO, 1)
SYN = Masked(TCP_FLAGS, 0x02, 0x17)
WORDS: list[tuple[Pred, tuple[str, ...]]] = [
    (TRUE, ("anything",)),
    (FALSE, ("nothing",)),
    (
        both(net(SRC, "198.51.100.0/24"), Not(equals(SRC, host("198.51.100.7"))), TCP, one_of(DPORT, (80, 443))),
        ("from 198.51.100.0/24 except .7, tcp to port 80 or 443",),
    ),
    (
        both(UDP, equals(DST, host("192.0.2.1")), equals(DPORT, 53), interface_is(IIF, "eth0")),
        ("udp to 192.0.2.1 port 53 on eth0",),
    ),
    (both(net(SRC, "10.0.0.0/8"), Not(net(SRC, "10.1.2.0/24"))), ("from 10.0.0.0/8 except 10.1.2.0/24",)),
    (Within(SRC, ((host("10.0.0.5"), host("10.0.0.9")),)), ("from 10.0.0.5-10.0.0.9",)),
    (
        Or((net(SRC, "10.0.0.0/8"), net(SRC, "172.16.0.0/12"), net(SRC, "192.168.0.0/16"))),
        ("from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",),
    ),
    (Not(net(DST, "10.0.0.0/8")), ("to anywhere but 10.0.0.0/8",)),
    (both(Not(net(DST, "10.0.0.0/8")), interface_is(OIF, "eth0")), ("to anywhere but 10.0.0.0/8, out on eth0",)),
    (Masked(SRC, 1, 255), ("from 0.0.0.1/0.0.0.255",)),
    (Within(DPORT, ((80, 80), (443, 443), (8000, 8010))), ("to ports 80, 443 and 8000-8010",)),
    (one_of(DPORT, (22, 80, 443)), ("to port 22, 80 or 443",)),
    (Within(DPORT, ((1024, 65535),)), ("to ports 1024-65535",)),
    (both(UDP, Not(one_of(DPORT, (22, 53)))), ("udp to any port but 22 or 53",)),
    (both(TCP, equals(SPORT, 20), net(SRC, "10.0.0.0/8")), ("from 10.0.0.0/8 port 20, tcp",)),
    (one_of(PROTO, (6, 17)), ("tcp or udp",)),
    (Within(PROTO, ((18, 255),)), ("protocols 18-255",)),
    (Not(TCP), ("any protocol but tcp",)),
    (equals(PROTO, 47), ("gre",)),
    (equals(PROTO, 200), ("protocol 200",)),
    (both(ICMP, equals(ICMP_TYPE, 8)), ("icmp echo-request",)),
    (both(ICMP, one_of(ICMP_TYPE, (3, 8))), ("icmp destination-unreachable or echo-request",)),
    (both(ICMP, equals(ICMP_TYPE, 3), equals(ICMP_CODE, 3)), ("icmp port-unreachable",)),
    (both(ICMP, equals(ICMP_TYPE, 3), equals(ICMP_CODE, 16)), ("icmp destination-unreachable code 16",)),
    (both(TCP, one_of(SPORT, (80, 443)), net(DST, "10.0.0.0/8")), ("tcp from port 80 or 443 to 10.0.0.0/8",)),
    (both(Not(TCP), Not(both(ICMP, equals(ICMP_TYPE, 8)))), ("any protocol but tcp, not icmp echo-request",)),
    (equals(ICMP_TYPE, 0), ("icmp only echo-reply",)),
    (Not(equals(ICMP_TYPE, 8)), ("not icmp echo-request",)),
    (
        both(Not(TCP), Not(both(ICMP, Not(one_of(ICMP_TYPE, (0, 3, 11, 12)))))),
        ("any protocol but tcp, icmp only echo-reply, destination-unreachable, time-exceeded or parameter-problem",),
    ),
    (equals(ICMP_TYPE, 8), ("icmp echo-request",)),
    (both(ICMP, Not(equals(ICMP_TYPE, 5))), ("icmp any type but redirect",)),
    (both(TCP, equals(DPORT, 80), SYN), ("tcp to port 80, flags SYN without FIN, RST or ACK",)),
    (both(TCP, Not(SYN)), ("tcp, any flags but SYN without FIN, RST or ACK",)),
    (Masked(TCP_FLAGS, 0x12, 0x12), ("tcp, flags SYN and ACK",)),
    (both(TCP, Masked(TCP_FLAGS, 0, 0x12)), ("tcp, flags without SYN or ACK",)),
    (equals(TCP_FLAGS, 0x02), ("tcp, flags only SYN",)),
    (equals(CT_STATE, 3), ("state NEW",)),
    (one_of(CT_STATE, (1, 2)), ("state ESTABLISHED or RELATED",)),
    (Not(equals(CT_STATE, 0)), ("state not INVALID",)),
    (Not(one_of(CT_STATE, (1, 2))), ("state INVALID, NEW or UNTRACKED",)),
    (Masked(CT_STATUS, 4, 4), ("ctstatus ASSURED",)),
    (Masked(MARK, 1, 255), ("mark 0x1/0xff",)),
    (Not(Masked(MARK, 1, 255)), ("mark not 0x1/0xff",)),
    (equals(MARK, 7), ("mark 0x7",)),
    (interface_is(IIF, "eth+"), ("on eth+",)),
    (Not(interface_is(IIF, "eth0")), ("not on eth0",)),
    (both(interface_is(IIF, "eth+"), Not(interface_is(IIF, "eth0"))), ("on eth+ except eth0",)),
    (both(interface_is(IIF, "eth0"), interface_is(OIF, "eth1")), ("on eth0, out on eth1",)),
    (equals(OIF, 0), ("out on no interface",)),
    (Not(equals(IIF, 0)), ("on any interface",)),
    (both(TCP, equals(FRAGMENT, 0), equals(DPORT, 80)), ("tcp to port 80",)),
    (both(TCP, equals(FRAGMENT, 0)), ("tcp, no later fragments",)),
    (Not(equals(FRAGMENT, 0)), ("later fragments",)),
    (equals(DF, 1), ("don't fragment",)),
    (equals(IPVS_PROPERTY, 0), ("not from IPVS",)),
    (Masked(TCP_OPTION_KINDS, 1 << 2, 1 << 2), ("tcp-option 2",)),
    (equals(TTL, 1), ("TTL 1",)),
    (Within(LENGTH, ((0, 63),)), ("length 0-63",)),
    (
        Or(
            (
                one_of(CT_STATE, (1, 2)),
                interface_is(IIF, "lo"),
                ICMP,
                both(net(SRC, "10.0.0.0/8"), TCP, equals(DPORT, 22)),
                both(equals(DST, host("192.0.2.80")), TCP, one_of(DPORT, (80, 443))),
            )
        ),
        (
            "on lo",
            "state ESTABLISHED or RELATED",
            "icmp",
            "from 10.0.0.0/8, tcp to port 22",
            "tcp to 192.0.2.80 port 80 or 443",
        ),
    ),
    (Not(both(TCP, equals(DPORT, 80))), ("any protocol but tcp", "to any port but 80")),
]


@pytest.mark.parametrize(("pred", "expected"), WORDS)
def test_words(pred: Pred, expected: tuple[str, ...]) -> None:
    space = Space(4, nodes=SMALL)
    found = describe(space, space.bounds(pred).upper)
    assert (found.ways, found.more) == (expected, False)


def test_ipv6() -> None:
    space = Space(6, nodes=SMALL)
    pred = both(net(SRC, "2001:db8::/32"), equals(PROTO, 58), equals(ICMP_TYPE, 128))
    assert describe(space, space.bounds(pred).upper).ways == ("from 2001:db8::/32, icmpv6 echo-request",)
    pred = both(net(SRC, "2001:db8::/32"), Not(equals(SRC, host("2001:db8::1"))))
    assert describe(space, space.bounds(pred).upper).ways == ("from 2001:db8::/32 except 2001:db8::1",)


def test_what_was_not_asked_about_is_not_told() -> None:
    space = Space(4, nodes=SMALL)
    packets = space.bounds(both(TCP, equals(DPORT, 80), Not(net(SRC, "10.0.0.0/8")))).upper
    asked = space.bounds(both(TCP, equals(DPORT, 80))).upper
    assert describe(space, packets, within=asked).ways == ("from anywhere but 10.0.0.0/8",)
    assert describe(space, packets, within=packets).ways == ("anything",)
    assert describe(space, packets, within=space.bounds(UDP).upper).ways == ("nothing",)


def test_too_many_lines_are_told_in_part() -> None:
    space = Space(4, nodes=SMALL)
    pairs = [both(equals(SRC, host("192.0.2.0") + at), equals(DPORT, 1000 + at)) for at in range(9)]
    packets = space.bounds(Or(tuple(pairs))).upper
    found = describe(space, packets, ways=4)
    assert found.more
    assert len(found.ways) == 4
    assert not told(space, found) - packets
    assert not describe(space, packets, ways=9).more


@pytest.mark.parametrize(("hosts", "start"), [(40, "from 10.0.0.0, 10.0.0.3, "), (4000, "from 10.0.0.0, 10.0.0.3, ")])
def test_long_lists_are_cut(hosts: int, start: str) -> None:
    space = Space(4)
    packets = space.within(SRC, ((host("10.0.0.0") + 3 * at,) * 2 for at in range(hosts)))
    found = describe(space, packets)
    assert found.more
    assert found.ways[0].startswith(start)
    assert len(found.ways[0]) < 120


def told(space: Space, found: SetText) -> PacketSet:
    packets = space.nothing
    for part in found.parts:
        packets |= part.packets
    return packets


def holds_exactly(space: Space, packets: PacketSet, within: PacketSet, found: SetText) -> None:
    asked = within & occurring(space)
    for part in found.parts:
        assert not (part.packets & asked) - packets, part.text
    if not found.more:
        assert not (packets & asked) - told(space, found)
    assert len(found.ways) == len(set(found.ways))
    assert all(text and text.isprintable() for text in found.ways)


@given(pred=PREDS, asked=PREDS)
def test_narrow_sets_are_told_whole(pred: Pred, asked: Pred) -> None:
    space = Space(4, nodes=SMALL)
    packets, within = space.bounds(pred).upper, space.bounds(asked).upper
    holds_exactly(space, packets, within, describe(space, packets, within=within))


@pytest.mark.parametrize("known", [lambda space, pred: space.everything, lambda space, pred: space.bounds(pred).upper])
@given(pred=SETS, asked=SETS, ways=st.integers(1, 8))
def test_sets_of_rules_are_told_whole(
    known: Callable[[Space, Pred], PacketSet], pred: Pred, asked: Pred, ways: int
) -> None:
    space = Space(4, nodes=SMALL)
    packets, within = space.bounds(pred).upper, known(space, asked)
    found = describe(space, packets, within=within, ways=ways)
    assert len(found.ways) <= ways
    holds_exactly(space, packets, within, found)


@given(pred=SETS, packet=PACKETS)
def test_a_packet_is_in_a_line_when_the_rules_take_it(pred: Pred, packet: dict[Field, int]) -> None:
    space = Space(4, nodes=SMALL)
    found = describe(space, space.bounds(pred).upper)
    padded = {**dict.fromkeys(space.fields, 0), **packet}
    if space.holds(occurring(space), padded):
        inside = any(space.holds(part.packets, padded) for part in found.parts)
        assert inside is answer(pred, padded) or (found.more and not inside)


def test_of_many_flags_those_that_may_be_set_are_told() -> None:
    space = Space(4, nodes=1 << 14)
    full = TCP_OPTION_KINDS.full
    for value, mask, said in ((0, full ^ 4, "none but 2"), (8, full ^ 4, "only 3 and perhaps 2"), (4, 4, "2")):
        (text,) = describe(space, space.masked(TCP_OPTION_KINDS, value, mask)).ways
        assert text.endswith(f"tcp-option {said}"), text
