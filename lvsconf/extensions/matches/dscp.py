"""`-m dscp`: the upper six bits of the type-of-service byte (net/netfilter/xt_dscp.c, dscp_mt)."""

from __future__ import annotations

from lvsconf.extensions.codecs import number
from lvsconf.extensions.options import Codec, MatchModule, Option, at_least_one
from lvsconf.extensions.service_bits import dscp_class, show_byte
from lvsconf.model.fields import TOS
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, Masked, Pred, negate

_VALUE = Codec(1, lambda words, family: number(words[0], 0, 63), show_byte, "a number up to 63")
_CLASS = Codec(1, lambda words, family: dscp_class(words[0]), show_byte, "a class such as EF, AF11, CS1")


def meaning(arguments: Arguments, family: int) -> Pred:
    """`tos >> 2 == value`."""
    given = arguments.get("dscp")
    return FALSE if given is None else negate(Masked(TOS, given.value << 2, 0xFC), given.inverted)


MODULE = MatchModule(
    name="dscp",
    options=(Option("dscp", "dscp", _VALUE, invert=True), Option("dscp-class", "dscp", _CLASS, invert=True)),
    meaning=meaning,
    check=at_least_one("-m dscp"),
)
