"""Rates in bytes, as `-m hashlimit` keeps them: as the cost of 16 bytes (libxt_hashlimit.c, bytes_to_cost)."""

from __future__ import annotations

import re

from lvsconf.extensions.options import OptionError
from lvsconf.extensions.rates import count_of

_SHIFT = 4
_TOP = 0xFFFFFFFF
_FACTORS = {"m": 1024 * 1024, "k": 1024}
_BURST = re.compile(r"[ \t]*\+?([0-9]{1,20})(.?).*", re.ASCII | re.DOTALL)


def byte_cost(text: str) -> int | None:
    """The cost of a rate such as `512kb/s`; None for a rate in packets."""
    place = text.find("b/s")
    count = count_of(text)
    if place < 1 or not count:
        return None
    steps = count * _FACTORS.get(text[place - 1], 1) >> _SHIFT & _TOP
    if steps == _TOP:
        raise OptionError(f"the rate {text} is too high")
    return _TOP // (steps + 1)


def cost_bytes(cost: int) -> int:
    """The bytes in a second that a cost stands for."""
    return (_TOP // cost - 1) << _SHIFT


def burst(text: str) -> tuple[int, bool]:
    """A burst, and whether it has a unit: `1000` packets, `15kb`."""
    found = _BURST.fullmatch(text)
    if found is None:
        raise OptionError(f"{text!r} is not a number of packets, or of bytes such as 15kb")
    return int(found[1]) * _FACTORS.get(found[2], 1), bool(found[2])


def show_rate(cost: int) -> str:
    """In the largest unit that says the same."""
    shown = cost_bytes(cost)
    for letter, size in _FACTORS.items():
        if shown >= size and _TOP // ((shown & _TOP & ~(size - 1)) // 16 + 1) == cost:
            return f"{shown // size}{letter}b/s"
    return f"{shown}b/s"


def show_burst(cost: int, times: int) -> str:
    """A burst of so many times the rate, in whole units."""
    shown = cost_bytes(cost) * times
    for letter, size in _FACTORS.items():
        if shown >= size:
            return f"{shown // size}{letter}b"
    return f"{shown}b"
