"""`-m nfacct`: counts in a named counter of the nfnetlink accounting."""

from __future__ import annotations

from lvsconf.extensions.codecs import Text
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Opaque, Pred

_LIMIT = 31


def _parse(words: tuple[str, ...], family: int) -> str:
    if not 1 <= len(words[0].encode("utf-8", "surrogateescape")) <= _LIMIT:
        raise OptionError(f"the name must have 1 to {_LIMIT} bytes")
    return words[0]


_NAME = Codec(1, _parse, lambda value, family: (Text(value),), f"a name of at most {_LIMIT} bytes")


def meaning(arguments: Arguments, family: int) -> Pred:
    """Always, but for an object with a quota, which matches when it is used up; quotas are not in the snapshot."""
    return Opaque(f"accounting object {arguments['nfacct_name'].value} without a quota, or with one that is used up")


MODULE = MatchModule(
    name="nfacct", meaning=meaning, options=(Option("nfacct-name", "nfacct_name", _NAME, required=True),)
)
