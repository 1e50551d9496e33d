"""`-m mark`: skb->mark under a mask (net/netfilter/xt_mark.c, mark_mt)."""

from __future__ import annotations

from lvsconf.extensions.codecs import mark_mask
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.fields import MARK
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, Pred, masked, negate


def meaning(arguments: Arguments, family: int) -> Pred:
    """`mark & mask == value`; a value with bits outside the mask is never met."""
    given = arguments.get("mark")
    if given is None:
        return FALSE
    value, mask = given.value
    found: Pred = FALSE if value & ~mask else masked(MARK, value, mask)
    return negate(found, given.inverted)


MODULE = MatchModule(
    name="mark",
    options=(Option("mark", "mark", mark_mask(), invert=True, required=True),),
    meaning=meaning,
)
