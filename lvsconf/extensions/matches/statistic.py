"""`-m statistic`: a share of all packets, by chance or by count."""

from __future__ import annotations

from lvsconf.extensions.codecs import choice, integer
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError

_ONE = 0x80000000


def _parse(words: tuple[str, ...], family: int) -> int:
    try:
        value = float(words[0])
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise OptionError(f"{words[0]!r} is not a probability between 0 and 1")
    return round(value * _ONE)


_PROBABILITY = Codec(1, _parse, lambda value, family: (f"{value / _ONE:.11f}",), "a probability between 0 and 1")

MODULE = MatchModule(
    name="statistic",
    options=(
        Option("mode", "mode", choice(("random", "nth")), required=True),
        Option("probability", "probability", _PROBABILITY, invert=True),
        Option("every", "every", integer(1), invert=True),
        Option("packet", "packet", integer(0)),
    ),
)
