"""`-m mark`: skb->mark under a mask (net/netfilter/xt_mark.c, mark_mt)."""

from __future__ import annotations

from lvsconf.extensions.codecs import mark_mask
from lvsconf.extensions.marking import mark_is
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.fields import MARK
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, Pred


def meaning(arguments: Arguments, family: int) -> Pred:
    """The packet's mark."""
    given = arguments.get("mark")
    return FALSE if given is None else mark_is(MARK, given)


MODULE = MatchModule(
    name="mark",
    options=(Option("mark", "mark", mark_mask(), invert=True, required=True),),
    meaning=meaning,
)
