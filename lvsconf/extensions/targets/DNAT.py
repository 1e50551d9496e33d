"""`-j DNAT`: another destination for the whole connection."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.nat import Base, new_address, protocols_for_ports, translates
from lvsconf.extensions.options import Option, TargetModule

MODULE = TargetModule(
    name="DNAT",
    options=(
        Option("to-destination", "to_destination", new_address(Base.KEPT), required=True),
        Option("random", "random", flag()),
        Option("persistent", "persistent", flag()),
    ),
    effects=translates("to_destination"),
    tables=frozenset({"nat"}),
    chains=frozenset({"OUTPUT", "PREROUTING"}),
    conntrack=True,
    protocols_of=protocols_for_ports("to_destination"),
    after_protocol=frozenset({"to_destination"}),
    any_sense=True,
)
