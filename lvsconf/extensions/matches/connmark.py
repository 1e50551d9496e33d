"""`-m connmark`: the mark of the connection (net/netfilter/xt_connmark.c, connmark_mt)."""

from __future__ import annotations

from lvsconf.extensions.codecs import mark_mask
from lvsconf.extensions.conntrack_state import TRACKED
from lvsconf.extensions.marking import mark_is
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.fields import CT_MARK
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, Pred, all_of


def meaning(arguments: Arguments, family: int) -> Pred:
    """As `-m mark`; a packet without an entry never matches, negated or not."""
    given = arguments.get("mark")
    return FALSE if given is None else all_of((TRACKED, mark_is(CT_MARK, given)))


MODULE = MatchModule(
    name="connmark",
    options=(Option("mark", "mark", mark_mask(), invert=True, required=True),),
    meaning=meaning,
    conntrack=True,
)
