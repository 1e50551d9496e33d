"""`-m physdev`: the bridge port a packet came in or goes out by."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.head import IN_INTERFACE
from lvsconf.extensions.options import MatchModule, Option, at_least_one
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query
from lvsconf.model.questions import BridgeQuestion

_PORT = IN_INTERFACE.codec


def chains_of(arguments: Arguments) -> frozenset[str]:
    """A packet of this host knows its port out only when it is bridged (net/netfilter/xt_physdev.c)."""
    bridged = arguments.get("is_bridged")
    out = "out" in arguments or "is_out" in arguments
    if not out or (bridged is not None and not bridged.inverted):
        return frozenset()
    return frozenset({"PREROUTING", "INPUT", "FORWARD", "POSTROUTING"})


def meaning(arguments: Arguments, family: int) -> Pred:
    """A packet that no bridge has seen matches when every option is negated (net/netfilter/xt_physdev.c)."""
    said = ", ".join(f"{'! ' if given.inverted else ''}--physdev-{key}" for key, given in arguments.items())
    return Query(BridgeQuestion(said, all(given.inverted for given in arguments.values())))


MODULE = MatchModule(
    name="physdev",
    meaning=meaning,
    options=(
        Option("physdev-is-in", "is_in", flag(), invert=True),
        Option("physdev-in", "in", _PORT, invert=True),
        Option("physdev-is-out", "is_out", flag(), invert=True),
        Option("physdev-out", "out", _PORT, invert=True),
        Option("physdev-is-bridged", "is_bridged", flag(), invert=True),
    ),
    check=at_least_one("-m physdev"),
    chains_of=chains_of,
)
