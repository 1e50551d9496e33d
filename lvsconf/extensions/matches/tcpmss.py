"""`-m tcpmss`: the maximum segment size that a TCP header announces."""

from __future__ import annotations

from lvsconf.extensions.codecs import number_range
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.fields import TCP

MODULE = MatchModule(
    name="tcpmss",
    options=(Option("mss", "mss", number_range(0xFFFF), invert=True, required=True),),
    protocols=frozenset({TCP}),
)
