"""`-m tcpmss`: the maximum segment size that a TCP header announces."""

from __future__ import annotations

from lvsconf.extensions.codecs import number_range
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.fields import TCP, TCP_MSS, TCP_OPTION_KINDS
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Masked, Pred, all_of, between, negate

MSS_KIND = 2


def meaning(arguments: Arguments, family: int) -> Pred:
    """A header without the option counts as outside of every range (net/netfilter/xt_tcpmss.c, tcpmss_mt)."""
    given = arguments["mss"]
    has = Masked(TCP_OPTION_KINDS, 1 << MSS_KIND, 1 << MSS_KIND)
    return negate(all_of((has, between(TCP_MSS, *given.value))), given.inverted)


MODULE = MatchModule(
    name="tcpmss",
    meaning=meaning,
    options=(Option("mss", "mss", number_range(0xFFFF), invert=True, required=True),),
    protocols=frozenset({TCP}),
)
