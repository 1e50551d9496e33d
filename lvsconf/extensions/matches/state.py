"""`-m state`: the old name of `-m conntrack --ctstate`, kept as written."""

from __future__ import annotations

from lvsconf.extensions.conntrack_state import state_codec, state_meaning
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, Pred


def meaning(arguments: Arguments, family: int) -> Pred:
    """One of the states; iptables refuses the match without any."""
    given = arguments.get("state")
    return FALSE if given is None else state_meaning(given)


MODULE = MatchModule(
    name="state",
    options=(Option("state", "state", state_codec(nat=False), invert=True, required=True),),
    meaning=meaning,
    conntrack=True,
)
