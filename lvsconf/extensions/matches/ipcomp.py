"""`-m ipcomp`: the compression parameter index of an IPcomp header."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.header_ranges import WORD, header_number, range_option, save_ranges
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import Pred

OPTIONS = (range_option("ipcompspi"), Option("compres", "compres", flag()))


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """Without an index it is 0: nothing sets up another range before the options are read (libxt_ipcomp.c)."""
    return save_ranges(OPTIONS, {"ipcompspi": WORD}, {"ipcompspi": Given((0, 0)), **arguments}, family)


def meaning(arguments: Arguments, family: int) -> Pred:
    """The index lies in the range."""
    given = arguments.get("ipcompspi", Given((0, 0)))
    return header_number("the index of IPcomp", 2, 2, given)


MODULE = MatchModule(
    name="ipcomp",
    meaning=meaning,
    options=OPTIONS,
    protocols=frozenset({108}),
    save=save,
)
