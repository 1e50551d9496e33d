"""What the input asks of a kernel whose era does not have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lvsconf.kernel.eras import Era
from lvsconf.model.host import Host
from lvsconf.model.ipvs import VirtualService
from lvsconf.model.netfilter import BUILT_IN, Ruleset

_INTERFACE = re.compile(r"^net\.ipv4\.conf\.[^.]+\.")


def missing_value(era: Era, key: str) -> int | None:
    """What the era does instead of having a setting; None when it has it."""
    if not era.without:
        return None
    found = era.without.get(key)
    return found if found is not None else era.without.get(_INTERFACE.sub("net.ipv4.conf.*.", key))


def missing(host: Host, era: Era) -> tuple[str, ...]:
    """In words: what the kernel can't have been given, and what is made of it instead. Sorted, each once."""
    what = f"kernels {era.kernels}"
    said = set(_settings(host, era, what))
    said |= {text for service in host.services or () for text in _service(service, era, what)}
    ruleset = host.rules.get(4)
    if ruleset is not None and "nat" in ruleset.tables and host.services:
        said |= set(_ties(era))
    said |= set(_rules(ruleset, era, what)) if ruleset is not None else set()
    return tuple(sorted(said))


def _ties(era: Era) -> Iterator[str]:
    """Functions of one priority run in the order in which they were registered, which nobody tells."""
    for hook, steps in era.hooks.items():
        for one, other in pairwise(steps):
            if one.priority == other.priority:
                yield f"{one.step} comes before {other.step} at {hook.name}: its module was loaded first"


def _settings(host: Host, era: Era, what: str) -> Iterator[str]:
    for key in host.sysctl or ():
        if missing_value(era, key) is not None:
            yield f"{what} have no {key}: its value is ignored"


def _service(service: VirtualService, era: Era, what: str) -> Iterator[str]:
    if service.scheduler in era.lacks["schedulers"]:
        yield f"{what} have no scheduler {service.scheduler}: it is taken to be there"
    for server in service.servers:
        if server.tunnel in era.lacks["tunnels"]:
            yield f"{what} have no {server.tunnel} tunnels: they are taken to be there"


def _rules(ruleset: Ruleset, era: Era, what: str) -> Iterator[str]:
    for name, table in ruleset.tables.items():
        for chain in table.chains.values():
            if chain.rules and chain.name in BUILT_IN.get(name, ()) and (name, chain.name) not in era.chains:
                yield f"{what} have no chain {chain.name} in table {name}: its rules are ignored"
            for rule in chain.rules:
                for use in rule.matches:
                    if use.module in era.lacks["matches"]:
                        yield f"{what} have no match {use.module}: it is taken to be there"
