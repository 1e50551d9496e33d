"""`-m nfacct`: counts in a named counter of the nfnetlink accounting."""

from __future__ import annotations

from lvsconf.extensions.codecs import Text
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError

_LIMIT = 31


def _parse(words: tuple[str, ...], family: int) -> str:
    if not 1 <= len(words[0].encode("utf-8", "surrogateescape")) <= _LIMIT:
        raise OptionError(f"the name must have 1 to {_LIMIT} bytes")
    return words[0]


_NAME = Codec(1, _parse, lambda value, family: (Text(value),), f"a name of at most {_LIMIT} bytes")

MODULE = MatchModule(name="nfacct", options=(Option("nfacct-name", "nfacct_name", _NAME, required=True),))
