"""`-j TTL`: change the time to live of an IPv4 packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import Option, OptionError, TargetModule
from lvsconf.model.effects import Add, Assign, Effect
from lvsconf.model.fields import TTL
from lvsconf.model.netfilter import Arguments


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """Set, or counted down to 0 at the least, or up to 255 at the most."""
    key, given = next(iter(arguments.items()))
    if key == "ttl_set":
        return (Assign(TTL, given.value, TTL.full),)
    return (Add(TTL, -given.value if key == "ttl_dec" else given.value),)


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
