"""`-m length`: the length of the IP packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import number_range
from lvsconf.extensions.options import MatchModule, Option

MODULE = MatchModule(
    name="length",
    options=(Option("length", "length", number_range(0, 0xFFFF), invert=True, required=True),),
)
