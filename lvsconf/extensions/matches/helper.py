"""`-m helper`: the conntrack helper of the connection that the packet's own is related to."""

from __future__ import annotations

from lvsconf.extensions.codecs import cut_string
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, negate
from lvsconf.model.questions import HelperQuestion


def meaning(arguments: Arguments, family: int) -> Pred:
    """The packet's connection was expected by another that has this helper (net/netfilter/xt_helper.c)."""
    given = arguments["helper"]
    return negate(Query(HelperQuestion(str(given.value))), given.inverted)


MODULE = MatchModule(
    name="helper",
    meaning=meaning,
    options=(Option("helper", "helper", cut_string(29), invert=True, required=True),),
    conntrack=True,
)
