"""Pred: what a match means, as a small closed sum type over fields.

Only `packets/one.py` (one packet) and the set interpreter read it; extension modules and the kernel engine write it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lvsconf.model.fields import IFNAMSIZ, Field, interface


@dataclass(frozen=True, slots=True)
class Const:
    """Always, or never."""

    value: bool


@dataclass(frozen=True, slots=True)
class Not:
    """The other answer; unknown stays unknown."""

    pred: Pred


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    preds: tuple[Pred, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    preds: tuple[Pred, ...]


@dataclass(frozen=True, slots=True)
class Masked:
    """`field & mask == value`; `value` has no bit outside `mask`."""

    field: Field
    value: int
    mask: int


@dataclass(frozen=True, slots=True)
class Within:
    """The field lies in one of the intervals, both ends included."""

    field: Field
    intervals: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something that no field holds. `one`, where it exists, answers for a single packet's field values."""

    reason: str
    one: Callable[[Mapping[Field, int]], bool | None] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SetQuestion:
    """Whether a set holds an element for the packet (`-m set`).

    `directions` are src or dst, one for each part of the set's elements. With `exceptions` the elements marked nomatch
    are asked for (--return-nomatch); `counted`: the element's counters are compared as well.
    """

    name: str
    directions: tuple[str, ...]
    family: int
    exceptions: bool = False
    counted: bool = False

    def __str__(self) -> str:
        return f"`{','.join(self.directions)}` is in set {self.name}"


class HostQuestion:
    """A question about the host that stays the same for all packets. Its `str` is what holds when the answer is yes."""

    __slots__ = ()


class WorldQuestion:
    """A question whose answer hangs on what went before, or on more of the packet than its fields.

    Each match of each rule asks its own, and they are compared by identity. Its `str` is what holds when it is yes.
    """

    __slots__ = ()


Question: TypeAlias = SetQuestion | HostQuestion | WorldQuestion


@dataclass(frozen=True, slots=True)
class Query:
    """A question to something outside the packet. `answer` is None as long as nothing is known."""

    question: Question
    answer: Pred | None = field(default=None, compare=False)


Pred: TypeAlias = Const | Not | And | Or | Masked | Within | Query | Opaque

TRUE = Const(True)
FALSE = Const(False)


def all_of(preds: Iterable[Pred]) -> Pred:
    """Conjunction, without needless wrapping."""
    kept = [pred for pred in preds if pred != TRUE]
    if FALSE in kept:
        return FALSE
    return kept[0] if len(kept) == 1 else And(tuple(kept)) if kept else TRUE


def any_of(preds: Iterable[Pred]) -> Pred:
    """Disjunction, without needless wrapping."""
    kept = [pred for pred in preds if pred != FALSE]
    if TRUE in kept:
        return TRUE
    return kept[0] if len(kept) == 1 else Or(tuple(kept)) if kept else FALSE


def negate(pred: Pred, inverted: bool = True) -> Pred:
    """`pred`, or its negation when `inverted`."""
    if not inverted:
        return pred
    if isinstance(pred, Const):
        return Const(not pred.value)
    return pred.pred if isinstance(pred, Not) else Not(pred)


def answered(pred: Pred, answer: Callable[[Question], Pred | None]) -> Pred:
    """The same Pred with an answer to each question in it."""
    match pred:
        case Query(question, _):
            return Query(question, answer(question))
        case Not(inner):
            return Not(answered(inner, answer))
        case And(preds):
            return And(tuple(answered(item, answer) for item in preds))
        case Or(preds):
            return Or(tuple(answered(item, answer) for item in preds))
        case _:
            return pred


def asks_the_world(pred: Pred) -> bool:
    """Whether some part of a Pred, or of an answer in it, is a WorldQuestion."""
    match pred:
        case Query(question, known):
            return isinstance(question, WorldQuestion) or (known is not None and asks_the_world(known))
        case Not(inner):
            return asks_the_world(inner)
        case And(preds) | Or(preds):
            return any(asks_the_world(item) for item in preds)
        case _:
            return False


def equals(what: Field, value: int) -> Pred:
    """The field has exactly this value."""
    return Masked(what, value, what.full)


def one_of(what: Field, values: Iterable[int]) -> Pred:
    """The field has one of these values."""
    return Within(what, tuple((value, value) for value in sorted(values)))


def between(what: Field, low: int, high: int) -> Pred:
    """The field lies from `low` to `high`; where these are the wrong way round it never does."""
    return Within(what, ((low, high),)) if low <= high else FALSE


def masked(what: Field, value: int, mask: int) -> Pred:
    """The field equals `value` in the bits of `mask`; an empty mask holds always."""
    return Masked(what, value & mask, mask) if mask else TRUE


def interface_is(what: Field, pattern: str) -> Pred:
    """An interface name, or a prefix of one when it ends in `+` (iptables' parse of `-i`)."""
    bits = 8 * IFNAMSIZ
    if pattern.endswith("+"):
        stem = pattern[:-1]
        covered = 8 * len(stem.encode("utf-8", "surrogateescape"))
        mask = ((1 << covered) - 1) << (bits - covered)
        return masked(what, interface(stem), mask)
    # iptables covers the name and its terminating NUL, so that `eth1` is not `eth10`.
    covered = min(8 * (len(pattern.encode("utf-8", "surrogateescape")) + 1), bits)
    return masked(what, interface(pattern), ((1 << covered) - 1) << (bits - covered))
