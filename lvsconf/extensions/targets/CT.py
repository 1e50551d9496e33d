"""`-j CT`: what conntrack shall do with a packet it has not seen yet (net/netfilter/xt_CT.c)."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, number, word, word_set
from lvsconf.extensions.options import Codec, Option, TargetModule
from lvsconf.model.effects import Effect, Notrack
from lvsconf.model.netfilter import Arguments

_EVENTS = ("new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark", "natseqinfo", "secmark")


def _zone() -> Codec:
    def parse(words: tuple[str, ...], family: int) -> int | str:
        return "mark" if words[0] == "mark" else number(words[0], 0, 0xFFFF)

    return Codec(1, parse, lambda value, family: (str(value),) if value else None, "a zone from 0 to 65535, or mark")


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """`--notrack` ends tracking; a helper, zone or event mask is attached and the packet goes on."""
    return (Notrack(),) if "notrack" in arguments else ()


MODULE = TargetModule(
    name="CT",
    options=(
        Option("notrack", "notrack", flag()),
        Option("helper", "helper", word("the name of a conntrack helper")),
        Option("timeout", "timeout", word("the name of a timeout policy")),
        Option("ctevents", "ctevents", word_set(_EVENTS)),
        Option("expevents", "expevents", word_set(("new",))),
        Option("zone-orig", "zone_orig", _zone()),
        Option("zone-reply", "zone_reply", _zone()),
        Option("zone", "zone", _zone()),
    ),
    effects=effects,
    tables=frozenset({"raw"}),
    conntrack=True,
)
