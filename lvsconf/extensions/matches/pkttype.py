"""`-m pkttype`: how the frame was addressed on the link."""

from __future__ import annotations

from lvsconf.extensions.codecs import choice
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.fields import PKT_TYPE, PktType
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, equals, negate

_ALIASES = {"host": "unicast", "bcast": "broadcast", "mcast": "multicast"}
_KINDS = choice(
    ("unicast", "broadcast", "multicast", "otherhost"),
    _ALIASES,
    fold=True,
)

_TYPES = {
    "unicast": PktType.HOST, "broadcast": PktType.BROADCAST, "multicast": PktType.MULTICAST,
    "otherhost": PktType.OTHERHOST,
}  # fmt: skip


def meaning(arguments: Arguments, family: int) -> Pred:
    """skb->pkt_type; what the host itself sends counts as unicast (net/netfilter/xt_pkttype.c)."""
    given = arguments["pkt_type"]
    return negate(equals(PKT_TYPE, _TYPES[given.value]), given.inverted)


MODULE = MatchModule(
    name="pkttype", meaning=meaning, options=(Option("pkt-type", "pkt_type", _KINDS, invert=True, required=True),)
)
