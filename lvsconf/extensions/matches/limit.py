"""`-m limit`: so many packets in a time."""

from __future__ import annotations

from lvsconf.extensions.codecs import number
from lvsconf.extensions.options import Codec, MatchModule, Option
from lvsconf.extensions.printing import option_words
from lvsconf.extensions.rates import SCALE, rate
from lvsconf.model.netfilter import Arguments, Given

_BURST = Codec(
    1,
    lambda words, family: number(words[0], 0, 10000),
    lambda value, family: None if value == 5 else (str(value),),
    "a number up to 10000; 5 is not printed",
)
OPTIONS = (Option("limit", "limit", rate()), Option("limit-burst", "limit_burst", _BURST))


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Without `--limit` the rate is 3/hour."""
    return option_words(OPTIONS, {"limit": Given(3600 * SCALE // 3), **arguments}, family)


MODULE = MatchModule(name="limit", options=OPTIONS, save=save)
