"""Addresses under a mask, as iptables reads and prints them."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from socket import AF_INET6, inet_ntop

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
    """One address as after `-s`: an IPv4 address with fewer than four parts is filled up with zeros on the right.

    What that can't be is read as inet_aton(3) does (ipparse_hostnetwork: names, and so getaddrinfo, come last).
    """
    if family == 6:
        return _ipv6(text)
    value = numeric(text)
    if value is None:
        value = _aton(text)
    return _refuse(text, family) if value is None else value


def numeric(text: str) -> int | None:
    """xtables_numeric_to_ipaddr: an IPv4 address of one to four parts, filled up on the right; None if it is none."""
    parts = text.split(".")
    numbers = [number_of(part) for part in parts]
    if len(parts) > 4 or any(part is None or part > 255 for part in numbers):
        return None
    value = 0
    for part in [*numbers, *[0] * (4 - len(parts))]:
        value = value << 8 | (part or 0)
    return value


@lru_cache(maxsize=65536)
def parse_one(text: str, family: int) -> int:
    """One address as getaddrinfo reads it: in `10.1` the last part fills all bytes that are left, 10.0.0.1."""
    if family == 6:
        return _ipv6(text)
    value = _aton(text)
    return _refuse(text, family) if value is None else value


def _aton(text: str) -> int | None:
    parts = text.split(".")
    if len(parts) > 4:
        return None
    limits = [*[0xFF] * (len(parts) - 1), (1 << 8 * (5 - len(parts))) - 1]
    value = 0
    for part, limit in zip(parts, limits, strict=True):
        number = number_of(part) if part[:1].isdigit() else None
        if number is None or number > limit:
            return None
        value = value * (limit + 1) + number
    return value


def _ipv6(text: str) -> int:
    try:
        return int(IPv6Address(text)) if "%" not in text else _refuse(text, 6)
    except AddressValueError:
        return _refuse(text, 6)


def _refuse(text: str, family: int) -> int:
    raise OptionError(f"{text!r} is not an IPv{family} address (host names are not looked up)")


def prefix_mask(length: int, family: int) -> int:
    """The mask of a prefix length."""
    return (1 << BITS[family]) - (1 << (BITS[family] - length))


@lru_cache(maxsize=65536)
def parse_mask(text: str, family: int) -> int:
    """A prefix length or a mask in address form; it need not be contiguous."""
    length = number_of(text)
    if length is not None and (family == 4 or ":" not in text):
        if length > BITS[family]:
            raise OptionError(f"/{text[:20]} is longer than an IPv{family} address")
        return prefix_mask(length, family)
    mask = numeric(text) if family == 4 and text.count(".") == 3 else _ipv6(text) if family == 6 else None
    if mask is None:
        raise OptionError(f"{text!r} is neither a prefix length nor a mask")
    return mask


@lru_cache(maxsize=65536)
def parse_masked(text: str, family: int) -> Masked:
    """`address[/mask]`, cut to the mask as the kernel wants it."""
    address, found, mask = text.rpartition("/") if "/" in text else (text, "", "")
    bits = parse_mask(mask, family) if found else full_mask(family)
    if bits == 0:  # iptables does not look at the address then: `0/0` and `any/0` are fine
        return 0, 0
    return parse_host(address, family) & bits, bits


def show_host(value: int, family: int) -> str:
    """An address as inet_ntop(3) prints it."""
    if family == 4:
        return str(IPv4Address(value))
    return inet_ntop(AF_INET6, value.to_bytes(16, "big"))


def length_of(mask: int, family: int) -> int | None:
    """The prefix length of a mask; None when it has holes."""
    length = mask.bit_count()
    return length if mask == prefix_mask(length, family) else None


def show_mask(mask: int, family: int) -> str:
    """`/24`, or the mask in address form when it is not contiguous."""
    length = length_of(mask, family)
    return f"/{show_host(mask, family)}" if length is None else f"/{length}"


def show_masked(value: Masked, family: int) -> str:
    """`address/mask`, the mask always given."""
    return show_host(value[0], family) + show_mask(value[1], family)


def address_mask() -> Codec:
    """`address[/mask]` as after `-s`, always printed with its mask."""
    return Codec(
        1,
        lambda words, family: parse_masked(words[0], family),
        lambda value, family: (show_masked(value, family),),
        "an address, or address/mask",
        settled=settled.address(short_host=False),
    )
