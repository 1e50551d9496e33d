"""`-m ttl`: the time to live of an IPv4 packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import MatchModule, Option, at_least_one

MODULE = MatchModule(
    name="ttl",
    options=(
        Option("ttl-eq", "ttl_eq", integer(0, 255), ("ttl",), invert=True),
        Option("ttl-lt", "ttl_lt", integer(0, 255)),
        Option("ttl-gt", "ttl_gt", integer(0, 255)),
    ),
    families=frozenset({4}),
    check=at_least_one("-m ttl"),
)
