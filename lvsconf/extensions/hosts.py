"""Addresses and prefix lengths of options that libxtables hands to getaddrinfo (xtoptions.c, xtopt_parse_host)."""

from __future__ import annotations

from lvsconf.extensions import settled
from lvsconf.extensions.addresses import (
    BITS,
    Masked,
    full_mask,
    length_of,
    parse_one,
    prefix_mask,
    show_host,
    show_masked,
)
from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import Codec, Odd, OptionError


def one_host(zero: bool = True) -> Codec:
    """One address; without `zero`, the address of all zeros is refused."""

    def parse(words: tuple[str, ...], family: int) -> int:
        value = parse_one(words[0], family)
        if not value and not zero:
            raise OptionError(f"{words[0]!r} is no address that a packet can be sent to")
        return value

    return Codec(1, parse, lambda value, family: (show_host(value, family),), "an address")


def parse_length(text: str, family: int) -> int | None:
    """A prefix length, also from a mask in address form (xtopt_parse_plen); None for a mask with holes."""
    length = number_of(text)
    if length is not None and length <= BITS[family]:
        return length
    try:
        mask = parse_one(text, family)
    except OptionError:
        raise OptionError(f"{text!r} is neither a prefix length up to {BITS[family]} nor a mask") from None
    return length_of(mask, family)


HOLES = 255
"""The length that libxtables makes of a mask with holes: -1 in eight bits."""


def prefix_length(whole: bool = False) -> Codec:
    """A prefix length; a mask with holes becomes 255, or with `whole` the length of a single host."""

    def parse(words: tuple[str, ...], family: int) -> int | Odd:
        length = parse_length(words[0], family)
        if length is None:
            taken = BITS[family] if whole else HOLES
            return Odd(taken, f"{words[0]!r} is no prefix length, and iptables takes it for {taken}")
        return length

    return Codec(1, parse, lambda value, family: (str(value),), "a prefix length")


def parse_network(text: str, family: int, cut: bool = True) -> Masked | Odd:
    """`address[/prefix]`, cut to the prefix or as it stands. With a mask that has holes it is the single host."""
    address, found, mask = text.partition("/")
    length = parse_length(mask, family) if found else BITS[family]
    host, bits = parse_one(address, family), full_mask(family) if length is None else prefix_mask(length, family)
    value = (host & bits if cut else host, bits)
    if length is None:
        return Odd(value, f"{mask!r} is no prefix, and iptables takes the single address {show_host(host, family)}")
    return value


def network(short_host: bool = False, cut: bool = True) -> Codec:
    """`address[/prefix]`; with `short_host` a single host prints without its prefix."""

    def show(value: Masked, family: int) -> tuple[str, ...]:
        if short_host and value[1] == full_mask(family):
            return (show_host(value[0], family),)
        return (show_masked(value, family),)

    return Codec(
        1,
        lambda words, family: parse_network(words[0], family, cut),
        show,
        "an address, or address/prefix",
        settled=settled.address(short_host),
    )
