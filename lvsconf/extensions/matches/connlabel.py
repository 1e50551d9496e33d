"""`-m connlabel`: a label that a connection has, or gets."""

from __future__ import annotations

from lvsconf.extensions.codecs import Quoted, flag, number
from lvsconf.extensions.options import Codec, MatchModule, Option
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, negate
from lvsconf.model.questions import LabelQuestion

# Names depend on the connlabel.conf of the machine that loads the rule.
_LABEL = Codec(
    1,
    lambda words, family: number(words[0], 0, 127),
    lambda value, family: (Quoted(value),),
    "a label by number, up to 127",
)


def meaning(arguments: Arguments, family: int) -> Pred:
    """The label is there, or --set puts it there; without an entry it is not (net/netfilter/xt_connlabel.c)."""
    given = arguments["label"]
    return negate(Query(LabelQuestion(given.value, "set" in arguments)), given.inverted)


MODULE = MatchModule(
    name="connlabel",
    meaning=meaning,
    options=(Option("label", "label", _LABEL, invert=True, required=True), Option("set", "set", flag())),
    conntrack=True,
)
