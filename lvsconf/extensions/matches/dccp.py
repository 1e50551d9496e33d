"""`-m dccp`: ports, packet types and options of a DCCP header (net/netfilter/xt_dccp.c, dccp_mt)."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer, word_set
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.extensions.ports import port_range
from lvsconf.extensions.transport import port_options, ports_meaning
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Opaque, Pred, all_of

_TYPES = (
    "REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC", "SYNCACK", "INVALID",
)  # fmt: skip


def meaning(arguments: Arguments, family: int) -> Pred:
    """The ports; what else stands in the header is not modelled."""
    preds = [ports_meaning(arguments)]
    preds.extend(Opaque(f"the {what} of a DCCP header") for what in ("types", "option") if what in arguments)
    return all_of(preds)


MODULE = MatchModule(
    name="dccp",
    options=(
        *port_options(port_range()),
        Option("dccp-types", "types", word_set(_TYPES, gaps=True), invert=True),
        Option("dccp-option", "option", integer(1, 255), invert=True),
    ),
    meaning=meaning,
    protocols=frozenset({33}),
)
