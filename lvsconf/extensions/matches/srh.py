"""`-m srh`: the segment routing header of an IPv6 packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.hosts import network
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments

_BYTE = integer(0, 255)
_COUNTS = ("hdr-len", "segs-left", "last-entry")


_SEGMENT = network(cut=False)
"""The address is kept whole: the kernel masks it."""


def _option(name: str, codec: Codec) -> Option:
    return Option(f"srh-{name}", name.replace("-", "_"), codec, invert=True)


def check(arguments: Arguments, family: int) -> None:
    """There is one value for the three relations, so that two of them would overwrite each other."""
    for name in _COUNTS:
        start = f"{name.replace('-', '_')}_"
        if sum(key.startswith(start) for key in arguments) > 1:
            raise OptionError(f"-m srh takes only one of --srh-{name}-eq, -gt and -lt")


MODULE = MatchModule(
    name="srh",
    options=(
        _option("next-hdr", _BYTE),
        *(_option(f"{name}-{relation}", _BYTE) for name in _COUNTS for relation in ("eq", "gt", "lt")),
        _option("tag", integer(0, 0xFFFF)),
        *(_option(name, _SEGMENT) for name in ("psid", "nsid", "lsid")),
    ),
    families=frozenset({6}),
    check=check,
)
