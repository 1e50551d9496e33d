"""`-j CT`: what conntrack shall do with a packet it has not seen yet (net/netfilter/xt_CT.c)."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, number, word_set
from lvsconf.extensions.options import Codec, Option, TargetModule
from lvsconf.extensions.printing import option_words
from lvsconf.extensions.texts import cut_word
from lvsconf.model.actions import Track
from lvsconf.model.effects import Effect, Notrack
from lvsconf.model.netfilter import Arguments

_EVENTS = ("new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark", "natseqinfo", "secmark")
_MARK = "mark"


def _zone() -> Codec:
    def parse(words: tuple[str, ...], family: int) -> int | str:
        return _MARK if words[0].lower() == _MARK else number(words[0], 0, 0xFFFF)

    return Codec(1, parse, lambda value, family: (str(value),) if value else None, "a zone from 0 to 65535, or mark")


_REST = (
    Option("notrack", "notrack", flag()),
    Option("helper", "helper", cut_word(15, empty=True)),
    Option("timeout", "timeout", cut_word(31, empty=True)),
    Option("ctevents", "ctevents", word_set(_EVENTS, fold=False)),
    Option("expevents", "expevents", word_set(("new",), fold=False)),
)
_ZONES = (
    Option("zone-orig", "zone_orig", _zone()),
    Option("zone-reply", "zone_reply", _zone()),
    Option("zone", "zone", _zone()),
)


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """`--notrack` ends tracking; zone, helper and timeout policy are for conntrack to use, and the packet goes on."""
    if "notrack" in arguments:
        return (Notrack(),)
    policy, helper = (arguments.get(key) for key in ("timeout", "helper"))
    zone, directions = _zone_of(arguments)
    one = directions if len(directions) == 1 else frozenset({"-orig", "-reply"})
    return (
        Track(
            None if zone == _MARK else int(zone),
            original="-orig" in one,
            reply="-reply" in one,
            timeouts=str(policy.value) if policy is not None and policy.value else None,
            helper=str(helper.value) if helper is not None and helper.value else None,
        ),
    )


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """There is one zone: the last number counts, `mark` once given stays, and both directions are none (libxt_CT.c)."""
    words = option_words(_REST, arguments, family)
    zone, directions = _zone_of(arguments)
    return (*words, f"--zone{next(iter(directions)) if len(directions) == 1 else ''}", str(zone)) if zone else words


def _zone_of(arguments: Arguments) -> tuple[int | str, frozenset[str]]:
    """The zone, 0 for none, and the directions that it was given for."""
    keys = [key for key in arguments if key in {option.key for option in _ZONES}]
    values = [arguments[key].value for key in keys]
    zone = _MARK if _MARK in values else values[-1] if values else 0
    return zone, frozenset(key.removeprefix("zone").replace("_", "-") for key in keys) - {""}


MODULE = TargetModule(
    name="CT",
    options=(*_REST, *_ZONES),
    effects=effects,
    tables=frozenset({"raw"}),
    conntrack=True,
    save=save,
)
