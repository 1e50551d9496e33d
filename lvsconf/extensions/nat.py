"""What the targets that translate addresses share (extensions/libxt_NAT.c)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TypeVar

from lvsconf.extensions.addresses import show_host
from lvsconf.extensions.codecs import number
from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import Codec, Odd, OptionError
from lvsconf.extensions.ports import TOP, port
from lvsconf.extensions.settled import endpoint
from lvsconf.model.actions import Nat, NatTo
from lvsconf.model.effects import Effect
from lvsconf.model.fields import SCTP, TCP, UDP
from lvsconf.model.netfilter import Arguments

Value = TypeVar("Value")


class Base(Enum):
    """What becomes of the base port of a shifted range, `port-port/base`. Only DNAT has a use for it."""

    KEPT = "kept"
    LOST = "taken, and saved as 0"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that a translation chooses from; `base` is the first port of a shifted range."""

    first: int
    last: int
    base: int | None = None

    def __str__(self) -> str:
        shown = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return shown if self.base is None else f"{shown}/{self.base}"


@dataclass(frozen=True, slots=True)
class NewAddress:
    """The addresses, None to keep the one the packet has, and the ports that a translation chooses from."""

    family: int
    addresses: tuple[int, int] | None
    ports: Ports | None = None

    def __str__(self) -> str:
        shown = ""
        if self.addresses is not None:
            low, high = self.addresses
            shown = show_host(low, self.family) + (f"-{show_host(high, self.family)}" if high != low else "")
        if self.ports is None:
            return shown
        return (f"[{shown}]" if self.family == 6 and shown else shown) + f":{self.ports}"


def _ports(text: str, kept: Base) -> Ports:
    first, found, last = text.partition("-")
    if not found or number_of(first) is None:  # the name of a service may hold a dash; a range has numbers only
        start = port(text)
        return Ports(start, start)
    start = number(first, 0, TOP)
    last, slash, base = last.partition("/")
    if slash and kept is Base.REFUSED:
        raise OptionError(f"{text!r} is shifted by a base port, which only DNAT can do")
    end = number(last, 0, TOP)
    if end < start:
        raise OptionError(f"the port range {text!r} is the wrong way round")
    return Ports(start, end, _base(base, kept) if slash else None)


def _base(text: str, kept: Base) -> int:
    value = port(text)
    if not value:
        raise OptionError("port 0 is no base port")
    return value if kept is Base.KEPT else 0


def _judged(value: Value, ports: Ports | None, base: Base) -> Value | Odd:
    """A base port that is lost is worth a word: what iptables-save prints for it does not load."""
    if base is Base.LOST and ports is not None and ports.base is not None:
        return Odd(value, f"only DNAT uses a base port; iptables-save prints `{ports}`, which can't be loaded")
    return value


def _parse_ports(text: str, base: Base) -> Ports | Odd:
    ports = _ports(text, base)
    return _judged(ports, ports, base)


def to_ports(base: Base = Base.LOST) -> Codec:
    """`port` or `port-port`."""
    return Codec(
        1,
        lambda words, family: _parse_ports(words[0], base),
        lambda value, family: (str(value),),
        "a port or a range port-port",
    )


def _address(text: str, family: int) -> int:
    """inet_pton: all parts, and no zeros before them."""
    try:
        return int(IPv4Address(text)) if family == 4 else int(IPv6Address(text if "%" not in text else ""))
    except AddressValueError:
        raise OptionError(f"{text!r} is not an IPv{family} address") from None


def _parse_target(text: str, family: int, base: Base) -> NewAddress | Odd:
    """`[address[-address]][:port[-port]]`, IPv6 addresses in brackets when a port follows."""
    if "[" in text:
        addresses, bracket, rest = text.partition("[")[2].partition("]")
        if not bracket or family == 4:
            raise OptionError(f"{text!r} is not {'[address]:port' if family == 6 else 'address:port'}")
        _, found, ports = rest.partition(":")
    else:
        # One colon comes before a port; several are those of an IPv6 address.
        addresses, found, ports = text.partition(":") if text.count(":") == 1 else (text, "", "")
    chosen = _ports(ports, base) if found else None
    if found and not addresses:
        return _judged(NewAddress(family, None, chosen), chosen, base)
    first, dash, last = addresses.partition("-")
    low = _address(first, family)
    return _judged(NewAddress(family, (low, _address(last, family) if dash else low), chosen), chosen, base)


def new_address(base: Base = Base.LOST) -> Codec:
    """The addresses and ports that a translation chooses from."""
    return Codec(
        1,
        lambda words, family: _parse_target(words[0], family, base),
        lambda value, family: (str(value),),
        "address[-address][:port[-port]]",
        settled=endpoint,
    )


PORT_PROTOCOLS = frozenset({1, TCP, UDP, 33, SCTP})
"""ICMP counts: its identifier stands for the port."""


def protocols_for_ports(key: str) -> Callable[[Arguments, int], frozenset[int]]:
    """A translation of ports needs a protocol that has them."""

    def protocols(arguments: Arguments, family: int) -> frozenset[int]:
        given = arguments.get(key)
        value = None if given is None else given.value
        ported = value.ports is not None if isinstance(value, NewAddress) else value is not None
        return PORT_PROTOCOLS if ported else frozenset()

    return protocols


def translates(key: str, to: NatTo = NatTo.RANGE) -> Callable[[Arguments, int], tuple[Effect, ...]]:
    """The effects of a target whose addresses and ports are in the option `key`."""

    def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
        given = arguments.get(key)
        value = None if given is None else given.value
        addresses = value.addresses if isinstance(value, NewAddress) else None
        ports = value.ports if isinstance(value, NewAddress) else value
        return (
            Nat(
                to,
                addresses,
                (ports.first, ports.last) if ports else None,
                ports.base if ports else None,
                random="random" in arguments or "random_fully" in arguments,
                persistent="persistent" in arguments,
            ),
        )

    return effects
