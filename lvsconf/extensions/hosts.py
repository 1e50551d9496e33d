"""Addresses of options that iptables hands to getaddrinfo, and networks with a prefix length.

`10.1` is 10.0.0.1 here, as inet_aton(3) has it; after `-s` the same text is 10.1.0.0 (addresses.py).
"""

from __future__ import annotations

from lvsconf.extensions.addresses import BITS, Masked, parse_host, parse_mask, show_host, show_masked
from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import Codec, OptionError


def parse_one(text: str, family: int) -> int:
    """One address; the last part of an IPv4 address fills all bytes that are left."""
    parts = text.split(".")
    if family == 6 or len(parts) == 4:
        return parse_host(text, family)
    numbers = [number_of(part) for part in parts]
    limits = [*[0xFF] * (len(parts) - 1), (1 << 8 * max(5 - len(parts), 0)) - 1]
    value = 0
    for number, limit in zip(numbers, limits, strict=True):
        if number is None or number > limit:
            raise OptionError(f"{text!r} is not an IPv4 address (host names are not looked up)")
        value = value * (limit + 1) + number
    return value


def one_host(zero: bool = True) -> Codec:
    """One address; without `zero`, the address of all zeros is refused."""

    def parse(words: tuple[str, ...], family: int) -> int:
        value = parse_one(words[0], family)
        if not value and not zero:
            raise OptionError(f"{words[0]!r} is no address that a packet can be sent to")
        return value

    return Codec(1, parse, lambda value, family: (show_host(value, family),), "an address")


def parse_length(text: str, family: int) -> int:
    """A prefix length, also from a mask in address form."""
    mask, bits = parse_mask(text, family), BITS[family]
    length = mask.bit_count()
    if mask != (1 << bits) - (1 << (bits - length)):
        raise OptionError(f"the mask {text!r} is not a prefix")
    return length


def parse_network(text: str, family: int) -> Masked:
    """`address[/prefix]`, the address as it is written and the mask."""
    address, found, mask = text.partition("/")
    bits = BITS[family]
    length = parse_length(mask, family) if found else bits
    return parse_one(address, family), (1 << bits) - (1 << (bits - length))


def network() -> Codec:
    """`address[/prefix]`, cut to the prefix."""

    def parse(words: tuple[str, ...], family: int) -> Masked:
        address, mask = parse_network(words[0], family)
        return address & mask, mask

    return Codec(1, parse, lambda value, family: (show_masked(value, family),), "an address, or address/prefix")
