"""`-m udp`: the ports of a UDP header (net/netfilter/xt_tcpudp.c, udp_mt)."""

from __future__ import annotations

from lvsconf.extensions.options import MatchModule
from lvsconf.extensions.ports import port_range
from lvsconf.extensions.transport import port_options, ports_meaning, save_transport
from lvsconf.model.fields import UDP

OPTIONS = port_options(port_range())

MODULE = MatchModule(
    name="udp",
    options=OPTIONS,
    meaning=lambda arguments, family: ports_meaning(arguments),
    protocols=frozenset({UDP}),
    save=lambda arguments, family: save_transport(OPTIONS, arguments, family),
)
