"""`-m hl`: the hop limit of an IPv6 packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import MatchModule, Option, at_least_one

MODULE = MatchModule(
    name="hl",
    options=(
        Option("hl-eq", "hl_eq", integer(0, 255), ("hl",), invert=True),
        Option("hl-lt", "hl_lt", integer(0, 255)),
        Option("hl-gt", "hl_gt", integer(0, 255)),
    ),
    families=frozenset({6}),
    check=at_least_one("-m hl"),
)
