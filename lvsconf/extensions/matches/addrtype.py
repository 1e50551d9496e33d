"""`-m addrtype`: what kind of address the routing table says it is."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, word_set
from lvsconf.extensions.options import MatchModule, Option, OptionError
from lvsconf.model.fields import DST, IIF, OIF, SRC
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Pred, Query, all_of, negate
from lvsconf.model.questions import AddressTypeQuestion

_TYPES = (
    "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW",
    "NAT", "XRESOLVE",
)  # fmt: skip


_NOT_IN_IPV6 = frozenset({"BROADCAST", "BLACKHOLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE"})
"""net/netfilter/xt_addrtype.c, addrtype_mt_checkentry_v1."""


def check(arguments: Arguments, family: int) -> None:
    """A type of address; not both limits."""
    if "src_type" not in arguments and "dst_type" not in arguments:
        raise OptionError("-m addrtype needs --src-type or --dst-type")
    for key in ("src_type", "dst_type"):
        wrong = sorted(arguments[key].value & _NOT_IN_IPV6) if family == 6 and key in arguments else []
        if wrong:
            raise OptionError(f"-m addrtype does not know {wrong[0]} in IPv6")
    if "limit_iface_in" in arguments and "limit_iface_out" in arguments:
        raise OptionError("-m addrtype takes only one of --limit-iface-in and --limit-iface-out")


def chains_of(arguments: Arguments) -> frozenset[str]:
    """Where there is the interface that the question is limited to."""
    if "limit_iface_in" in arguments:
        return frozenset({"PREROUTING", "INPUT", "FORWARD"})
    return frozenset({"FORWARD", "OUTPUT", "POSTROUTING"} if "limit_iface_out" in arguments else ())


def meaning(arguments: Arguments, family: int) -> Pred:
    """Each address is asked for on its own; a limit to an interface counts for both (xt_addrtype.c addrtype_mt_v1)."""
    device = IIF if "limit_iface_in" in arguments else OIF if "limit_iface_out" in arguments else None
    return all_of(
        negate(Query(AddressTypeQuestion(what, arguments[key].value, device, family)), arguments[key].inverted)
        for key, what in (("src_type", SRC), ("dst_type", DST))
        if key in arguments
    )


MODULE = MatchModule(
    name="addrtype",
    meaning=meaning,
    options=(
        Option("src-type", "src_type", word_set(_TYPES, cut=True), invert=True),
        Option("dst-type", "dst_type", word_set(_TYPES, cut=True), invert=True),
        Option("limit-iface-in", "limit_iface_in", flag()),
        Option("limit-iface-out", "limit_iface_out", flag()),
    ),
    check=check,
    chains_of=chains_of,
)
