"""`-m limit`: so many packets in a time."""

from __future__ import annotations

from lvsconf.extensions.codecs import number
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.extensions.rates import SCALE, rate, show_rate
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import Pred, Query
from lvsconf.model.questions import LimitQuestion

_RATE, _BURST_DEFAULT = 3600 * SCALE // 3, 5
"""Without `--limit` the rate is 3/hour."""

_BURST = Codec(
    1,
    lambda words, family: number(words[0], 0, 10000),
    lambda value, family: None if value == _BURST_DEFAULT else (str(value),),
    "a number up to 10000; 5 is not printed",
)
OPTIONS = (Option("limit", "limit", rate()), Option("limit-burst", "limit_burst", _BURST))


_CREDITS = 32000
"""The credits of a second (HZ * CREDITS_PER_JIFFY), the same for 250 and for 1000 ticks in a second."""


def _credits(period: int) -> int:
    if period > 0xFFFFFFFF // _CREDITS:
        return period // SCALE * _CREDITS & 0xFFFFFFFF
    return period * _CREDITS // SCALE


def check(arguments: Arguments, family: int) -> None:
    """The kernel multiplies in 32 bits, and refuses what gets smaller (net/netfilter/xt_limit.c, limit_mt_check)."""
    period = arguments["limit"].value if "limit" in arguments else _RATE
    burst = arguments["limit_burst"].value if "limit_burst" in arguments else _BURST_DEFAULT
    if not burst or _credits(period * burst & 0xFFFFFFFF) < _credits(period):
        raise OptionError(
            "-m limit: the burst is too large for so low a rate" if burst else "-m limit: no burst at all"
        )


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """The rate always prints."""
    return option_words(OPTIONS, {"limit": Given(_RATE), **arguments}, family)


def meaning(arguments: Arguments, family: int) -> Pred:
    """A bucket that is full when the rule is loaded (net/netfilter/xt_limit.c, limit_mt)."""
    period = arguments["limit"].value if "limit" in arguments else _RATE
    burst = arguments["limit_burst"].value if "limit_burst" in arguments else _BURST_DEFAULT
    said = f"limit {show_rate(period)} burst {burst}"
    return Query(LimitQuestion(_credits(period), _credits(period * burst & 0xFFFFFFFF), _CREDITS, said))


MODULE = MatchModule(name="limit", meaning=meaning, options=OPTIONS, save=save, check=check)
