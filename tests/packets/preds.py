"""Random Preds over narrow fields, and the plain meaning of a Pred to hold the interpreters against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from hypothesis import strategies as st

from lvsconf.model.fields import CT_DIRECTION, DF, IPVS_PROPERTY, Field
from lvsconf.model.preds import And, Const, Masked, Not, Opaque, Or, Pred, Within

WIDE = Field("test.wide", 3)
FIELDS = (CT_DIRECTION, DF, IPVS_PROPERTY, WIDE)


@st.composite
def literals(draw: st.DrawFn) -> Pred:
    """A comparison of one field with a value under a mask, or with intervals."""
    what = draw(st.sampled_from(FIELDS))
    number = st.integers(0, what.full)
    if draw(st.booleans()):
        mask = draw(number)
        return Masked(what, draw(number) & mask, mask)
    pairs = draw(st.lists(st.tuples(number, number), max_size=3))
    return Within(what, tuple((min(pair), max(pair)) for pair in pairs))


def preds(leaves: st.SearchStrategy[Pred]) -> st.SearchStrategy[Pred]:
    """Trees over the leaves and the two constants."""
    return st.recursive(
        leaves | st.booleans().map(Const),
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, max_size=3).map(lambda items: And(tuple(items))),
            st.lists(inner, max_size=3).map(lambda items: Or(tuple(items))),
        ),
        max_leaves=8,
    )


PREDS = preds(literals())
KNOWN = st.fixed_dictionaries({what: st.integers(0, what.full) for what in FIELDS})
PARTLY = st.fixed_dictionaries({what: st.none() | st.integers(0, what.full) for what in FIELDS})


def holds(pred: Pred, values: Mapping[Field, int]) -> bool:
    """What a Pred without Opaque says of a packet of which all is known."""
    match pred:
        case Const(value):
            return value
        case Not(inner):
            return not holds(inner, values)
        case And(items):
            return all(holds(item, values) for item in items)
        case Or(items):
            return any(holds(item, values) for item in items)
        case Masked(what, value, mask):
            return values[what] & mask == value
        case Within(what, intervals):
            return any(values[what] in range(low, high + 1) for low, high in intervals)
        case Opaque():
            raise TypeError("nobody knows")


def completions(values: Mapping[Field, int | None]) -> Iterator[dict[Field, int]]:
    """Every packet that this one may turn out to be."""
    choices = [range(what.full + 1) if value is None else (value,) for what, value in values.items()]
    for chosen in product(*choices):
        yield dict(zip(values, chosen, strict=True))
