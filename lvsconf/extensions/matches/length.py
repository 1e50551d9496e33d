"""`-m length`: the length of the IP packet (net/netfilter/xt_length.c)."""

from __future__ import annotations

from lvsconf.extensions.codecs import number_range
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.fields import LENGTH
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, Pred, between, negate


def meaning(arguments: Arguments, family: int) -> Pred:
    """The length lies in the range."""
    given = arguments.get("length")
    return FALSE if given is None else negate(between(LENGTH, *given.value), given.inverted)


MODULE = MatchModule(
    name="length",
    options=(Option("length", "length", number_range(0xFFFF), invert=True, required=True),),
    meaning=meaning,
)
