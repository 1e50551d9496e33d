"""`-m sctp`: the ports and chunks of an SCTP packet (net/netfilter/xt_sctp.c, sctp_mt)."""

from __future__ import annotations

from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.ports import checked_range
from lvsconf.extensions.sctp_chunks import Chunks, chunk_list, chunk_number, loses_flags, show_chunks
from lvsconf.extensions.transport import port_options, ports_meaning
from lvsconf.model.fields import SCTP, SCTP_CHUNK
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import FALSE, TRUE, Opaque, Pred, all_of, any_of, equals, negate


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


def meaning(arguments: Arguments, family: int) -> Pred:
    """Ports and chunk types; packets have one chunk here, so that `any` and `only` are the same."""
    preds = [ports_meaning(arguments)]
    if given := arguments.get("chunk_types"):
        preds.append(negate(_chunks_meaning(*given.value), given.inverted))
    return all_of(preds)


def _chunks_meaning(how: str, chunks: Chunks) -> Pred:
    if chunks is None:
        # No packet holds every type there can be.
        return FALSE if how == "all" else TRUE
    if how == "all" and len(chunks) != 1:
        return FALSE if chunks else TRUE
    return any_of(
        all_of((equals(SCTP_CHUNK, chunk_number(name)), Opaque(f"the flags of {name} chunks") if flags else TRUE))
        for name, flags in sorted(chunks)
    )


MODULE = MatchModule(
    name="sctp",
    options=OPTIONS,
    meaning=meaning,
    protocols=frozenset({SCTP}),
    loses=lambda arguments: "chunk_types" in arguments and loses_flags(arguments["chunk_types"].value[1]),
)
