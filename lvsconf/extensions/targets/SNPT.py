"""`-j SNPT`: another prefix for the IPv6 source, without connection tracking (RFC 6296).

The new address depends on a checksum over both prefixes; it is not modelled, so the packet is unknown afterwards.
"""

from __future__ import annotations

from lvsconf.extensions.npt import prefix_options
from lvsconf.extensions.options import TargetModule

MODULE = TargetModule(
    name="SNPT",
    options=prefix_options(),
    families=frozenset({6}),
    tables=frozenset({"mangle"}),
    chains=frozenset({"INPUT", "POSTROUTING"}),
)
