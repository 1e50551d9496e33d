"""Filed Preds: what is found is what trying all of them one after another finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from lvsconf.model.fields import DPORT, DST, PROTO, SRC, Field
from lvsconf.model.preds import Opaque, Pred, Within, all_of, between, equals, masked, negate, one_of
from lvsconf.packets.buckets import BLOCKS, LEAST, buckets
from lvsconf.packets.one import Answer, answer, compile_pred
from lvsconf.packets.ways import FEW, HEAD, compiled

ADDRESSES = st.integers(0, 40)
PORTS = st.integers(0, 20)
PROTOS = st.sampled_from((6, 17))
PARTS = st.one_of(
    st.builds(equals, st.sampled_from((SRC, DST)), ADDRESSES),
    st.builds(lambda what, value, bits: masked(what, value, what.full ^ ((1 << bits) - 1)),
              st.sampled_from((SRC, DST)), ADDRESSES, st.integers(0, 6)),
    st.builds(masked, st.just(DST), ADDRESSES, ADDRESSES),
    st.builds(equals, st.just(DPORT), PORTS),
    st.builds(one_of, st.just(DPORT), st.lists(PORTS, max_size=4)),
    st.builds(between, st.just(DPORT), PORTS, PORTS),
    st.builds(lambda low: Within(DPORT, ((low, DPORT.full),)), PORTS),
    st.builds(equals, st.just(PROTO), PROTOS),
    st.builds(lambda value: negate(equals(SRC, value)), ADDRESSES),
    st.just(Opaque("the hour")),
)  # fmt: skip
RULES = st.lists(PARTS, max_size=4).map(all_of)
LISTS = st.lists(RULES, min_size=FEW + 1, max_size=4 * FEW)
PACKETS = st.fixed_dictionaries(
    {
        SRC: st.none() | ADDRESSES,
        DST: st.none() | ADDRESSES,
        DPORT: st.none() | PORTS,
        PROTO: st.none() | PROTOS,
    }
)


def one_by_one(preds: Sequence[Pred], values: Mapping[Field, int | None], start: int) -> tuple[int, Answer]:
    for place in range(start, len(preds)):
        found = answer(preds[place], values)
        if found is not False:
            return place, found
    return len(preds), False


@given(LISTS, PACKETS, st.integers(0, 2 * FEW))
def test_the_first_way_is_the_same(preds: list[Pred], values: dict[Field, int | None], start: int) -> None:
    ways = compiled(preds, compile_pred)
    assert ways.buckets is not None
    assert ways.first(values, start) == one_by_one(preds, values, start)


@given(LISTS, PACKETS)
def test_nothing_that_may_hold_is_left_out(preds: list[Pred], values: dict[Field, int | None]) -> None:
    holding = [place for place, pred in enumerate(preds) if answer(pred, values) is not False]
    for filed in (buckets(preds), buckets(preds, (DST, DPORT))):
        found = list(filed.possible(values))
        assert found == sorted(set(found))
        assert set(holding) <= set(found)
        assert list(filed.possible(values, HEAD)) == [place for place in found if place >= HEAD]
        known = {what: (value,) for what, value in values.items() if value is not None}
        assert filed.among(known) == found


@given(LISTS, st.lists(ADDRESSES, min_size=1, max_size=4))
def test_several_values_of_a_field(preds: list[Pred], addresses: list[int]) -> None:
    found = set(buckets(preds).among({DST: addresses}))
    for address in addresses:
        values = {SRC: None, DST: address, DPORT: None, PROTO: None}
        assert {place for place, pred in enumerate(preds) if answer(pred, values) is not False} <= found


def test_what_few_name_is_filed_and_what_all_name_is_not() -> None:
    """A thousand rules about one address and one port each leave those about the port."""
    preds = [all_of((equals(DST, 7), equals(PROTO, 6), equals(DPORT, port))) for port in range(1000)]
    filed = buckets([*preds, *(equals(SRC, address) for address in range(1000)), negate(equals(SRC, 3))])
    assert list(filed.possible({DST: 7, PROTO: 6, DPORT: 80, SRC: 30})) == [80, 1030, 2000]
    assert list(filed.possible({DST: 8, PROTO: 6, DPORT: 80, SRC: 5000})) == [80, 2000]


def test_a_wide_range_is_filed_in_blocks() -> None:
    preds = [Within(DPORT, ((1024 * each, 1024 * each + 1023 + 512),)) for each in range(2 * LEAST)]
    assert list(buckets(preds).possible({DPORT: 2048})) == [1, 2]
    ragged = Within(DPORT, tuple((3 * each, 3 * each) for each in range(BLOCKS + 1)))
    assert buckets([ragged] * LEAST).rest == tuple(range(LEAST))
