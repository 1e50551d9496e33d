"""`-j SET`: add to an ipset or delete from one."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.options import Option, TargetModule
from lvsconf.extensions.sets import set_and_directions
from lvsconf.model.effects import Effect, unknown_target
from lvsconf.model.netfilter import Arguments


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """The packet goes on, but `--map-set` may change its mark, priority or queue."""
    return (unknown_target("the values of a set"),) if "map_set" in arguments else ()


MODULE = TargetModule(
    name="SET",
    options=(
        Option("add-set", "add_set", set_and_directions()),
        Option("exist", "exist", flag()),
        Option("timeout", "timeout", integer()),
        Option("del-set", "del_set", set_and_directions()),
        Option("map-set", "map_set", set_and_directions()),
        Option("map-mark", "map_mark", flag()),
        Option("map-prio", "map_prio", flag()),
        Option("map-queue", "map_queue", flag()),
    ),
    effects=effects,
)
