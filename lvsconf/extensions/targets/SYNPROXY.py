"""`-j SYNPROXY`: the kernel shakes hands with the client before the server hears of it (net/netfilter/xt_SYNPROXY.c).

A SYN and the ACK that ends the handshake are answered or dropped here; every other packet goes on. The connection
that the kernel then opens to the server itself is not followed.
"""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, low_bits
from lvsconf.extensions.options import Option, TargetModule
from lvsconf.model.actions import SynProxy
from lvsconf.model.fields import TCP

MODULE = TargetModule(
    name="SYNPROXY",
    options=(
        Option("sack-perm", "sack_perm", flag()),
        Option("timestamp", "timestamp", flag()),
        Option("wscale", "wscale", low_bits(8)),
        Option("mss", "mss", low_bits(16)),
        Option("ecn", "ecn", flag()),
    ),
    effects=lambda arguments, family: (SynProxy(),),
    protocols=frozenset({TCP}),
    chains=frozenset({"FORWARD", "INPUT"}),
    conntrack=True,
)
