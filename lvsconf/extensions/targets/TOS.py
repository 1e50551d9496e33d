"""`-j TOS`: change the type-of-service byte."""

from __future__ import annotations

from lvsconf.extensions.codecs import number
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.extensions.service_bits import TOS_NAME_MASK, tos_name
from lvsconf.model.effects import Assign, Effect
from lvsconf.model.fields import TOS
from lvsconf.model.netfilter import Arguments


def _set_tos(words: tuple[str, ...], family: int) -> tuple[int, int]:
    named = tos_name(words[0])
    if named is not None:
        return named, TOS_NAME_MASK
    text, found, mask = words[0].partition("/")
    return number(text, 0, 0xFF), number(mask, 0, 0xFF) if found else 0xFF


def _show(value: tuple[int, int], family: int) -> tuple[str, ...]:
    return (f"{value[0]:#04x}/{value[1]:#04x}",)


def _bits(words: tuple[str, ...]) -> int:
    return number(words[0], 0, 0xFF)


_EIGHT = "a number up to 255"


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """`tos = (tos & ~mask) ^ value`."""
    given = arguments.get("tos")
    return () if given is None else (Assign(TOS, *given.value),)


def check(arguments: Arguments, family: int) -> None:
    """One of the four."""
    if not arguments:
        raise OptionError("-j TOS needs one of --set-tos, --and-tos, --or-tos and --xor-tos")


MODULE = TargetModule(
    name="TOS",
    options=(
        Option("set-tos", "tos", Codec(1, _set_tos, _show, "a value, value/mask or name")),
        Option("and-tos", "tos", Codec(1, lambda words, family: (0, 0xFF ^ _bits(words)), _show, _EIGHT)),
        Option("or-tos", "tos", Codec(1, lambda words, family: (_bits(words), _bits(words)), _show, _EIGHT)),
        Option("xor-tos", "tos", Codec(1, lambda words, family: (_bits(words), 0), _show, _EIGHT)),
    ),
    effects=effects,
    tables=frozenset({"mangle"}),
    check=check,
)
