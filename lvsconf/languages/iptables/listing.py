"""Which table a listing of `iptables -S` shows: it does not say."""

from __future__ import annotations

import re

from lvsconf.extensions import registry
from lvsconf.model.netfilter import BUILT_IN

_CHAIN = re.compile(r"^[ \t]*(?:\[[0-9:]*\][ \t]*)?-[AIRP][ \t]+(\S+)", re.MULTILINE)
_TARGET = re.compile(r"[ \t]-j[ \t]+([A-Z0-9]+)(?=\s|$)")
_LIKELY = ("filter", "nat", "mangle", "raw", "security")


def listed_table(text: str) -> str:
    """The most usual table that has all the built-in chains and takes all the targets; filter if none does."""
    every = {chain for chains in BUILT_IN.values() for chain in chains}
    used = set(_CHAIN.findall(text)) & every
    limits = [
        module.tables
        for name in sorted(set(_TARGET.findall(text)))
        if (module := registry.target(name)) is not None and module.tables
    ]
    fitting = [name for name in _LIKELY if used <= set(BUILT_IN[name])]
    return next((name for name in fitting if all(name in tables for tables in limits)), (*fitting, "filter")[0])
