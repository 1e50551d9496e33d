"""`-m eui64`: an IPv6 source address whose lower half is made from the sender's link address."""

from __future__ import annotations

from lvsconf.extensions.options import MatchModule
from lvsconf.model.fields import SRC
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Opaque, Pred, all_of, masked

_INSERTED, _PLACE = 0xFFFE, 24


def meaning(arguments: Arguments, family: int) -> Pred:
    """The lower half has ff:fe in its middle, and around it the address of the frame's sender, which no field holds
    (net/ipv6/netfilter/ip6t_eui64.c).
    """
    middle = masked(SRC, _INSERTED << _PLACE, 0xFFFF << _PLACE)
    return all_of((middle, Opaque("the link address of the sender")))


MODULE = MatchModule(
    name="eui64",
    options=(),
    meaning=meaning,
    families=frozenset({6}),
    chains=frozenset({"PREROUTING", "INPUT", "FORWARD"}),
)
