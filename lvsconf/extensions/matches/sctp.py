"""`-m sctp`: the ports and chunks of an SCTP packet."""

from __future__ import annotations

from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.ports import checked_range
from lvsconf.extensions.sctp_chunks import Chunks, chunk_list, loses_flags, show_chunks
from lvsconf.extensions.transport import port_options
from lvsconf.model.fields import SCTP


def _parse(words: tuple[str, ...], family: int) -> tuple[str, Chunks]:
    how = words[0].lower()
    if how not in ("all", "any", "only"):
        raise OptionError(f"{words[0]!r} is not all, any or only")
    return how, chunk_list(words[1])


_CHUNKS = Codec(
    2,
    _parse,
    lambda value, family: (value[0], show_chunks(value[1])),
    "all, any or only, and a list of chunk types",
)

OPTIONS = (*port_options(checked_range("sctp")), Option("chunk-types", "chunk_types", _CHUNKS, invert=True))

MODULE = MatchModule(
    name="sctp",
    options=OPTIONS,
    protocols=frozenset({SCTP}),
    loses=lambda arguments: "chunk_types" in arguments and loses_flags(arguments["chunk_types"].value[1]),
)
