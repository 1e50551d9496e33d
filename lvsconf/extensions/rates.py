"""Rates such as `10/min`: how iptables rounds them when it prints them back (libxt_limit.c, libxt_hashlimit.c)."""

from __future__ import annotations

import re

from lvsconf.extensions.options import Codec, OptionError

SCALE = 10000
_UNITS = (("day", 86400), ("hour", 3600), ("min", 60), ("sec", 1))
_WORDS = (("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400))
_COUNT = re.compile(r"[ \t]*\+?([0-9]{1,18})", re.ASCII)


def count_of(text: str) -> int:
    """The number at the start of a text as atoi reads it, 0 for none."""
    found = _COUNT.match(text)
    return int(found[1]) if found else 0


def seconds_of(text: str) -> int:
    """The seconds in the unit of a rate; without a unit it is a second."""
    _, found, unit = text.partition("/")
    named = [size for word, size in _WORDS if unit and word.startswith(unit.lower())] if found else [1]
    if not named:
        raise OptionError(f"{unit!r} is not second, minute, hour or day")
    return named[0]


def parse_rate(text: str, scale: int = SCALE) -> int:
    """The time between two packets, as the kernel keeps it: in parts of a second, `scale` of them."""
    seconds, count = seconds_of(text), count_of(text)
    if not count:
        raise OptionError(f"{text!r} is not a rate such as 10/minute")
    period = scale * seconds // count
    if not period:
        raise OptionError(f"the rate {text} is above {scale} in a second")
    return period


def unit_of(period: int, scale: int = SCALE) -> tuple[str, int]:
    """The largest unit that loses little, by name and in seconds."""
    chosen = _UNITS[0]
    for unit in _UNITS[1:]:
        size = unit[1] * scale
        if period > size or size // period < size % period:
            break
        chosen = unit
    return chosen


def show_rate(period: int, scale: int = SCALE) -> str:
    """The rate in that unit."""
    name, seconds = unit_of(period, scale)
    return f"{seconds * scale // period}/{name}"


def rate() -> Codec:
    """A rate."""
    return Codec(
        1,
        lambda words, family: parse_rate(words[0]),
        lambda value, family: (show_rate(value),),
        "a rate such as 10/minute",
    )
