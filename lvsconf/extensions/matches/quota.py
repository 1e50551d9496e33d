"""`-m quota`: so many bytes, and then no more."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, negate
from lvsconf.model.questions import QuotaQuestion


def meaning(arguments: Arguments, family: int) -> Pred:
    """The packet's length is taken off; from the first packet on that does not fit, nothing does (xt_quota.c)."""
    given = arguments["quota"]
    return negate(Query(QuotaQuestion(given.value)), given.inverted)


MODULE = MatchModule(
    name="quota",
    meaning=meaning,
    options=(Option("quota", "quota", integer(0, 0xFFFFFFFFFFFFFFFF), invert=True, required=True),),
)
