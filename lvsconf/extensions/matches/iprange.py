"""`-m iprange`: addresses from one to another."""

from __future__ import annotations

from lvsconf.extensions.addresses import numeric, parse_one, show_host
from lvsconf.extensions.options import Codec, MatchModule, Odd, Option, OptionError, at_least_one
from lvsconf.model.fields import DST, SRC
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, all_of, between, negate


def _address(text: str, family: int) -> int:
    found = numeric(text) if family == 4 else parse_one(text, family)
    if found is None:
        raise OptionError(f"{text!r} is not an IPv{family} address")
    return found


def _parse(words: tuple[str, ...], family: int) -> tuple[int, int] | Odd:
    first, dash, last = words[0].partition("-")
    low = _address(first, family)
    high = _address(last, family) if dash else low
    return (low, high) if low <= high else Odd((low, high), f"the range {words[0]!r} is reversed and never matches")


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
        negate(between(field, *arguments[key].value), arguments[key].inverted)
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
