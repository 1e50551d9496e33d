"""`-m esp`: the security parameter index of IPsec's encryption header."""

from __future__ import annotations

from lvsconf.extensions.header_ranges import WORD, range_option, save_ranges
from lvsconf.extensions.options import MatchModule

OPTIONS = (range_option("espspi"),)

MODULE = MatchModule(
    name="esp",
    options=OPTIONS,
    protocols=frozenset({50}),
    save=lambda arguments, family: save_ranges(OPTIONS, {"espspi": WORD}, arguments, family),
)
