"""`-m cgroup`: the control group of the local socket that sends or gets a packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import cut_string, integer
from lvsconf.extensions.options import MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments


def check(arguments: Arguments, family: int) -> None:
    """One of the two."""
    if len(arguments) != 1:
        raise OptionError("-m cgroup needs either --path or --cgroup")


MODULE = MatchModule(
    name="cgroup",
    options=(
        Option("path", "path", cut_string(511), invert=True),
        Option("cgroup", "cgroup", integer(), invert=True),
    ),
    chains=frozenset({"INPUT", "OUTPUT", "POSTROUTING"}),
    check=check,
)
