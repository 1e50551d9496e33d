"""`-j TCPMSS`: change the maximum segment size in a SYN; the packet goes on."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.options import Option, TargetModule, at_least_one
from lvsconf.model.fields import TCP

MODULE = TargetModule(
    name="TCPMSS",
    options=(
        Option("set-mss", "set_mss", integer(0, 0xFFFF)),
        Option("clamp-mss-to-pmtu", "clamp_mss_to_pmtu", flag()),
    ),
    protocols=frozenset({TCP}),
    effects=lambda arguments, family: (),
    check=at_least_one("-j TCPMSS"),
)
