"""`-m osf`: the operating system that a SYN looks like."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import Codec, MatchModule, Option
from lvsconf.model.fields import TCP

_LIMIT = 31


def _parse(words: tuple[str, ...], family: int) -> str:
    return words[0].encode("utf-8", "surrogateescape")[:_LIMIT].decode("utf-8", "surrogateescape")


_GENRE = Codec(1, _parse, lambda value, family: (value,), f"a name, of which {_LIMIT} bytes are kept")

MODULE = MatchModule(
    name="osf",
    options=(
        Option("genre", "genre", _GENRE, invert=True, required=True),
        Option("ttl", "ttl", integer(0, 2)),
        Option("log", "log", integer(0, 2)),
    ),
    families=frozenset({4}),
    protocols=frozenset({TCP}),
    chains=frozenset({"PREROUTING", "INPUT", "FORWARD"}),
)
