"""`-j HL`: change the hop limit of an IPv6 packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import Option, OptionError, TargetModule
from lvsconf.model.effects import Add, Assign, Effect
from lvsconf.model.fields import TTL
from lvsconf.model.netfilter import Arguments


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """Set, or counted down to 0 at the least, or up to 255 at the most."""
    key, given = next(iter(arguments.items()))
    if key == "hl_set":
        return (Assign(TTL, given.value, TTL.full),)
    return (Add(TTL, -given.value if key == "hl_dec" else given.value),)


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
