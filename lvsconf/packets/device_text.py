"""Interfaces in words, and what of a field's values are their names."""

from __future__ import annotations

from lvsconf.model.fields import IFNAMSIZ, interface_name
from lvsconf.packets.packet_set import Interval

NO_INTERFACE = "no interface"


def device(low: int, high: int, free: int | None) -> str:
    """A block of names, `free` bits of which are open, or a range of them."""
    if free is None or free % 8:
        return f"{low:#x}-{high:#x}"
    name = interface_name(low)
    if not name.isprintable() or "\0" in name:
        return f"{low:#x}/{8 * IFNAMSIZ - free}"
    whole = free == 8 * (IFNAMSIZ - len(name.encode("utf-8", "surrogateescape"))) and free
    return f"{name}+" if whole else name or NO_INTERFACE


def proper_names(intervals: list[Interval]) -> list[Interval]:
    """Behind a name's end there is nothing: what begins with a name and its NUL counts as the name does."""
    found: list[Interval] = []
    for low, high in intervals:
        start, end = _name_block(low)
        low = low if low == start else end + 1
        high = _name_block(high)[1]
        if found and found[-1][1] + 1 >= low:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        elif low <= high:
            found.append((low, high))
    return found


def _name_block(value: int) -> Interval:
    """All values that begin as this one up to its first NUL."""
    name, nul, _ = value.to_bytes(IFNAMSIZ, "big").partition(b"\0")
    if not nul:
        return value, value
    free = 8 * (IFNAMSIZ - len(name) - 1)
    start = int.from_bytes(name + nul, "big") << free
    return start, start + (1 << free) - 1
