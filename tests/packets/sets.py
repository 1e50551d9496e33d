"""Random sets of packets as rules make them, and the packets at their edges."""

from __future__ import annotations

from hypothesis import strategies as st

from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    FRAGMENT,
    ICMP_TYPE,
    IIF,
    MARK,
    OIF,
    PROTO,
    SRC,
    TCP_FLAGS,
    Field,
    interface,
)
from lvsconf.model.preds import And, Masked, Not, Or, Pred, Within, equals, interface_is, one_of

NET = 10 << 24
NAMES = ("eth0", "eth1", "eth+", "lo", "br-7")


def _networks(what: Field) -> st.SearchStrategy[Pred]:
    lengths = st.sampled_from((8, 15, 16, 24, 31, 32))
    offsets = st.sampled_from((0, 1, 7, 0x100, 0x10000, 0x10203, 0x1000000))

    def network(length: int, offset: int) -> Pred:
        mask = (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF
        return Masked(what, (NET + offset) & mask, mask)

    ranges = st.tuples(offsets, offsets).map(lambda pair: Within(what, ((NET + min(pair), NET + max(pair)),)))
    return st.builds(network, lengths, offsets) | ranges


def _ports() -> st.SearchStrategy[Pred]:
    port = st.sampled_from((0, 1, 22, 53, 80, 443, 1023, 1024, 65535))
    pairs = st.lists(st.tuples(port, port), min_size=1, max_size=3)
    return pairs.map(lambda items: Within(DPORT, tuple((min(pair), max(pair)) for pair in items)))


def _masked(what: Field, masks: tuple[int, ...]) -> st.SearchStrategy[Pred]:
    number = st.integers(0, 255) | st.integers(0, what.full)
    return st.tuples(number, st.sampled_from(masks)).map(lambda it: Masked(what, it[0] & it[1], it[1]))


LITERALS: st.SearchStrategy[Pred] = st.one_of(
    _networks(SRC),
    _networks(DST),
    st.sets(st.sampled_from((1, 6, 17, 47)), min_size=1).map(lambda found: one_of(PROTO, sorted(found))),
    _ports(),
    st.sets(st.integers(0, 4), min_size=1).map(lambda found: one_of(CT_STATE, sorted(found))),
    st.sampled_from(NAMES).map(lambda name: interface_is(IIF, name)),
    st.sampled_from(NAMES).map(lambda name: interface_is(OIF, name)),
    _masked(IIF, (0xFF, 0x81 << 8, 0x41 << 112)),
    _masked(MARK, (0xFFFFFFFF, 0xFF, 0xF0, 0x11)),
    _masked(TCP_FLAGS, (0x17, 0x12, 0xFF)),
    st.sampled_from((0, 3, 8)).map(lambda kind: equals(ICMP_TYPE, kind)),
    st.just(equals(FRAGMENT, 0)),
)
MATCHES = st.lists(st.tuples(LITERALS, st.booleans()), max_size=4).map(
    lambda items: And(tuple(Not(pred) if negated else pred for pred, negated in items))
)
"""What the matches of a rule mean."""
SETS: st.SearchStrategy[Pred] = st.lists(st.tuples(MATCHES, st.booleans()), min_size=1, max_size=5).map(
    lambda rules: _first_match(rules)
)


def _first_match(rules: list[tuple[Pred, bool]]) -> Pred:
    """What a list of rules that accept or drop accepts."""
    found: Pred = Or(())
    for pred, accepts in reversed(rules):
        found = Or((pred, found)) if accepts else And((Not(pred), found))
    return found


def _edges(*numbers: int) -> st.SearchStrategy[int]:
    return st.sampled_from(sorted({number + step for number in numbers for step in (-1, 0, 1) if number + step >= 0}))


_ADDRESSES = _edges(NET, NET + 7, NET + 0x100, NET + 0x10000, NET + 0x10203, NET + 0x1000000, 0xFFFFFFFE)
_DEVICES = st.sampled_from(("", "eth", "eth0", "eth1", "eth10", "lo", "br-7", "wan")).map(interface)
_ODD = _DEVICES | st.sampled_from((1, 0x8100, interface("eth0") + 1, IIF.full))
PACKETS: st.SearchStrategy[dict[Field, int]] = st.fixed_dictionaries(
    {
        SRC: _ADDRESSES,
        DST: _ADDRESSES,
        PROTO: st.sampled_from((1, 6, 17, 47, 50)),
        DPORT: _edges(0, 22, 53, 80, 443, 1023, 65534),
        CT_STATE: st.integers(0, 4),
        IIF: _ODD,
        OIF: _DEVICES,
        MARK: st.integers(0, 255) | st.sampled_from((0x100, 0xFFFFFFFF)),
        TCP_FLAGS: st.integers(0, 255),
        ICMP_TYPE: st.sampled_from((0, 3, 8, 9)),
        FRAGMENT: st.sampled_from((0, 1, 185)),
    }
)
"""Packets of which the fields have values that rules tell apart."""
