"""`-m osf`: the operating system that a SYN looks like."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import Codec, MatchModule, Option
from lvsconf.model.fields import TCP, TCP_FLAGS, TcpFlags
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Opaque, Pred, all_of, masked, negate

_LIMIT = 31


def _parse(words: tuple[str, ...], family: int) -> str:
    return words[0].encode("utf-8", "surrogateescape")[:_LIMIT].decode("utf-8", "surrogateescape")


_GENRE = Codec(1, _parse, lambda value, family: (value,), f"a name, of which {_LIMIT} bytes are kept")


def meaning(arguments: Arguments, family: int) -> Pred:
    """Only a SYN is looked at (nfnetlink_osf.c nf_osf_hdr_ctx_init); the fingerprints are loaded by a program."""
    given = arguments["genre"]
    genre = negate(Opaque(f"the fingerprint of {given.value}"), given.inverted)
    return all_of((masked(TCP_FLAGS, TcpFlags.SYN, TcpFlags.SYN), genre))


MODULE = MatchModule(
    name="osf",
    meaning=meaning,
    options=(
        Option("genre", "genre", _GENRE, invert=True, required=True),
        Option("ttl", "ttl", integer(0, 2)),
        Option("log", "log", integer(0, 2)),
    ),
    families=frozenset({4}),
    protocols=frozenset({TCP}),
    chains=frozenset({"PREROUTING", "INPUT", "FORWARD"}),
)
