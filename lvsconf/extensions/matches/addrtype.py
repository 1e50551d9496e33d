"""`-m addrtype`: what kind of address the routing table says it is."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, word_set
from lvsconf.extensions.options import MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments

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


MODULE = MatchModule(
    name="addrtype",
    options=(
        Option("src-type", "src_type", word_set(_TYPES, cut=True), invert=True),
        Option("dst-type", "dst_type", word_set(_TYPES, cut=True), invert=True),
        Option("limit-iface-in", "limit_iface_in", flag()),
        Option("limit-iface-out", "limit_iface_out", flag()),
    ),
    check=check,
    chains_of=chains_of,
)
