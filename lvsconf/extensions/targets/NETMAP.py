"""`-j NETMAP`: a whole network mapped onto another, host by host; where it stands says which end of the packet."""

from __future__ import annotations

from lvsconf.extensions.addresses import full_mask
from lvsconf.extensions.hosts import network
from lvsconf.extensions.options import Option, TargetModule
from lvsconf.model.actions import Nat, NatTo
from lvsconf.model.effects import Effect
from lvsconf.model.netfilter import Arguments


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """The network as the range from its first address to its last."""
    value, mask = arguments["to"].value
    return (Nat(NatTo.NETWORK, (value & mask, value | (full_mask(family) & ~mask))),)


MODULE = TargetModule(
    name="NETMAP",
    options=(Option("to", "to", network(), required=True),),
    effects=effects,
    tables=frozenset({"nat"}),
    conntrack=True,
)
