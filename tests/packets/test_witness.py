"""Packets out of sets: always a member, and a natural one where the set has one."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    ICMP_TYPE,
    IIF,
    MARK,
    OIF,
    PROTO,
    SPORT,
    SRC,
    TCP_FLAGS,
    TTL,
    CtState,
    Field,
    interface,
    interface_name,
)
from lvsconf.model.preds import And, Masked, Not, Or, Pred, Within, equals, interface_is, one_of
from lvsconf.packets.natural import CLIENTS
from lvsconf.packets.space import Space
from lvsconf.packets.witness import witness
from tests.packets.preds import PREDS
from tests.packets.sets import SETS

SMALL = 1 << 16
WISHES = st.dictionaries(st.sampled_from((SRC, PROTO, MARK, DPORT)), st.lists(st.integers(0, 99)))


def host(text: str) -> int:
    return int(ip_address(text))


@pytest.mark.parametrize("family", [4, 6])
@given(
    pred=PREDS | SETS, prefer=st.dictionaries(st.sampled_from((SRC, PROTO, MARK, DPORT)), st.lists(st.integers(0, 99)))
)
def test_a_witness_is_a_member(family: int, pred: Pred, prefer: dict[Field, list[int]]) -> None:
    space = Space(family, nodes=SMALL)
    packets = space.bounds(pred).upper
    assume(bool(packets))
    found = witness(space, packets, prefer)
    assert space.holds(packets, found)
    assert all(0 <= value <= what.full for what, value in found.items())


@given(values=st.lists(st.integers(0, IIF.full), min_size=1, max_size=3), negated=st.booleans())
def test_odd_values_of_interfaces(values: list[int], negated: bool) -> None:
    space = Space(4, nodes=SMALL)
    packets = space.within(IIF, [(value, value) for value in sorted(set(values))])
    packets = ~packets if negated else packets
    found = witness(space, packets)
    assert space.holds(packets, found)
    assert not negated or interface_name(found[IIF]).isprintable()


def test_an_empty_set_has_none() -> None:
    space = Space(4, nodes=SMALL)
    with pytest.raises(ValueError, match="empty"):
        witness(space, space.nothing)


@pytest.mark.parametrize(
    ("pred", "expected"),
    [
        (And(()), {PROTO: 6, SRC: host("198.51.100.7"), DST: host("192.0.2.100"), SPORT: 40000, DPORT: 80}),
        (And(()), {TCP_FLAGS: 2, CT_STATE: CtState.NEW, IIF: interface("eth0"), OIF: interface("eth1"), TTL: 64}),
        (And(()), {MARK: 0}),
        (Not(equals(PROTO, 6)), {PROTO: 17, TCP_FLAGS: 0}),
        (Not(one_of(PROTO, (6, 17))), {PROTO: 1, SPORT: 0, DPORT: 0, ICMP_TYPE: 8}),
        (equals(CT_STATE, CtState.ESTABLISHED), {CT_STATE: CtState.ESTABLISHED, TCP_FLAGS: 0x10}),
        (Not(one_of(SRC, [int(client) for client in CLIENTS[:1]])), {SRC: int(CLIENTS[1])}),
        (Masked(SRC, host("10.1.2.0"), 0xFFFFFF00), {SRC: host("10.1.2.10")}),
        (Within(SRC, ((host("10.0.0.255"), host("10.0.1.1")),)), {SRC: host("10.0.1.1")}),
        (Within(SRC, ((host("127.0.0.0"), host("128.0.0.9")),)), {SRC: host("128.0.0.7")}),
        (And(tuple(Masked(what, host("10.1.2.0"), 0xFFFFFF00) for what in (SRC, DST))), {DST: host("10.1.2.7")}),
        (Within(SPORT, ((0, 1023),)), {SPORT: 1}),
        (Within(DPORT, ((0, 21), (2000, 3000))), {DPORT: 2000}),
        (interface_is(IIF, "br-+"), {IIF: interface("br-0")}),
        (Not(interface_is(IIF, "eth+")), {IIF: interface("ens3")}),
        (equals(OIF, 0), {OIF: 0}),
        (Masked(MARK, 0x10, 0xF0), {MARK: 0x10}),
        (Or((equals(SRC, host("10.0.0.255")), equals(SRC, host("10.0.0.9")))), {SRC: host("10.0.0.9")}),
    ],
)
def test_natural_values(pred: Pred, expected: dict[Field, int]) -> None:
    space = Space(4, nodes=SMALL)
    space.bounds(equals(MARK, 0))
    found = witness(space, space.bounds(pred).upper)
    assert {what: found[what] for what in expected} == expected


def test_ipv6() -> None:
    space = Space(6, nodes=SMALL)
    found = witness(space, space.everything - space.within(PROTO, ((6, 6), (17, 17))))
    assert (found[PROTO], found[ICMP_TYPE], found[SRC]) == (58, 128, host("2001:db8:51::7"))
    low = host("2001:db8:77::")
    found = witness(space, space.within(DST, ((low, low + (1 << 64) - 1),)))
    assert found[DST] == low + 10


def test_wishes_come_first() -> None:
    space = Space(4, {PROTO: 17, CT_STATE: None}, SMALL)
    found = witness(space, space.everything, {SRC: (1, 2), DPORT: (70000, 69), CT_STATE: (1,)})
    assert (found[SRC], found[DPORT], found[PROTO], found[CT_STATE]) == (1, 69, 17, 1)
