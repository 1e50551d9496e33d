"""`-m rpfilter`: whether the way back to the sender leaves by the interface the packet came in."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, negate
from lvsconf.model.questions import ReversePathQuestion


def meaning(arguments: Arguments, family: int) -> Pred:
    """A lookup of the source as a destination (net/ipv4/netfilter/ipt_rpfilter.c, rpfilter_mt)."""
    question = ReversePathQuestion("loose" in arguments, "validmark" in arguments, "accept_local" in arguments, family)
    return negate(Query(question), "invert" in arguments)


MODULE = MatchModule(
    name="rpfilter",
    meaning=meaning,
    options=tuple(
        Option(name, name.replace("-", "_"), flag()) for name in ("loose", "validmark", "accept-local", "invert")
    ),
    tables=frozenset({"raw", "mangle"}),
    chains=frozenset({"PREROUTING"}),
)
