"""`-m srh`: the segment routing header of an IPv6 packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.hosts import network
from lvsconf.extensions.options import Codec, MatchModule, Option
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments, Given

_BYTE = integer(0, 255)
_COUNTS = ("hdr-len", "segs-left", "last-entry")


_SEGMENT = network(cut=False)
"""The address is kept whole: the kernel masks it."""


def _option(name: str, codec: Codec) -> Option:
    return Option(f"srh-{name}", name.replace("-", "_"), codec, invert=True)


OPTIONS = (
    _option("next-hdr", _BYTE),
    *(_option(f"{name}-{relation}", _BYTE) for name in _COUNTS for relation in ("eq", "gt", "lt")),
    _option("tag", integer(0, 0xFFFF)),
    *(_option(name, _SEGMENT) for name in ("psid", "nsid", "lsid")),
)


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """There is one number for the three relations: the last that is given counts for all of them."""
    kept = dict(arguments)
    for name in _COUNTS:
        keys = [key for key in arguments if key.startswith(f"{name.replace('-', '_')}_")]
        kept |= {key: Given(arguments[keys[-1]].value, arguments[key].inverted) for key in keys}
    return option_words(OPTIONS, kept, family)


MODULE = MatchModule(name="srh", options=OPTIONS, families=frozenset({6}), save=save)
