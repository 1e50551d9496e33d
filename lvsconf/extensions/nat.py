"""What the targets that translate addresses share."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from lvsconf.extensions.addresses import parse_host, show_host
from lvsconf.extensions.codecs import number, port
from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import Codec, OptionError
from lvsconf.extensions.settled import endpoint
from lvsconf.model.fields import SCTP, TCP, UDP
from lvsconf.model.netfilter import Arguments


class Base(Enum):
    """What becomes of the base port of a shifted range, `port-port/base`. Only DNAT has a use for it."""

    KEPT = "kept"
    LOST = "taken, and saved as 0"
    REFUSED = "refused"


def _ports(text: str, kept: Base) -> str:
    first, found, last = text.partition("-")
    if not found or number_of(first) is None:  # the name of a service may hold a dash; a range has numbers only
        return str(port(text))
    start = port(first)
    last, slash, base = last.partition("/")
    if slash and kept is Base.REFUSED:
        raise OptionError(f"{text!r} is shifted by a base port, which only DNAT can do")
    end = number(last, 0, 0xFFFF)
    if end < start:
        raise OptionError(f"the port range {text!r} is the wrong way round")
    shown = f"{start}-{end}" if end != start or slash else str(start)
    return f"{shown}/{port(base) if kept is Base.KEPT else 0}" if slash else shown


def to_ports(base: Base = Base.LOST) -> Codec:
    """`port` or `port-port`."""
    return Codec(
        1,
        lambda words, family: _ports(words[0], base),
        lambda value, family: (value,),
        "a port or a range port-port",
    )


def _parse_target(text: str, family: int, base: Base) -> str:
    """`[address[-address]][:port[-port]]`, IPv6 addresses in brackets when a port follows."""
    addresses, found, ports = text, "", ""
    if family == 6:
        if text.startswith("["):
            addresses, bracket, rest = text[1:].partition("]")
            if not bracket or (rest and not rest.startswith(":")):
                raise OptionError(f"{text!r} is not [address]:port")
            found, ports = rest[:1], rest[1:]
        elif text.startswith(":") and not text.startswith("::"):
            addresses, found, ports = "", ":", text[1:]
    else:
        addresses, found, ports = text.partition(":")
    shown = ""
    if addresses:
        first, dash, last = addresses.partition("-")
        low = parse_host(first, family)
        high = parse_host(last, family) if dash else low
        shown = show_host(low, family) + (f"-{show_host(high, family)}" if high != low else "")
    if not found:
        return shown
    return (f"[{shown}]" if family == 6 and shown else shown) + ":" + _ports(ports, base)


def new_address(base: Base = Base.LOST) -> Codec:
    """The addresses and ports that a translation chooses from."""
    return Codec(
        1,
        lambda words, family: _parse_target(words[0], family, base),
        lambda value, family: (value,),
        "address[-address][:port[-port]]",
        settled=endpoint,
    )


PORT_PROTOCOLS = frozenset({1, TCP, UDP, 33, SCTP})
"""ICMP counts: its identifier stands for the port."""


def protocols_for_ports(key: str) -> Callable[[Arguments, int], frozenset[int]]:
    """A translation of ports needs a protocol that has them."""

    def protocols(arguments: Arguments, family: int) -> frozenset[int]:
        given = arguments.get(key)
        if given is None:
            return frozenset()
        text = str(given.value)
        after = text if family == 4 else text.rpartition("]")[2] if "]" in text else text[:1] * (text[:2] != "::")
        ported = key == "to_ports" or ":" in after
        return PORT_PROTOCOLS if ported else frozenset()

    return protocols
