"""`-m rpfilter`: whether the way back to the sender leaves by the interface the packet came in."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.options import MatchModule, Option

MODULE = MatchModule(
    name="rpfilter",
    options=tuple(
        Option(name, name.replace("-", "_"), flag()) for name in ("loose", "validmark", "accept-local", "invert")
    ),
    tables=frozenset({"raw", "mangle"}),
    chains=frozenset({"PREROUTING"}),
)
