"""`-j HL`: change the hop limit of an IPv6 packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import Option, OptionError, TargetModule
from lvsconf.model.effects import Assign, Effect, unknown_target
from lvsconf.model.fields import TTL
from lvsconf.model.netfilter import Arguments


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """Setting is an assignment; counting up or down can't be said yet."""
    given = arguments.get("hl_set")
    if given is None:
        return (unknown_target("a change of the hop limit"),)
    return (Assign(TTL, given.value, TTL.full),)


def check(arguments: Arguments, family: int) -> None:
    """One of the three."""
    if len(arguments) != 1:
        raise OptionError("-j HL needs exactly one of --hl-set, --hl-dec and --hl-inc")


MODULE = TargetModule(
    name="HL",
    options=(
        Option("hl-set", "hl_set", integer(0, 255)),
        Option("hl-dec", "hl_dec", integer(1, 255)),
        Option("hl-inc", "hl_inc", integer(1, 255)),
    ),
    effects=effects,
    families=frozenset({6}),
    tables=frozenset({"mangle"}),
    check=check,
)
