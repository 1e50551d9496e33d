"""`-m cpu`: the processor that handles the packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import MatchModule, Option

MODULE = MatchModule(name="cpu", options=(Option("cpu", "cpu", integer(), invert=True, required=True),))
