"""Preds as formulas of z3, a solver that shares nothing with decision diagrams. Importing it skips without z3."""

from __future__ import annotations

import pytest

from lvsconf.model.fields import Field
from lvsconf.model.preds import And, Const, Masked, Not, Opaque, Or, Pred, Query, Within
from lvsconf.packets.space import ADDRESSES, BITS

z3 = pytest.importorskip("z3", reason="z3-solver is not installed")

FAMILY = 4


def formula(pred: Pred) -> object:
    match pred:
        case Const(value):
            return z3.BoolVal(value)
        case Not(inner):
            return z3.Not(formula(inner))
        case And(preds):
            return z3.And(*map(formula, preds))
        case Or(preds):
            return z3.Or(*map(formula, preds))
        case Masked(what, value, mask):
            return variable(what) & number(what, mask) == number(what, value)
        case Within(what, intervals):
            return z3.Or(*(between(what, low, high) for low, high in intervals))
        case Query() | Opaque():
            raise TypeError("nobody knows")


def variable(what: Field) -> object:
    return z3.BitVec(what.name, width(what))


def width(what: Field) -> int:
    return BITS[FAMILY] if what in ADDRESSES else what.bits


def number(what: Field, value: int) -> object:
    return z3.BitVecVal(value, width(what))


def between(what: Field, low: int, high: int) -> object:
    return z3.And(z3.UGE(variable(what), number(what, low)), z3.ULE(variable(what), number(what, high)))
