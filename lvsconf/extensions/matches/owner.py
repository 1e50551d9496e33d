"""`-m owner`: the local socket that sends a packet."""

from __future__ import annotations

import re

from lvsconf.extensions.codecs import flag, number
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.fields import SOCKET, SocketKind
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Const, Opaque, Pred, all_of, any_of, equals, negate

_TOP = 0xFFFFFFFE


def _parse(words: tuple[str, ...], family: int) -> tuple[int, int]:
    if words[0] == "root":  # other names depend on the machine that loads the rule
        return 0, 0
    ends = [number(part, 0, _TOP) for part in re.split("[-:]", words[0], maxsplit=1)]
    if ends[0] > ends[-1]:
        raise OptionError(f"the range {words[0]!r} is the wrong way round")
    return ends[0], ends[-1]


def _show(value: tuple[int, int], family: int) -> tuple[str, ...]:
    return (str(value[0]) if value[0] == value[1] else f"{value[0]}-{value[1]}",)


_ID = Codec(1, _parse, _show, "a numeric id, or a range of ids a-b")


def check(arguments: Arguments, family: int) -> None:
    """Something to look for; `--suppl-groups` only after the group."""
    if not arguments:
        raise OptionError("-m owner needs at least one option")
    order = list(arguments)
    if "suppl_groups" in order and "gid_owner" not in order[: order.index("suppl_groups")]:
        raise OptionError("-m owner: --suppl-groups needs --gid-owner before it")


def meaning(arguments: Arguments, family: int) -> Pred:
    """Without a socket all options must be negated; behind a socket of the kernel's own is no program to compare.

    net/netfilter/xt_owner.c, owner_mt.
    """
    exists = arguments.get("socket_exists")
    ids = [arguments[key] for key in ("uid_owner", "gid_owner") if key in arguments]
    nobody = all(given.inverted for given in arguments.values() if given is not arguments.get("suppl_groups"))
    wanted = exists is None or not exists.inverted
    program = all_of(
        negate(
            Opaque(f"the {key.removesuffix('_owner')} {arguments[key].value} of the sending program"),
            arguments[key].inverted,
        )
        for key in ("uid_owner", "gid_owner")
        if key in arguments
    )
    return any_of(
        (
            all_of((equals(SOCKET, SocketKind.NONE), Const(nobody))),
            all_of((equals(SOCKET, SocketKind.KERNEL), Const(wanted and all(given.inverted for given in ids)))),
            all_of((equals(SOCKET, SocketKind.PROGRAM), Const(wanted), program)),
        )
    )


MODULE = MatchModule(
    name="owner",
    meaning=meaning,
    options=(
        Option("socket-exists", "socket_exists", flag(), invert=True),
        Option("uid-owner", "uid_owner", _ID, invert=True),
        Option("gid-owner", "gid_owner", _ID, invert=True),
        Option("suppl-groups", "suppl_groups", flag()),
    ),
    chains=frozenset({"OUTPUT", "POSTROUTING"}),
    check=check,
)
