"""`-m realm`: the routing realm that the kernel gave a packet."""

from __future__ import annotations

from lvsconf.extensions.named_masks import named_mask
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, negate
from lvsconf.model.questions import RealmQuestion


def meaning(arguments: Arguments, family: int) -> Pred:
    """The realm of the packet's route under a mask (net/netfilter/xt_realm.c)."""
    given = arguments["realm"]
    return negate(Query(RealmQuestion(*given.value)), given.inverted)


MODULE = MatchModule(
    name="realm",
    meaning=meaning,
    options=(Option("realm", "realm", named_mask("cosmos"), invert=True, required=True),),
    families=frozenset({4}),
    chains=frozenset({"INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}),
)
