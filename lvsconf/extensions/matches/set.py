"""`-m set`: membership in an ipset."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.extensions.sets import set_and_directions
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, SetQuestion, negate

_COUNT = integer(0, 0xFFFFFFFFFFFFFFFF)

_COUNTERS = tuple(f"{what}_{relation}" for what in ("packets", "bytes") for relation in ("eq", "lt", "gt"))


def meaning(arguments: Arguments, family: int) -> Pred:
    """A question to the set; what it does to counters changes nothing for the packet."""
    given = arguments["match_set"]
    name, directions = given.value
    question = SetQuestion(
        name,
        tuple(directions.split(",")),
        family,
        exceptions="return_nomatch" in arguments,
        counted=any(key in arguments for key in _COUNTERS),
    )
    return negate(Query(question), given.inverted)


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
    meaning=meaning,
)
