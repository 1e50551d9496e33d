"""`-m set`: membership in an ipset."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.options import MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.extensions.sets import set_and_directions
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, SetQuestion, negate

_COUNT = integer(0, 0xFFFFFFFFFFFFFFFF)
_COUNTED = ("packets", "bytes")
_RELATIONS = ("eq", "lt", "gt")
_UPDATES = ("update_counters", "update_subcounters")


def meaning(arguments: Arguments, family: int) -> Pred:
    """A question to the set; what it does to counters changes nothing for the packet."""
    given = arguments["match_set"]
    name, directions = given.value
    question = SetQuestion(
        name,
        tuple(directions.split(",")),
        family,
        exceptions="return_nomatch" in arguments,
        counted=any(f"{what}_{relation}" in arguments for what in _COUNTED for relation in _RELATIONS),
    )
    return negate(Query(question), given.inverted)


OPTIONS = (
    Option("match-set", "match_set", set_and_directions(), ("set",), invert=True, required=True),
    Option("return-nomatch", "return_nomatch", flag(), repeats=True),
    *(Option(key.replace("_", "-"), key, flag(), invert=True, repeats=True) for key in _UPDATES),
    *(
        Option(f"{what}-{relation}", f"{what}_{relation}", _COUNT, invert=relation == "eq")
        for what in _COUNTED
        for relation in _RELATIONS
    ),
)


def check(arguments: Arguments, family: int) -> None:
    """One comparison for each counter."""
    for what in _COUNTED:
        if sum(f"{what}_{relation}" in arguments for relation in _RELATIONS) > 1:
            raise OptionError(f"-m set takes only one of --{what}-eq, --{what}-lt and --{what}-gt")


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Counters are updated unless `!` says otherwise, and only that is printed."""
    kept = {key: given for key, given in arguments.items() if key not in _UPDATES or given.inverted}
    return option_words(OPTIONS, kept, family)


MODULE = MatchModule(name="set", options=OPTIONS, meaning=meaning, check=check, save=save)
