"""`-j TEE`: a copy of the packet to another router; the packet itself goes on (net/netfilter/xt_TEE.c)."""

from __future__ import annotations

from lvsconf.extensions.hosts import one_host
from lvsconf.extensions.options import Option, TargetModule
from lvsconf.extensions.texts import cut_word
from lvsconf.model.actions import Tee
from lvsconf.model.effects import Effect
from lvsconf.model.netfilter import Arguments


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """The copy walks OUTPUT and POSTROUTING before the packet goes on."""
    device = arguments["oif"].value if "oif" in arguments else ""
    return (Tee(arguments["gateway"].value, device or None),)


MODULE = TargetModule(
    name="TEE",
    options=(
        Option("gateway", "gateway", one_host(zero=False), required=True),
        Option("oif", "oif", cut_word(15, empty=True)),
    ),
    effects=effects,
)
