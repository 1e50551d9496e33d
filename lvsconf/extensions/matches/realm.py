"""`-m realm`: the routing realm that the kernel gave a packet."""

from __future__ import annotations

from lvsconf.extensions.named_masks import named_mask
from lvsconf.extensions.options import MatchModule, Option

MODULE = MatchModule(
    name="realm",
    options=(Option("realm", "realm", named_mask("cosmos"), invert=True, required=True),),
    families=frozenset({4}),
    chains=frozenset({"INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}),
)
