"""`-m ipv6header`: which extension headers an IPv6 packet has."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.names import protocol_number
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError

_HEADERS = (
    ("hop-by-hop", "hop", 0), ("ipv6-opts", "dst", 60), ("ipv6-route", "route", 43), ("ipv6-frag", "frag", 44),
    ("ah", "auth", 51), ("esp", "esp", 50), ("ipv6-nonxt", "none", 59), ("protocol", "prot", 255),
)  # fmt: skip
"""Long name, short name and number, in the order of printing."""

_LONG = {alias: long for long, short, value in _HEADERS for alias in (long, short, str(value))}


def _parse(words: tuple[str, ...], family: int) -> frozenset[str]:
    found = set()
    for part in filter(None, words[0].split(",")):
        # The name of a protocol counts first, then those of the headers (libip6t_ipv6header.c, name_to_proto).
        proto = None if part.isdigit() else protocol_number(part)
        long = _LONG.get(part if proto is None else str(proto))
        if long is None:
            raise OptionError(f"{part!r} is not one of {', '.join(short for _, short, _ in _HEADERS)}")
        found.add(long)
    if not found:
        raise OptionError("no header is named")
    return frozenset(found)


def _show(value: frozenset[str], family: int) -> tuple[str, ...]:
    return (",".join(long for long, _, _ in _HEADERS if long in value),)


MODULE = MatchModule(
    name="ipv6header",
    options=(
        Option("header", "header", Codec(1, _parse, _show, "names of headers"), invert=True, required=True),
        Option("soft", "soft", flag()),
    ),
    families=frozenset({6}),
)
