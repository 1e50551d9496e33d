"""`-m iprange`: addresses from one to another."""

from __future__ import annotations

from lvsconf.extensions.addresses import parse_host, show_host
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError, at_least_one
from lvsconf.model.fields import DST, SRC
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Within, all_of, negate


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

_FIELDS = {"src_range": SRC, "dst_range": DST}


def meaning(arguments: Arguments, family: int) -> Pred:
    """Both ranges, as far as they are given (net/netfilter/xt_iprange.c)."""
    return all_of(
        negate(Within(field, (arguments[key].value,)), arguments[key].inverted)
        for key, field in _FIELDS.items()
        if key in arguments
    )


MODULE = MatchModule(
    name="iprange",
    options=(
        Option("src-range", "src_range", _RANGE, invert=True),
        Option("dst-range", "dst_range", _RANGE, invert=True),
    ),
    meaning=meaning,
    check=at_least_one("-m iprange"),
)
