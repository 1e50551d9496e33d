"""`-j REDIRECT`: to this host itself."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.nat import Base, protocols_for_ports, to_ports, translates
from lvsconf.extensions.options import Option, TargetModule
from lvsconf.model.actions import NatTo

MODULE = TargetModule(
    name="REDIRECT",
    options=(Option("to-ports", "to_ports", to_ports(Base.REFUSED)), Option("random", "random", flag())),
    effects=translates("to_ports", NatTo.HOST),
    tables=frozenset({"nat"}),
    chains=frozenset({"OUTPUT", "PREROUTING"}),
    conntrack=True,
    protocols_of=protocols_for_ports("to_ports"),
    after_protocol=frozenset({"to_ports"}),
    any_sense=True,
)
