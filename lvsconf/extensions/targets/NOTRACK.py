"""`-j NOTRACK`: conntrack leaves the packet alone (net/netfilter/xt_CT.c, notrack_tg)."""

from __future__ import annotations

from lvsconf.extensions.options import TargetModule
from lvsconf.model.effects import Notrack

MODULE = TargetModule(
    name="NOTRACK",
    options=(),
    effects=lambda arguments, family: (Notrack(),),
    tables=frozenset({"raw"}),
)
