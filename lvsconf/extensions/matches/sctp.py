"""`-m sctp`: the ports and chunks of an SCTP packet."""

from __future__ import annotations

from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.transport import port_options, save_transport
from lvsconf.model.fields import SCTP


def _parse(words: tuple[str, ...], family: int) -> tuple[str, str]:
    if words[0] not in ("all", "any", "only"):
        raise OptionError(f"{words[0]!r} is not all, any or only")
    return words[0], words[1]


_CHUNKS = Codec(2, _parse, lambda value, family: value, "all, any or only, and a list of chunk types")

OPTIONS = (*port_options("sctp"), Option("chunk-types", "chunk_types", _CHUNKS, invert=True))

MODULE = MatchModule(
    name="sctp",
    options=OPTIONS,
    protocols=frozenset({SCTP}),
    save=lambda arguments, family: save_transport(OPTIONS, arguments, family),
)
