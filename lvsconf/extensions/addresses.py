"""Addresses under a mask, as iptables reads and prints them."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from lvsconf.extensions import settled
from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import Codec, OptionError

Masked = tuple[int, int]
"""An address, already cut to its mask, and the mask."""

BITS = {4: 32, 6: 128}


def full_mask(family: int) -> int:
    """The mask of a single host."""
    return (1 << BITS[family]) - 1


@lru_cache(maxsize=65536)
def parse_host(text: str, family: int) -> int:
    """One address. An IPv4 address with fewer than four parts is filled up with zeros on the right."""
    if family == 6:
        try:
            return int(IPv6Address(text)) if "%" not in text else _refuse(text, family)
        except AddressValueError:
            return _refuse(text, family)
    parts = text.split(".")
    numbers = [number_of(part) for part in parts]
    if len(parts) > 4 or any(part is None or part > 255 for part in numbers):
        return _refuse(text, family)
    value = 0
    for part in [*numbers, *[0] * (4 - len(parts))]:
        value = value << 8 | (part or 0)
    return value


def _refuse(text: str, family: int) -> int:
    raise OptionError(f"{text!r} is not an IPv{family} address (host names are not looked up)")


@lru_cache(maxsize=65536)
def parse_mask(text: str, family: int) -> int:
    """A prefix length or a mask in address form; it need not be contiguous."""
    bits = BITS[family]
    if text.isdigit() and text.isascii():
        length = int(text) if len(text) < 5 else bits + 1
        if length > bits:
            raise OptionError(f"/{text[:20]} is longer than an IPv{family} address")
        return (1 << bits) - (1 << (bits - length))
    if family == 4 and text.count(".") != 3:
        raise OptionError(f"{text!r} is neither a prefix length nor a mask")
    return parse_host(text, family)


@lru_cache(maxsize=65536)
def parse_masked(text: str, family: int) -> Masked:
    """`address[/mask]`, cut to the mask as the kernel wants it."""
    address, found, mask = text.partition("/")
    bits = parse_mask(mask, family) if found else full_mask(family)
    if bits == 0:  # iptables does not look at the address then: `0/0` and `any/0` are fine
        return 0, 0
    return parse_host(address, family) & bits, bits


def show_host(value: int, family: int) -> str:
    """An address in its usual short form."""
    return str(IPv4Address(value) if family == 4 else IPv6Address(value))


def show_mask(mask: int, family: int) -> str:
    """`/24`, or the mask in address form when it is not contiguous."""
    bits = BITS[family]
    length = mask.bit_count()
    if mask == (1 << bits) - (1 << (bits - length)):
        return f"/{length}"
    return f"/{show_host(mask, family)}"


def show_masked(value: Masked, family: int) -> str:
    """`address/mask`, the mask always given."""
    return show_host(value[0], family) + show_mask(value[1], family)


def address_mask(short_host: bool = False) -> Codec:
    """`address[/mask]`; with `short_host` a single host prints without its mask."""

    def show(value: Masked, family: int) -> tuple[str, ...]:
        if short_host and value[1] == full_mask(family):
            return (show_host(value[0], family),)
        return (show_masked(value, family),)

    return Codec(
        1,
        lambda words, family: parse_masked(words[0], family),
        show,
        "an address, or address/mask",
        settled=settled.address(short_host),
    )


def host() -> Codec:
    """One address without a mask."""
    return Codec(
        1,
        lambda words, family: parse_host(words[0], family),
        lambda value, family: (show_host(value, family),),
        "an address",
    )
