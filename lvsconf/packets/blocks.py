"""Intervals of addresses or names as people list them: blocks and ranges, and what of the blocks does not count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lvsconf.packets.packet_set import Interval

MANY = 24
"""More intervals than this are listed as they are."""
EXCEPT = 0.5
"""What the word costs, where a block costs 1."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Blocks and ranges in order, and the exceptions from them. `cost` grows with what has to be read."""

    items: tuple[Interval, ...]
    exceptions: tuple[Interval, ...]
    cost: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers of `bits` bits. A block leaves a multiple of `grain` low bits open; a range costs `untidy`."""

    bits: int
    grain: int = 1
    untidy: float = 1.6

    def length(self, interval: Interval) -> int | None:
        """How many low bits a block leaves open; None where an interval is no block."""
        low, high = interval
        free = (high - low).bit_length()
        return free if high - low == (1 << free) - 1 and not low & (high - low) and not free % self.grain else None

    def cost(self, interval: Interval) -> float:
        """What reading an interval costs."""
        free = self.length(interval)
        return self.untidy if free is None else EXCEPT if free == self.bits else 1


def listed(intervals: Sequence[Interval], scale: Scale) -> Listed:
    """The cheapest way to list ascending intervals that do not touch."""
    whole = (0, (1 << scale.bits) - 1)
    if len(intervals) <= MANY:
        return _listed(list(intervals), whole, scale)
    if intervals[0][0] == whole[0] and intervals[-1][1] == whole[1]:
        gaps = complement(intervals, whole)
        return Listed((whole,), tuple(gaps), 2 * EXCEPT + sum(scale.cost(gap) for gap in gaps))
    return _plain(intervals, scale)


def _plain(intervals: Sequence[Interval], scale: Scale) -> Listed:
    return Listed(tuple(intervals), (), sum(scale.cost(item) for item in intervals))


def _listed(intervals: list[Interval], block: Interval, scale: Scale) -> Listed:
    plain = _plain(intervals, scale)
    if not intervals or intervals == [block]:
        return plain
    options = [plain]
    if scale.length(block) is not None:
        gaps = complement(intervals, block)
        cost = scale.cost(block) + EXCEPT + sum(scale.cost(gap) for gap in gaps)
        options.append(Listed((block,), tuple(gaps), cost))
    if len(intervals) > 1 or plain.cost > 2:
        low, high = block
        middle = (low + high) // 2
        parts = [_listed(_clipped(intervals, half), half, scale) for half in ((low, middle), (middle + 1, high))]
        options.append(
            Listed(
                parts[0].items + parts[1].items,
                parts[0].exceptions + parts[1].exceptions,
                parts[0].cost + parts[1].cost,
            )
        )
    return min(options, key=lambda option: option.cost)


def _clipped(intervals: list[Interval], block: Interval) -> list[Interval]:
    low, high = block
    return [(max(low, start), min(high, end)) for start, end in intervals if start <= high and end >= low]


def complement(intervals: Sequence[Interval], block: Interval) -> list[Interval]:
    """The gaps that ascending intervals leave in a block."""
    ends = [(block[0] - 1, block[0] - 1), *intervals, (block[1] + 1, block[1] + 1)]
    return [(here + 1, there - 1) for (_, here), (there, _) in pairwise(ends) if here + 1 < there]


def between(lower: Sequence[Interval], upper: Sequence[Interval], scale: Scale) -> list[Interval]:
    """Few and simple intervals that hold the lower ones and lie in the upper ones. Each upper one holds a lower one."""
    found = []
    for low, high in upper:
        inside = [item for item in lower if low <= item[0] <= high]
        if inside:
            hull = (inside[0][0], inside[-1][1])
            found.append(min((hull, (low, high)), key=scale.cost))
    return found
