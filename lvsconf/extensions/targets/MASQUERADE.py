"""`-j MASQUERADE`: the source becomes an address of the outgoing interface."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.nat import protocols_for_ports, to_ports, translates
from lvsconf.extensions.options import Option, TargetModule
from lvsconf.model.actions import NatTo

MODULE = TargetModule(
    name="MASQUERADE",
    options=(
        Option("to-ports", "to_ports", to_ports()),
        Option("random", "random", flag()),
        Option("random-fully", "random_fully", flag()),
    ),
    effects=translates("to_ports", NatTo.OUT_DEVICE),
    tables=frozenset({"nat"}),
    chains=frozenset({"POSTROUTING"}),
    conntrack=True,
    protocols_of=protocols_for_ports("to_ports"),
    after_protocol=frozenset({"to_ports"}),
    any_sense=True,
)
