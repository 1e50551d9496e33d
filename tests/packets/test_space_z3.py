"""The algebra of sets against z3, a solver that shares nothing with decision diagrams."""

from __future__ import annotations

from hypothesis import given, settings

from lvsconf.model.preds import Pred
from lvsconf.packets.space import Space
from tests.packets.formulas import FAMILY, formula, z3
from tests.packets.preds import PREDS
from tests.packets.sets import SETS


def impossible(*formulas: object) -> bool:
    solver = z3.Solver()
    solver.add(*formulas)
    return solver.check() == z3.unsat


@settings(max_examples=40)
@given(one=PREDS | SETS, other=PREDS | SETS)
def test_sets_relate_as_their_formulas_do(one: Pred, other: Pred) -> None:
    space = Space(FAMILY, nodes=1 << 16)
    first, second = (space.bounds(pred).upper for pred in (one, other))
    here, there = formula(one), formula(other)
    assert impossible(here) is not bool(first)
    assert impossible(here, z3.Not(there)) is not bool(first - second)
    assert impossible(here, there) is not bool(first & second)
    assert impossible(here != there) is (first == second)
