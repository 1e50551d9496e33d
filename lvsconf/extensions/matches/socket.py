"""`-m socket`: a local socket is there for the packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query
from lvsconf.model.questions import SocketQuestion


def meaning(arguments: Arguments, family: int) -> Pred:
    """A socket on the packet's own address counts, one on any address only with --nowildcard (xt_socket.c)."""
    return Query(SocketQuestion("transparent" in arguments, "nowildcard" in arguments, "restore_skmark" in arguments))


MODULE = MatchModule(
    name="socket",
    meaning=meaning,
    options=tuple(
        Option(name, name.replace("-", "_"), flag()) for name in ("transparent", "nowildcard", "restore-skmark")
    ),
    chains=frozenset({"PREROUTING", "INPUT"}),
)
