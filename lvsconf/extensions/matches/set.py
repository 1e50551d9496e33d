"""`-m set`: membership in an ipset."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.extensions.sets import set_and_directions

_COUNT = integer(0, 0xFFFFFFFFFFFFFFFF)

MODULE = MatchModule(
    name="set",
    options=(
        Option("match-set", "match_set", set_and_directions(), ("set",), invert=True, required=True),
        Option("return-nomatch", "return_nomatch", flag()),
        Option("update-counters", "update_counters", flag(), invert=True),
        Option("update-subcounters", "update_subcounters", flag(), invert=True),
        *(
            Option(f"{what}-{relation}", f"{what}_{relation}", _COUNT, invert=relation == "eq")
            for what in ("packets", "bytes")
            for relation in ("eq", "lt", "gt")
        ),
    ),
)
