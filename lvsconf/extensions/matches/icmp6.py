"""`-m icmp6`: type and code of an ICMPv6 message (net/ipv6/netfilter/ip6_tables.c, icmp6_match)."""

from __future__ import annotations

from lvsconf.extensions.icmp_types import IPV6, icmp_type, type_meaning
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.extensions.transport import NO_LATER_FRAGMENT
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, all_of


def meaning(arguments: Arguments, family: int) -> Pred:
    """The first fragment of a message of that type."""
    given = arguments.get("icmpv6_type")
    return NO_LATER_FRAGMENT if given is None else all_of((NO_LATER_FRAGMENT, type_meaning(given, wildcard=False)))


MODULE = MatchModule(
    name="icmp6",
    options=(Option("icmpv6-type", "icmpv6_type", icmp_type(IPV6, any_prints=False), invert=True, required=True),),
    meaning=meaning,
    families=frozenset({6}),
    protocols=frozenset({58}),
)
