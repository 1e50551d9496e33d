"""`-j SNAT`: another source address for the whole connection."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.nat import new_address, protocols_for_ports, translates
from lvsconf.extensions.options import Option, TargetModule

MODULE = TargetModule(
    name="SNAT",
    options=(
        Option("to-source", "to_source", new_address(), required=True),
        Option("random", "random", flag()),
        Option("random-fully", "random_fully", flag()),
        Option("persistent", "persistent", flag()),
    ),
    effects=translates("to_source"),
    tables=frozenset({"nat"}),
    chains=frozenset({"INPUT", "POSTROUTING"}),
    conntrack=True,
    protocols_of=protocols_for_ports("to_source"),
    after_protocol=frozenset({"to_source"}),
    any_sense=True,
)
