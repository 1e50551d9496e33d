"""A Pred in words."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from lvsconf.model.fields import CT_STATE, DPORT, DST, IIF, MARK, OIF, PROTO, SPORT, SRC, TTL, CtState, interface
from lvsconf.model.preds import (
    FALSE,
    TRUE,
    And,
    Masked,
    Not,
    Opaque,
    Or,
    Pred,
    Within,
    equals,
    interface_is,
    masked,
    one_of,
)
from lvsconf.packets.words import words

VIP = int(ip_address("192.0.2.100"))
V6 = int(ip_address("2001:db8::1"))


@pytest.mark.parametrize(
    ("pred", "expected"),
    [
        (TRUE, "always"),
        (FALSE, "never"),
        (Opaque("-m recent --rcheck"), "-m recent --rcheck matches"),
        (Not(Opaque("-m recent --rcheck")), "not (-m recent --rcheck matches)"),
        (equals(DST, VIP), "destination is 192.0.2.100"),
        (equals(SRC, V6), "source is 2001:db8::1"),
        (masked(SRC, V6, SRC.full ^ ((1 << 64) - 1)), "source is 2001:db8::/64"),
        (Within(SRC, ((VIP, VIP + 4),)), "source is 192.0.2.100-192.0.2.104"),
        (masked(SRC, VIP, 0xFFFFFF00), "source is 192.0.2.0/24"),
        (equals(PROTO, 6), "protocol is tcp"),
        (equals(PROTO, 47), "protocol is 47"),
        (equals(SPORT, 40000), "source port is 40000"),
        (one_of(DPORT, (443, 80)), "destination port is 80, 443"),
        (Within(DPORT, ((80, 80), (8000, 8080))), "destination port is 80, 8000-8080"),
        (one_of(CT_STATE, (CtState.NEW, CtState.ESTABLISHED)), "ctstate is ESTABLISHED, NEW"),
        (equals(IIF, interface("eth0")), "in-interface is eth0"),
        (interface_is(OIF, "eth0"), "out-interface is eth0"),
        (equals(MARK, 7), "mark is 7"),
        (Masked(MARK, 0x10, 0xF0), "mark is 0x10/0xf0"),
        (equals(TTL, 64), "TTL is 64"),
        (And((equals(PROTO, 6), equals(DPORT, 80))), "protocol is tcp and destination port is 80"),
        (Or((equals(PROTO, 6), equals(PROTO, 17))), "(protocol is tcp or protocol is udp)"),
        (Not(And((TRUE, Or((FALSE, TRUE))))), "not (always and (never or always))"),
    ],
)
def test_words(pred: Pred, expected: str) -> None:
    assert words(pred) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (interface_is(IIF, "eth+"), interface_is(IIF, "eth")),
        (masked(SRC, 10 << 24, 0xFF000005), masked(SRC, 10 << 24, 0xFFC00000)),
    ],
)
def test_what_differs_is_said_differently(one: Pred, other: Pred) -> None:
    assert words(one) != words(other)
