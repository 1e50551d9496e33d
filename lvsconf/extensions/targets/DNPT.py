"""`-j DNPT`: another prefix for the IPv6 destination, without connection tracking (RFC 6296).

The new address depends on a checksum over both prefixes; it is not modelled, so the packet is unknown afterwards.
"""

from __future__ import annotations

from lvsconf.extensions.npt import prefix_options
from lvsconf.extensions.options import TargetModule

MODULE = TargetModule(
    name="DNPT",
    options=prefix_options(),
    families=frozenset({6}),
    tables=frozenset({"mangle"}),
    chains=frozenset({"OUTPUT", "PREROUTING"}),
)
