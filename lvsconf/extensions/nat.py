"""What the targets that translate addresses share."""

from __future__ import annotations

from collections.abc import Callable

from lvsconf.extensions.addresses import parse_host, show_host
from lvsconf.extensions.codecs import port
from lvsconf.extensions.options import Codec, OptionError
from lvsconf.model.fields import SCTP, TCP, UDP
from lvsconf.model.netfilter import Arguments


def _ports(text: str) -> str:
    first, found, last = text.partition("-")
    if not found or not first.isdigit():  # the name of a service may hold a dash; a range has numbers only
        return str(port(text))
    start = port(first)
    last, slash, base = last.partition("/")
    end = port(last)
    if end < start:
        raise OptionError(f"the port range {text!r} is the wrong way round")
    shown = f"{start}-{end}" if end != start or slash else str(start)
    return f"{shown}/{port(base)}" if slash else shown


def to_ports() -> Codec:
    """`port` or `port-port`."""
    return Codec(
        1,
        lambda words, family: _ports(words[0]),
        lambda value, family: (value,),
        "a port or a range port-port",
    )


def _parse_target(text: str, family: int) -> str:
    """`[address[-address]][:port[-port]]`, IPv6 addresses in brackets when a port follows."""
    addresses, ports = text, ""
    if family == 6:
        if text.startswith("["):
            addresses, bracket, rest = text[1:].partition("]")
            if not bracket or (rest and not rest.startswith(":")):
                raise OptionError(f"{text!r} is not [address]:port")
            ports = rest[1:]
    else:
        addresses, _, ports = text.partition(":")
    shown = ""
    if addresses:
        first, dash, last = addresses.partition("-")
        low = parse_host(first, family)
        high = parse_host(last, family) if dash else low
        shown = show_host(low, family) + (f"-{show_host(high, family)}" if high != low else "")
    if not ports:
        return shown
    return (f"[{shown}]" if family == 6 and shown else shown) + ":" + _ports(ports)


def new_address() -> Codec:
    """The addresses and ports that a translation chooses from."""
    return Codec(
        1,
        lambda words, family: _parse_target(words[0], family),
        lambda value, family: (value,),
        "address[-address][:port[-port]]",
    )


PORT_PROTOCOLS = frozenset({TCP, UDP, 33, SCTP})


def protocols_for_ports(key: str) -> Callable[[Arguments, int], frozenset[int]]:
    """A translation of ports needs a protocol that has them."""

    def protocols(arguments: Arguments, family: int) -> frozenset[int]:
        given = arguments.get(key)
        if given is None:
            return frozenset()
        text = str(given.value)
        ported = key == "to_ports" or ":" in (text if family == 4 else text.rpartition("]")[2] if "]" in text else "")
        return PORT_PROTOCOLS if ported else frozenset()

    return protocols
