"""`-m pkttype`: how the frame was addressed on the link."""

from __future__ import annotations

from lvsconf.extensions.codecs import choice
from lvsconf.extensions.options import MatchModule, Option

_ALIASES = {"host": "unicast", "bcast": "broadcast", "mcast": "multicast"}
_KINDS = choice(
    ("unicast", "broadcast", "multicast", "otherhost"),
    _ALIASES,
    fold=True,
)

MODULE = MatchModule(name="pkttype", options=(Option("pkt-type", "pkt_type", _KINDS, invert=True, required=True),))
