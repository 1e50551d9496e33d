"""`-m iprange`: addresses from one to another."""

from __future__ import annotations

from lvsconf.extensions.addresses import parse_host, show_host
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError, at_least_one


def _parse(words: tuple[str, ...], family: int) -> tuple[int, int]:
    first, dash, last = words[0].partition("-")
    low = parse_host(first, family)
    high = parse_host(last, family) if dash else low
    if low > high:
        raise OptionError(f"the range {words[0]!r} is the wrong way round")
    return low, high


_RANGE = Codec(
    1,
    _parse,
    lambda value, family: (f"{show_host(value[0], family)}-{show_host(value[1], family)}",),
    "a range of addresses a-b",
)

MODULE = MatchModule(
    name="iprange",
    options=(
        Option("src-range", "src_range", _RANGE, invert=True),
        Option("dst-range", "dst_range", _RANGE, invert=True),
    ),
    check=at_least_one("-m iprange"),
)
