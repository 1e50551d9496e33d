"""`-j DROP`: the packet is gone."""

from __future__ import annotations

from lvsconf.extensions.options import TargetModule
from lvsconf.model.effects import Verdict

MODULE = TargetModule(
    name="DROP",
    options=(),
    effects=lambda arguments, family: (Verdict.DROP,),
    # The kernel would load it into table nat, iptables refuses (iptables/xshared.c, do_parse).
    tables=frozenset({"filter", "mangle", "raw", "security"}),
)
