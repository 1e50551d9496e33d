"""`-m hashlimit`: so many packets in a time for each address or port."""

from __future__ import annotations

import re

from lvsconf.extensions.codecs import flag, integer, word, word_set
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.extensions.rates import parse_rate, show_rate
from lvsconf.model.netfilter import Arguments, Given

_SCALE = 1_000_000
_MODES = ("srcip", "srcport", "dstip", "dstport")
_BYTES = re.compile(r"[0-9]+[km]?b(?:/s[a-z]*)?")


def _parse(words: tuple[str, ...], family: int) -> int | str:
    """Packets as the time between two of them; bytes as they are written."""
    return words[0] if _BYTES.fullmatch(words[0]) else parse_rate(words[0], _SCALE)


def _show(value: int | str, family: int) -> tuple[str, ...]:
    return (value if isinstance(value, str) else show_rate(value, _SCALE) if value else "inf",)


def _parse_burst(words: tuple[str, ...], family: int) -> int | str:
    return words[0] if _BYTES.fullmatch(words[0]) else int(integer(1, 1_000_000).parse(words, family))


_RATE = Codec(1, _parse, _show, "a rate such as 10/minute or 512kb/s")
_BURST = Codec(1, _parse_burst, lambda value, family: (str(value),), "a number of packets, or of bytes")

OPTIONS = (
    Option("hashlimit-upto", "upto", _RATE, ("hashlimit",)),
    Option("hashlimit-above", "above", _RATE),
    Option("hashlimit-burst", "burst", _BURST),
    Option("hashlimit-mode", "mode", word_set(_MODES)),
    Option("hashlimit-name", "name", word("the name of a table"), required=True),
    Option("hashlimit-htable-size", "htable_size", integer()),
    Option("hashlimit-htable-max", "htable_max", integer()),
    Option("hashlimit-htable-gcinterval", "htable_gcinterval", integer()),
    Option("hashlimit-htable-expire", "htable_expire", integer()),
    Option("hashlimit-srcmask", "srcmask", integer(0, 128)),
    Option("hashlimit-dstmask", "dstmask", integer(0, 128)),
    Option("hashlimit-rate-match", "rate_match", flag()),
    Option("hashlimit-rate-interval", "rate_interval", integer(1)),
)


def check(arguments: Arguments, family: int) -> None:
    """One of the two rates."""
    if ("upto" in arguments) == ("above" in arguments):
        raise OptionError("-m hashlimit needs either --hashlimit-upto or --hashlimit-above")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """A burst of packets prints even where it is the default."""
    rate = arguments.get("upto") or arguments.get("above")
    packets = rate is not None and not isinstance(rate.value, str)
    default = {"burst": Given(5)} if packets else {}
    return option_words(OPTIONS, {**default, **arguments}, family)


MODULE = MatchModule(name="hashlimit", options=OPTIONS, check=check, save=save)
