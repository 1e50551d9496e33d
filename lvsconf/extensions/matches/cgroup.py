"""`-m cgroup`: the control group of the local socket that sends or gets a packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import cut_string, integer
from lvsconf.extensions.options import MatchModule, Option, OptionError
from lvsconf.model.fields import SOCKET, SocketKind
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Opaque, Pred, all_of, equals, negate


def check(arguments: Arguments, family: int) -> None:
    """One of the two."""
    if len(arguments) != 1:
        raise OptionError("-m cgroup needs either --path or --cgroup")


def meaning(arguments: Arguments, family: int) -> Pred:
    """Without a socket there is no group, negated or not (xt_cgroup.c cgroup_mt_v0); which group is not known."""
    groups = [
        negate(Opaque(f"the socket's control group {given.value}"), given.inverted) for given in arguments.values()
    ]
    return all_of((negate(equals(SOCKET, SocketKind.NONE)), *groups))


MODULE = MatchModule(
    name="cgroup",
    meaning=meaning,
    options=(
        Option("path", "path", cut_string(511), invert=True),
        Option("cgroup", "cgroup", integer(), invert=True),
    ),
    chains=frozenset({"INPUT", "OUTPUT", "POSTROUTING"}),
    check=check,
)
