"""`-m mac`: the link address a packet came from."""

from __future__ import annotations

import re

from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.fields import IIF
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Opaque, Pred, all_of, any_of, equals, interface_is, negate

_MAC = re.compile(r"[0-9A-Fa-f]{0,2}(?::[0-9A-Fa-f]{0,2}){5}")


def _parse(words: tuple[str, ...], family: int) -> str:
    if not _MAC.fullmatch(words[0]):
        raise OptionError(f"{words[0]!r} is not a link address such as 00:11:22:aa:bb:cc")
    return ":".join(part.zfill(2).lower() for part in words[0].split(":"))


_CODEC = Codec(1, _parse, lambda value, family: (value,), "a link address: six pairs of hexadecimal digits")


def meaning(arguments: Arguments, family: int) -> Pred:
    """Only frames of an Ethernet have one: neither what the host sends nor what lo brings, negated or not."""
    given = arguments["mac_source"]
    sender = negate(Opaque(f"the link address {given.value} of the sender"), given.inverted)
    return all_of((negate(any_of((equals(IIF, 0), interface_is(IIF, "lo")))), sender))


MODULE = MatchModule(
    name="mac",
    meaning=meaning,
    options=(Option("mac-source", "mac_source", _CODEC, invert=True, required=True),),
    chains=frozenset({"PREROUTING", "INPUT", "FORWARD"}),
)
