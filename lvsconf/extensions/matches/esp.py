"""`-m esp`: the security parameter index of IPsec's encryption header."""

from __future__ import annotations

from lvsconf.extensions.header_ranges import WORD, header_number, range_option, save_ranges
from lvsconf.extensions.options import MatchModule
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import Pred

OPTIONS = (range_option("espspi"),)


def meaning(arguments: Arguments, family: int) -> Pred:
    """The index lies in the range."""
    given = arguments.get("espspi", Given((0, WORD)))
    return header_number("the index of ESP", 0, 4, given, needs=8)


MODULE = MatchModule(
    name="esp",
    meaning=meaning,
    options=OPTIONS,
    protocols=frozenset({50}),
    save=lambda arguments, family: save_ranges(OPTIONS, {"espspi": WORD}, arguments, family),
)
