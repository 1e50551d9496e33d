"""Rates such as `10/min`: how iptables rounds them when it prints them back (libxt_limit.c)."""

from __future__ import annotations

from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import Codec, OptionError

SCALE = 10000
_UNITS = (("day", 86400), ("hour", 3600), ("min", 60), ("sec", 1))
_WORDS = (("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400))


def parse_rate(text: str, scale: int = SCALE) -> int:
    """The time between two packets, as the kernel keeps it: in parts of a second, `scale` of them."""
    count, found, unit = text.partition("/")
    seconds = 1
    if found:
        named = [size for word, size in _WORDS if unit and word.startswith(unit.lower())]
        if not named:
            raise OptionError(f"{unit!r} is not second, minute, hour or day")
        seconds = named[0]
    number = number_of(count)
    if not number:
        raise OptionError(f"{text!r} is not a rate such as 10/minute")
    if number // seconds > scale:
        raise OptionError(f"the rate {text} is above {scale} in a second")
    return scale * seconds // number


def show_rate(period: int, scale: int = SCALE) -> str:
    """The rate in the largest unit that loses little."""
    chosen = _UNITS[0]
    for unit in _UNITS[1:]:
        size = unit[1] * scale
        if period > size or size // period < size % period:
            break
        chosen = unit
    return f"{chosen[1] * scale // period}/{chosen[0]}"


def rate() -> Codec:
    """A rate."""
    return Codec(
        1,
        lambda words, family: parse_rate(words[0]),
        lambda value, family: (show_rate(value),) if value else ("inf",),
        "a rate such as 10/minute",
    )
