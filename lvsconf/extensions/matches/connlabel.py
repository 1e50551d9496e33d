"""`-m connlabel`: a label that a connection has, or gets (net/netfilter/xt_connlabel.c, connlabel_mt)."""

from __future__ import annotations

from lvsconf.extensions.codecs import Quoted, flag, number
from lvsconf.extensions.conntrack_state import TRACKED
from lvsconf.extensions.options import Codec, MatchModule, Option
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, Opaque, Pred, all_of, negate

# Names depend on the connlabel.conf of the machine that loads the rule.
_LABEL = Codec(
    1,
    lambda words, family: number(words[0], 0, 127),
    lambda value, family: (Quoted(value),),
    "a label by number, up to 127",
)


def meaning(arguments: Arguments, family: int) -> Pred:
    """With `--set` each connection has the label once it is asked for; without, nobody tells who may have set it."""
    given = arguments.get("label")
    if given is None:
        return FALSE
    labelled = TRACKED if "set" in arguments else all_of((TRACKED, Opaque(f"label {given.value} of the connection")))
    return negate(labelled, given.inverted)


MODULE = MatchModule(
    name="connlabel",
    options=(Option("label", "label", _LABEL, invert=True, required=True), Option("set", "set", flag())),
    meaning=meaning,
    conntrack=True,
)
