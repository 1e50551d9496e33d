"""`-m socket`: a local socket is there for the packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import flag
from lvsconf.extensions.options import MatchModule, Option

MODULE = MatchModule(
    name="socket",
    options=tuple(
        Option(name, name.replace("-", "_"), flag()) for name in ("transparent", "nowildcard", "restore-skmark")
    ),
    chains=frozenset({"PREROUTING", "INPUT"}),
)
