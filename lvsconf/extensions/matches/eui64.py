"""`-m eui64`: an IPv6 source address whose lower half is made from the sender's link address."""

from __future__ import annotations

from lvsconf.extensions.options import MatchModule

MODULE = MatchModule(
    name="eui64", options=(), families=frozenset({6}), chains=frozenset({"PREROUTING", "INPUT", "FORWARD"})
)
