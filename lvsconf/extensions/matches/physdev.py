"""`-m physdev`: the bridge port a packet came in or goes out by."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, word
from lvsconf.extensions.options import MatchModule, Option, at_least_one

_PORT = word("the name of a bridge port, or the start of one and `+`")

MODULE = MatchModule(
    name="physdev",
    options=(
        Option("physdev-is-in", "is_in", flag(), invert=True),
        Option("physdev-in", "in", _PORT, invert=True),
        Option("physdev-is-out", "is_out", flag(), invert=True),
        Option("physdev-out", "out", _PORT, invert=True),
        Option("physdev-is-bridged", "is_bridged", flag(), invert=True),
    ),
    check=at_least_one("-m physdev"),
)
