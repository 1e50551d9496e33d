"""`-m dccp`: ports, packet types and options of a DCCP header (net/netfilter/xt_dccp.c, dccp_mt)."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer, word_set
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.extensions.ports import port_range
from lvsconf.extensions.transport import port_options, ports_meaning
from lvsconf.model.fields import DCCP_TYPE, DCCP_TYPES
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, Opaque, Pred, all_of, negate, one_of

_TYPES = (
    "REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC", "SYNCACK", "INVALID",
)  # fmt: skip


def meaning(arguments: Arguments, family: int) -> Pred:
    """The ports and the packet's type; options are not modelled."""
    preds = [ports_meaning(arguments)]
    if given := arguments.get("types"):
        # INVALID stands for every number above those that have a name.
        numbers = {number for name in given.value for number in _numbers(name)}
        preds.append(negate(one_of(DCCP_TYPE, numbers) if numbers else FALSE, given.inverted))
    if "option" in arguments:
        preds.append(Opaque("the option of a DCCP header"))
    return all_of(preds)


def _numbers(name: str) -> tuple[int, ...]:
    return (DCCP_TYPES[name],) if name in DCCP_TYPES else tuple(range(len(DCCP_TYPES), DCCP_TYPE.full + 1))


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
