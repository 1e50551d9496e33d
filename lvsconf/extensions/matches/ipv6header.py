"""`-m ipv6header`: which extension headers an IPv6 packet has."""

from __future__ import annotations

from collections.abc import Mapping

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.ipv6_headers import listed
from lvsconf.extensions.names import protocol_number
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.fields import Field
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Opaque, Pred

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


def meaning(arguments: Arguments, family: int) -> Pred:
    """Exactly these headers; with `--soft` all of these, or negated none of them (ip6t_ipv6header.c)."""
    given = arguments.get("header")
    if given is None:
        return Opaque("headers of an IPv6 packet")
    wanted, inverted, soft = given.value, given.inverted, "soft" in arguments

    def matches(values: Mapping[Field, int]) -> bool | None:
        found = listed(values)
        if not found:
            return None if found is None else False
        if soft:
            return not wanted & found if inverted else wanted <= found
        return bool(wanted == found) is not inverted

    return Opaque("the list of an IPv6 packet's headers", matches)


MODULE = MatchModule(
    name="ipv6header",
    options=(
        Option("header", "header", Codec(1, _parse, _show, "names of headers"), invert=True, required=True),
        Option("soft", "soft", flag()),
    ),
    meaning=meaning,
    families=frozenset({6}),
)
