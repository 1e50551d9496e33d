"""`-j SET`: add to an ipset or delete from one."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, integer
from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.extensions.sets import set_and_directions
from lvsconf.model.actions import ChangeSet
from lvsconf.model.effects import Effect, unknown_target
from lvsconf.model.netfilter import Arguments

_MAPPED = ("map_mark", "map_prio", "map_queue")


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """Adding comes before deleting (xt_set.c, set_target_v3); `--map-set` may change mark, priority or queue."""
    found: list[Effect] = []
    for key in ("add_set", "del_set"):
        if key in arguments:
            name, directions = arguments[key].value
            timeout = arguments["timeout"].value if "timeout" in arguments and key == "add_set" else None
            sides = tuple(directions.split(","))
            found.append(ChangeSet(name, sides, family, key == "add_set", "exist" in arguments, timeout))
    if "map_mark" in arguments:
        found.append(unknown_target("the mark of an element of a set"))
    return tuple(found)


def check(arguments: Arguments, family: int) -> None:
    """A set, and only what goes with it (libxt_SET.c, set_target_check_v3)."""
    if not any(key in arguments for key in ("add_set", "del_set", "map_set")):
        raise OptionError("-j SET needs one of --add-set, --del-set and --map-set")
    for key in ("exist", "timeout"):
        if key in arguments and "add_set" not in arguments:
            raise OptionError(f"-j SET: --{key} goes with --add-set only")
    mapped = [key for key in _MAPPED if key in arguments]
    if mapped and "map_set" not in arguments:
        raise OptionError(f"-j SET: --{mapped[0].replace('_', '-')} goes with --map-set only")
    if "map_set" in arguments and not mapped:
        raise OptionError("-j SET: --map-set needs one of --map-mark, --map-prio and --map-queue")


def tables_of(arguments: Arguments) -> frozenset[str]:
    """Mapping writes into the packet (net/netfilter/xt_set.c, set_target_v3_checkentry)."""
    return frozenset({"mangle"} if "map_set" in arguments else ())


def chains_of(arguments: Arguments) -> frozenset[str]:
    """Priority and queue are those of a packet that leaves."""
    leaves = "map_prio" in arguments or "map_queue" in arguments
    return frozenset({"FORWARD", "OUTPUT", "POSTROUTING"} if leaves else ())


def _option(name: str, codec: Codec, repeats: bool = False) -> Option:
    return Option(name, name.replace("-", "_"), codec, repeats=repeats, ignores_not=True)


MODULE = TargetModule(
    name="SET",
    options=(
        _option("add-set", set_and_directions()),
        _option("exist", flag(), repeats=True),
        _option("timeout", integer(0, 0xFFFFFFFE), repeats=True),
        _option("del-set", set_and_directions()),
        _option("map-set", set_and_directions()),
        *(_option(key.replace("_", "-"), flag(), repeats=True) for key in _MAPPED),
    ),
    effects=effects,
    check=check,
    tables_of=tables_of,
    chains_of=chains_of,
)
