"""`-j NFLOG`: a copy for a logging program; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.codecs import cut_string, integer, number
from lvsconf.extensions.options import Codec, Option, TargetModule

_GROUP = Codec(
    1,
    lambda words, family: number(words[0], 0, 0xFFFF),
    lambda value, family: (str(value),) if value else None,
    "a number up to 65535; 0 is not printed",
)

MODULE = TargetModule(
    name="NFLOG",
    options=(
        Option("nflog-prefix", "nflog_prefix", cut_string(63)),
        Option("nflog-group", "nflog_group", _GROUP),
        Option("nflog-range", "nflog_range", integer()),
        Option("nflog-size", "nflog_size", integer()),
        Option("nflog-threshold", "nflog_threshold", integer(0, 0xFFFF)),
    ),
    effects=lambda arguments, family: (),
)
