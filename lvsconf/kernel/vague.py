"""What is known of a number that nobody was told, and what a Pred says of a packet that carries one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lvsconf.model.fields import Field
from lvsconf.model.preds import Pred
from lvsconf.packets.many import Axis, Grid
from lvsconf.packets.one import Values


@dataclass(frozen=True, slots=True)
class Unknown:
    """A number from `low` to `high` that is none of `excluded`; `words` is what it is."""

    low: int
    high: int
    words: str
    excluded: frozenset[int] = frozenset()

    def may_be(self, value: int) -> bool:
        """Whether nothing speaks against a value."""
        return self.low <= value <= self.high and value not in self.excluded


def answer(pred: Pred, values: Values, numbers: Mapping[Field, Unknown]) -> bool | None:
    """Whether the Pred holds for all that the unknown fields may be, or for none of it."""
    axes = [Axis(what, ((number.low, number.high),)) for what, number in numbers.items()]
    fixed = {what: value for what, value in values.items() if value is not None}
    grid = Grid(axes, fixed, {})
    lower, upper = grid.bounds(pred, {})
    return True if lower == grid.full else None if upper else False
