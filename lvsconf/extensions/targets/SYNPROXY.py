"""`-j SYNPROXY`: the kernel shakes hands with the client before the server hears of it (net/netfilter/xt_SYNPROXY.c).

A SYN and the ACK that ends the handshake are answered or dropped here; every other packet goes on. The connection
that the kernel then opens to the server itself is not followed.
"""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, low_bits
from lvsconf.extensions.options import Option, TargetModule
from lvsconf.model.effects import Effect, Fork, Verdict
from lvsconf.model.fields import TCP
from lvsconf.model.netfilter import Arguments


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """An effect can't look at the flags of the packet, so that both ways stay open."""
    ways = (
        ("SYNPROXY lets the packet go on", ()),
        ("SYNPROXY answers the packet itself, or drops it", (Verdict.DROP,)),
    )
    return (Fork("`-j SYNPROXY`", ways),)


MODULE = TargetModule(
    name="SYNPROXY",
    options=(
        Option("sack-perm", "sack_perm", flag()),
        Option("timestamp", "timestamp", flag()),
        Option("wscale", "wscale", low_bits(8)),
        Option("mss", "mss", low_bits(16)),
        Option("ecn", "ecn", flag()),
    ),
    effects=effects,
    protocols=frozenset({TCP}),
    chains=frozenset({"FORWARD", "INPUT"}),
    conntrack=True,
)
