"""`-m devgroup`: the group of the interface a packet came in or goes out by."""

from __future__ import annotations

from lvsconf.extensions.named_masks import named_mask
from lvsconf.extensions.options import MatchModule, Option, at_least_one
from lvsconf.model.fields import IIF, OIF
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, all_of, negate
from lvsconf.model.questions import DeviceGroupQuestion

_CHAINS = {
    "src_group": frozenset({"PREROUTING", "INPUT", "FORWARD"}),
    "dst_group": frozenset({"FORWARD", "OUTPUT", "POSTROUTING"}),
}


def chains_of(arguments: Arguments) -> frozenset[str]:
    """Where there is such an interface."""
    return frozenset.intersection(*(_CHAINS[key] for key in arguments)) if arguments else frozenset()


def meaning(arguments: Arguments, family: int) -> Pred:
    """The groups of the two interfaces under their masks (net/netfilter/xt_devgroup.c)."""
    return all_of(
        negate(Query(DeviceGroupQuestion(what, *arguments[key].value)), arguments[key].inverted)
        for key, what in (("src_group", IIF), ("dst_group", OIF))
        if key in arguments
    )


MODULE = MatchModule(
    name="devgroup",
    meaning=meaning,
    options=(
        Option("src-group", "src_group", named_mask("default"), invert=True),
        Option("dst-group", "dst_group", named_mask("default"), invert=True),
    ),
    check=at_least_one("-m devgroup"),
    chains_of=chains_of,
)
