"""The extension headers of an IPv6 packet, as far as a packet's fields tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lvsconf.model.fields import LENGTH, PROTO, Field
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Opaque, Pred

ESP, NONE = 50, 59
_EXTENSIONS = frozenset({0, 43, 44, ESP, 51, NONE, 60})
"""net/ipv6/netfilter/ip6t_ipv6header.c, nf_ip6_ext_hdr."""
IPV6_HEADER, OPTION_HEADER = 40, 2


def absent(header: str) -> Callable[[Arguments, int], Pred]:
    """The meaning of a match on a header: no packet that is given as one has it, whether negated or not, and the
    modules say no where ipv6_find_hdr finds nothing. Of packets in general nothing is known.
    """
    return lambda arguments, family: Opaque(f"the {header} of an IPv6 packet", lambda values: False)


def listed(values: Mapping[Field, int]) -> frozenset[str] | None:
    """The long names of the headers that `-m ipv6header` sees; an empty set where the packet ends too early."""
    proto, length = values.get(PROTO), values.get(LENGTH)
    if proto is None or length is None:
        return None
    if proto not in _EXTENSIONS:
        return frozenset({"protocol"})
    if proto == NONE:
        return frozenset({"ipv6-nonxt"})
    if length < IPV6_HEADER + OPTION_HEADER:
        return frozenset()
    return frozenset({"esp"}) if proto == ESP else None
