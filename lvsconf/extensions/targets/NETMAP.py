"""`-j NETMAP`: a whole network mapped onto another, host by host; where it stands says which end of the packet."""

from __future__ import annotations

from lvsconf.extensions.hosts import network
from lvsconf.extensions.options import Option, TargetModule

MODULE = TargetModule(
    name="NETMAP",
    options=(Option("to", "to", network(), required=True),),
    tables=frozenset({"nat"}),
    conntrack=True,
)
