"""`-j TTL`: change the time to live of an IPv4 packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import Option, OptionError, TargetModule
from lvsconf.model.effects import Assign, Effect, unknown_target
from lvsconf.model.fields import TTL
from lvsconf.model.netfilter import Arguments


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """Setting is an assignment; counting up or down can't be said yet."""
    given = arguments.get("ttl_set")
    if given is None:
        return (unknown_target("a change of the time to live"),)
    return (Assign(TTL, given.value, TTL.full),)


def check(arguments: Arguments, family: int) -> None:
    """One of the three."""
    if len(arguments) != 1:
        raise OptionError("-j TTL needs exactly one of --ttl-set, --ttl-dec and --ttl-inc")


MODULE = TargetModule(
    name="TTL",
    options=(
        Option("ttl-set", "ttl_set", integer(0, 255)),
        Option("ttl-dec", "ttl_dec", integer(1, 255)),
        Option("ttl-inc", "ttl_inc", integer(1, 255)),
    ),
    effects=effects,
    families=frozenset({4}),
    tables=frozenset({"mangle"}),
    check=check,
)
