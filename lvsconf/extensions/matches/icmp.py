"""`-m icmp`: type and code of an ICMP message (net/ipv4/netfilter/ip_tables.c, icmp_match)."""

from __future__ import annotations

from lvsconf.extensions.icmp_types import IPV4, icmp_type, type_meaning
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.extensions.transport import NO_LATER_FRAGMENT
from lvsconf.model.fields import ICMP
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, all_of


def meaning(arguments: Arguments, family: int) -> Pred:
    """The first fragment of a message of that type; 255 is every type."""
    given = arguments.get("icmp_type")
    return NO_LATER_FRAGMENT if given is None else all_of((NO_LATER_FRAGMENT, type_meaning(given, wildcard=True)))


MODULE = MatchModule(
    name="icmp",
    options=(Option("icmp-type", "icmp_type", icmp_type(IPV4, any_prints=True), invert=True, required=True),),
    meaning=meaning,
    families=frozenset({4}),
    protocols=frozenset({ICMP}),
)
