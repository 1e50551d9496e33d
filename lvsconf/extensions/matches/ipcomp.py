"""`-m ipcomp`: the compression parameter index of an IPcomp header."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.header_ranges import WORD, range_option, save_ranges
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.netfilter import Arguments, Given

OPTIONS = (range_option("ipcompspi"), Option("compres", "compres", flag()))


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Without an index it is 0: nothing sets up another range before the options are read (libxt_ipcomp.c)."""
    return save_ranges(OPTIONS, {"ipcompspi": WORD}, {"ipcompspi": Given((0, 0)), **arguments}, family)


MODULE = MatchModule(
    name="ipcomp",
    options=OPTIONS,
    protocols=frozenset({108}),
    save=save,
)
