"""`-m ipcomp`: the compression parameter index of an IPcomp header."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.header_ranges import WORD, range_option, save_ranges
from lvsconf.extensions.options import MatchModule, Option

OPTIONS = (range_option("ipcompspi"), Option("compres", "compres", flag()))

MODULE = MatchModule(
    name="ipcomp",
    options=OPTIONS,
    protocols=frozenset({108}),
    save=lambda arguments, family: save_ranges(OPTIONS, {"ipcompspi": WORD}, arguments, family),
)
