"""One address family of a host: its rules, its routes, its services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lvsconf.extensions import registry
from lvsconf.kernel.chains import LoadedTable, load_tables
from lvsconf.kernel.eras import Era
from lvsconf.kernel.families import Family
from lvsconf.kernel.fib import Fib
from lvsconf.kernel.host_answers import HostAnswers
from lvsconf.kernel.lists import recent_lists
from lvsconf.kernel.scheduling import FTP, service_preds
from lvsconf.kernel.sets import Sets
from lvsconf.kernel.settings import Settings
from lvsconf.model.host import Host
from lvsconf.model.ipvs import Endpoint, ForwardingMethod
from lvsconf.model.netfilter import Hook, Ruleset


class Net:
    """What the engine knows of a host for packets of one family. `conntrack`: its hooks are there.

    `recent` has the mask of each list of `-m recent`, and how many times it keeps.
    """

    def __init__(self, host: Host, family: Family, sets: Sets, settings: Settings) -> None:
        self.family = family
        self.fib = Fib(host, family, settings)
        ruleset = host.rules.get(family.version)
        self.tables: dict[str, LoadedTable] = load_tables(
            ruleset or Ruleset(family.version, {}), HostAnswers(host, self.fib, sets).answer
        )
        self.recent = recent_lists(self.tables.values())
        self.rules_unknown = _unknown_rules(host, family)
        tracked = ruleset is not None and needs_conntrack(ruleset)
        self.conntrack = tracked or comes_with_module(host, settings.era) or masquerades_ftp(host, family)
        self.service_cases = service_preds(tuple(host.services or ()), settings, family)
        self.steps: dict[Hook, Any] = {}
        # ip_vs_add_service: the hooks of a family come with its first service.
        self.ipvs_hooked = bool(self.service_cases)


class Nets(dict[Family, Net]):
    """The families that packets have been of; nothing is read of the others."""

    def __init__(self, make: Callable[[Family], Net]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, family: Family) -> Net:
        found = self[family] = self._make(family)
        return found


def _unknown_rules(host: Host, family: Family) -> str:
    ruleset = host.rules.get(family.version)
    if ruleset is None:
        return f"the {f'IPv{family.version} ' if host.rules else ''}firewall rules are not known"
    return "; ".join(ruleset.unknown)


TRACKERS = frozenset({"ip_conntrack", "nf_conntrack_ipv4"})
"""The modules that register the hooks of connection tracking as they are loaded."""


def masquerades_ftp(host: Host, family: Family) -> bool:
    """ip_vs_register_conntrack: LVS-NAT real servers of an FTP service need connection tracking."""
    return any(
        service.key.port == FTP
        and service.key.address.version == family.version
        and any(server.method is ForwardingMethod.NAT for server in service.servers)
        for service in host.services or ()
        if isinstance(service.key, Endpoint)
    )


def comes_with_module(host: Host, era: Era) -> bool:
    """Whether tracking is on because its module is loaded, as in old kernels; the nat table needs it."""
    if era.behaviour.conntrack_hooks != "module":
        return False
    loaded = any("nat" in ruleset.tables for ruleset in host.rules.values())
    return loaded or not TRACKERS.isdisjoint(host.modules or ())


def needs_conntrack(ruleset: Ruleset) -> bool:
    """Whether loading these rules switches connection tracking on (nf_ct_netns_get in a module's checkentry)."""
    for table in ruleset.tables.values():
        for chain in table.chains.values():
            for rule in chain.rules:
                if any(_tracks(registry.match(use.module)) for use in rule.matches):
                    return True
                if rule.target is not None and _target_tracks(rule.target.module, rule.target.arguments):
                    return True
    return False


def _tracks(module: object) -> bool:
    # A module that lvsconf does not know might need it; without it no state could be told apart.
    return module is None or bool(getattr(module, "conntrack", False))


def _target_tracks(name: str, arguments: object) -> bool:
    module = registry.target(name)
    if name == "CT" and isinstance(arguments, dict) and "notrack" in arguments:
        return False
    return module is not None and module.conntrack
