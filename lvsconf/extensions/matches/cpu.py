"""`-m cpu`: the processor that handles the packet."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer
from lvsconf.extensions.options import MatchModule, Option
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Opaque, Pred, negate


def meaning(arguments: Arguments, family: int) -> Pred:
    """Which processor it is nobody can tell."""
    given = arguments["cpu"]
    return negate(Opaque(f"processor {given.value} handles the packet: `-m cpu`"), given.inverted)


MODULE = MatchModule(
    name="cpu", meaning=meaning, options=(Option("cpu", "cpu", integer(), invert=True, required=True),)
)
