"""`-j NFLOG`: a copy for a logging program; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.codecs import cut_string, integer, number
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.model.netfilter import Arguments

_GROUP = Codec(
    1,
    lambda words, family: number(words[0], 0, 0xFFFF),
    lambda value, family: (str(value),) if value else None,
    "a number up to 65535; 0 is not printed",
)

_UNLESS_ZERO = Codec(
    1,
    lambda words, family: number(words[0], 0, 0xFFFFFFFF),
    lambda value, family: (str(value),) if value else None,
    "a number from 0 to 4294967295",
)


def check(arguments: Arguments, family: int) -> None:
    """One length."""
    if "nflog_range" in arguments and "nflog_size" in arguments:
        raise OptionError("-j NFLOG takes only one of --nflog-range and --nflog-size")


MODULE = TargetModule(
    name="NFLOG",
    options=(
        Option("nflog-prefix", "nflog_prefix", cut_string(63, least=1)),
        Option("nflog-group", "nflog_group", _GROUP),
        Option("nflog-range", "nflog_range", _UNLESS_ZERO),
        Option("nflog-size", "nflog_size", integer()),
        Option("nflog-threshold", "nflog_threshold", _GROUP),
    ),
    effects=lambda arguments, family: (),
    check=check,
)
