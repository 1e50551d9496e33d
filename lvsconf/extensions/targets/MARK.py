"""`-j MARK`: change skb->mark (net/netfilter/xt_mark.c, mark_tg)."""

from __future__ import annotations

from lvsconf.extensions.marking import mark_options
from lvsconf.extensions.options import OptionError, TargetModule
from lvsconf.model.effects import Assign, Effect
from lvsconf.model.fields import MARK
from lvsconf.model.netfilter import Arguments


def effects(arguments: Arguments, family: int) -> tuple[Effect, ...]:
    """`mark = (mark & ~mask) ^ value`."""
    given = arguments.get("xmark")
    return () if given is None else (Assign(MARK, *given.value),)


def check(arguments: Arguments, family: int) -> None:
    """One of the five."""
    if not arguments:
        raise OptionError("-j MARK needs one of --set-mark, --set-xmark, --and-mark, --or-mark and --xor-mark")


MODULE = TargetModule(name="MARK", options=mark_options(), effects=effects, check=check)
