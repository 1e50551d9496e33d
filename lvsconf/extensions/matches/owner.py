"""`-m owner`: the local socket that sends a packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag, split_range
from lvsconf.extensions.options import Codec, MatchModule, Option, at_least_one

_TOP = 0xFFFFFFFE


def _parse(words: tuple[str, ...], family: int) -> tuple[int, int]:
    # Other names depend on the machine that loads the rule.
    return (0, 0) if words[0] == "root" else split_range(words[0], 0, _TOP, "-")


def _show(value: tuple[int, int], family: int) -> tuple[str, ...]:
    return (str(value[0]) if value[0] == value[1] else f"{value[0]}-{value[1]}",)


_ID = Codec(1, _parse, _show, "a numeric id, or a range of ids a-b")

MODULE = MatchModule(
    name="owner",
    options=(
        Option("socket-exists", "socket_exists", flag(), invert=True),
        Option("uid-owner", "uid_owner", _ID, invert=True),
        Option("gid-owner", "gid_owner", _ID, invert=True),
        Option("suppl-groups", "suppl_groups", flag()),
    ),
    check=at_least_one("-m owner"),
)
