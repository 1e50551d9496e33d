"""Values of a field as values under masks: the bits that count, and how they are."""

from __future__ import annotations

from lvsconf.model.fields import Field
from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.space import Space

Cube = tuple[int, int]
"""A value and its mask."""
EFFORT = 4000
"""So many steps are taken to find them."""


def cubes(space: Space, lower: PacketSet, upper: PacketSet, what: Field, limit: int) -> list[Cube] | None:
    """Few cubes that hold the lower values and lie in the upper ones; None where it takes more than `limit`.

    Shin-ichi Minato, Fast Generation of Irredundant Sum-of-Products Forms from Binary Decision Diagrams, 1992.
    """
    effort = EFFORT

    def cover(some: PacketSet, most: PacketSet, bit: int) -> tuple[list[Cube], PacketSet]:
        nonlocal effort
        if not some:
            return [], space.nothing
        if most == space.everything:
            return [(0, 0)], space.everything
        effort -= 1
        if effort < 0:
            raise _TooMuchError
        (some_set, some_clear), (most_set, most_clear) = (space.halves(each, what, bit) for each in (some, most))
        here = 1 << bit
        if some_set == some_clear and most_set == most_clear:
            return cover(some_set, most_set, bit - 1)
        clear, held_clear = cover(some_clear - most_set, most_clear, bit - 1)
        set_, held_set = cover(some_set - most_clear, most_set, bit - 1)
        either, held = cover((some_clear - held_clear) | (some_set - held_set), most_clear & most_set, bit - 1)
        found = [(value, mask | here) for value, mask in clear]
        found += [(value | here, mask | here) for value, mask in set_]
        found += either
        if len(found) > limit:
            raise _TooMuchError
        literal = space.masked(what, here, here)
        return found, held | (held_clear - literal) | (held_set & literal)

    try:
        found, _ = cover(lower, upper, space.width(what) - 1)
    except _TooMuchError:
        return None
    return found


class _TooMuchError(Exception):
    pass
