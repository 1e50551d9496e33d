"""`-j TOS`: change the type-of-service byte."""

from __future__ import annotations

from lvsconf.extensions.codecs import number
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.model.effects import Assign, Effect
from lvsconf.model.fields import TOS
from lvsconf.model.netfilter import Arguments

_NAMES = {
    "Minimize-Delay": 0x10, "Maximize-Throughput": 0x08, "Maximize-Reliability": 0x04, "Minimize-Cost": 0x02,
    "Normal-Service": 0x00,
}  # fmt: skip


def _set_tos(words: tuple[str, ...], family: int) -> tuple[int, int]:
    for name, value in _NAMES.items():
        if name.lower() == words[0].lower():
            return value, 0x3F
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
