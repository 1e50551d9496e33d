"""`-m helper`: the conntrack helper that a connection, or the one it is related to, has."""

from __future__ import annotations

from lvsconf.extensions.codecs import cut_string
from lvsconf.extensions.options import MatchModule, Option

MODULE = MatchModule(
    name="helper",
    options=(Option("helper", "helper", cut_string(29), invert=True, required=True),),
    conntrack=True,
)
