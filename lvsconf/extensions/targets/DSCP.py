"""`-j DSCP`: change the differentiated-services field."""

from __future__ import annotations

from lvsconf.extensions.codecs import number
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.model.effects import Assign, Effect
from lvsconf.model.fields import TOS
from lvsconf.model.netfilter import Arguments

_CLASSES = {
    **{f"CS{level}": level * 8 for level in range(8)},
    "BE": 0,
    **{f"AF{group}{drop}": group * 8 + drop * 2 for group in range(1, 5) for drop in range(1, 4)},
    "EF": 0x2E,
}


def _class(words: tuple[str, ...], family: int) -> int:
    if words[0].upper() not in _CLASSES:
        raise OptionError(f"{words[0]!r} is not a DSCP class: {', '.join(_CLASSES)}")
    return _CLASSES[words[0].upper()]


def _show(value: int, family: int) -> tuple[str, ...]:
    return (f"{value:#04x}",)


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """The upper six bits of the type-of-service byte."""
    given = arguments.get("dscp")
    return () if given is None else (Assign(TOS, given.value << 2, 0xFC),)


def check(arguments: Arguments, family: int) -> None:
    """A value or a class."""
    if not arguments:
        raise OptionError("-j DSCP needs --set-dscp or --set-dscp-class")


_VALUE = Codec(1, lambda words, family: number(words[0], 0, 63), _show, "a number up to 63")

MODULE = TargetModule(
    name="DSCP",
    options=(
        Option("set-dscp", "dscp", _VALUE),
        Option("set-dscp-class", "dscp", Codec(1, _class, _show, "a class such as EF, AF11, CS1")),
    ),
    effects=effects,
    tables=frozenset({"mangle"}),
    check=check,
)
