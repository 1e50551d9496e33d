"""Looking up the ways that a value allows gives what trying all of them gives."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lvsconf.model.fields import DPORT, DST, FIELDS, SRC, Field
from lvsconf.model.preds import Opaque, Or, Pred, Query, SetQuestion, Within, all_of, any_of, masked, negate
from lvsconf.packets.index import candidates, merged
from lvsconf.packets.one import MANY, Answer, answer, compile_pred
from lvsconf.packets.solve import constraints, solve
from lvsconf.packets.words import words

intervals = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda each: (each[0], sum(each))), max_size=4
)
singles = st.one_of(
    st.builds(Within, st.sampled_from((SRC, DPORT)), intervals.map(tuple)),
    st.builds(lambda value, bits: masked(SRC, value, (1 << 128) - (1 << bits)), st.integers(0, 50), st.integers(0, 5)),
    st.builds(masked, st.just(DPORT), st.integers(0, 50), st.integers(0, 63)),
    st.just(Opaque("x")),
)
ways = st.builds(lambda low, high, rest: all_of((Within(SRC, ((low, low + high),)), *rest)),
                 st.integers(0, 50), st.integers(0, 9), st.lists(singles, max_size=2))  # fmt: skip
packets = st.fixed_dictionaries({SRC: st.integers(0, 60), DPORT: st.one_of(st.none(), st.integers(0, 60))})


def one_by_one(preds: tuple[Pred, ...], values: dict[Field, int | None]) -> Answer:
    found = [answer(pred, values) for pred in preds]
    return True if True in found else None if None in found else False


@given(st.lists(ways, min_size=MANY + 1, max_size=40), st.lists(packets, max_size=20))
def test_many_ways(made: list[Pred], asked: list[dict[Field, int | None]]):
    preds = tuple(made)
    test = compile_pred(Or(preds))
    for packet in [*asked, {SRC: None, DPORT: 3}]:
        values = {**dict.fromkeys(FIELDS.values(), 0), **packet}
        assert test(values) is one_by_one(preds, values)


@given(st.lists(ways, min_size=1, max_size=40), st.integers(0, 70))
def test_no_way_is_left_out(made: list[Pred], value: int):
    table = candidates(made)
    assert table is None or table.starts[0] == 0
    if table is None or table.field is not SRC:
        return
    place = max(index for index, start in enumerate(table.starts) if start <= value)
    for index, pred in enumerate(made):
        values = {**dict.fromkeys(FIELDS.values(), 0), SRC: value, DPORT: None}
        assert index in table.places[place] or answer(pred, values) is False


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9)).map(lambda each: (each[0], sum(each))), max_size=60))
def test_intervals(made: list[tuple[int, int]]):
    joined = merged(made)
    assert all(one[1] + 1 < other[0] for one, other in pairwise(joined))
    test = compile_pred(Within(SRC, tuple(made)))
    for value in range(320):
        inside = any(low <= value <= high for low, high in made)
        assert any(low <= value <= high for low, high in joined) is inside
        assert test({SRC: value}) is inside


def test_a_question():
    question = SetQuestion("web", ("src", "dst"), 4)
    unknown, known = Query(question), Query(question, Within(SRC, ((5, 6),)))
    values = dict.fromkeys(FIELDS.values(), 0)
    assert answer(unknown, values) is None
    assert (answer(known, values), answer(negate(known), values)) == (False, True)
    assert words(negate(unknown)) == "not (`src,dst` is in set web)"
    assert solve(any_of((unknown, known)), values) == {**values, SRC: 5}
    assert list(constraints(known, SRC)) == [known.answer]
    assert not list(constraints(known, DST))
    shared: dict[int, object] = {}
    for _ in range(2):
        compile_pred(known, shared)
    assert list(shared) == [id(known.answer)]
