"""`-m tos`: the type-of-service byte under a mask (net/netfilter/xt_dscp.c, tos_mt)."""

from __future__ import annotations

from lvsconf.extensions.codecs import number
from lvsconf.extensions.options import Codec, MatchModule, Option
from lvsconf.extensions.service_bits import TOS_NAME_MASK, tos_name
from lvsconf.model.fields import TOS
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, Pred, masked, negate


def _parse(words: tuple[str, ...], family: int) -> tuple[int, int]:
    named = tos_name(words[0])
    if named is not None:
        return named, TOS_NAME_MASK
    text, found, mask = words[0].partition("/")
    return number(text, 0, 0xFF), number(mask, 0, 0xFF) if found else 0xFF


_TOS = Codec(
    1,
    _parse,
    lambda value, family: (f"{value[0]:#04x}/{value[1]:#04x}",),
    "a value, value/mask, or a name such as Minimize-Delay",
)


def meaning(arguments: Arguments, family: int) -> Pred:
    """`tos & mask == value`; a value with bits outside the mask is never met."""
    given = arguments.get("tos")
    if given is None:
        return FALSE
    value, mask = given.value
    found: Pred = FALSE if value & ~mask else masked(TOS, value, mask)
    return negate(found, given.inverted)


MODULE = MatchModule(name="tos", options=(Option("tos", "tos", _TOS, invert=True, required=True),), meaning=meaning)
