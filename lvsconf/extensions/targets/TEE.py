"""`-j TEE`: a copy of the packet to another router; the packet itself goes on. The copy is not followed."""

from __future__ import annotations

from lvsconf.extensions.hosts import one_host
from lvsconf.extensions.options import Option, TargetModule
from lvsconf.extensions.texts import cut_word

MODULE = TargetModule(
    name="TEE",
    options=(
        Option("gateway", "gateway", one_host(zero=False), required=True),
        Option("oif", "oif", cut_word(15, empty=True)),
    ),
    effects=lambda arguments, family: (),
)
