"""`-j DSCP`: change the differentiated-services field."""

from __future__ import annotations

from lvsconf.extensions.codecs import number
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.extensions.service_bits import dscp_class, show_byte
from lvsconf.model.effects import Assign, Effect
from lvsconf.model.fields import TOS
from lvsconf.model.netfilter import Arguments


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """The upper six bits of the type-of-service byte."""
    given = arguments.get("dscp")
    return () if given is None else (Assign(TOS, given.value << 2, 0xFC),)


def check(arguments: Arguments, family: int) -> None:
    """A value or a class."""
    if not arguments:
        raise OptionError("-j DSCP needs --set-dscp or --set-dscp-class")


_VALUE = Codec(1, lambda words, family: number(words[0], 0, 63), show_byte, "a number up to 63")

MODULE = TargetModule(
    name="DSCP",
    options=(
        Option("set-dscp", "dscp", _VALUE),
        Option(
            "set-dscp-class",
            "dscp",
            Codec(1, lambda words, family: dscp_class(words[0]), show_byte, "a class such as EF, AF11, CS1"),
        ),
    ),
    effects=effects,
    tables=frozenset({"mangle"}),
    check=check,
)
