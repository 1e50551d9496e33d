"""`-m connlabel`: a label that a connection has, or gets."""

from __future__ import annotations

from lvsconf.extensions.codecs import Quoted, flag, number
from lvsconf.extensions.options import Codec, MatchModule, Option

# Names depend on the connlabel.conf of the machine that loads the rule.
_LABEL = Codec(
    1,
    lambda words, family: number(words[0], 0, 127),
    lambda value, family: (Quoted(value),),
    "a label by number, up to 127",
)

MODULE = MatchModule(
    name="connlabel",
    options=(Option("label", "label", _LABEL, invert=True, required=True), Option("set", "set", flag())),
    conntrack=True,
)
