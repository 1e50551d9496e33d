"""Reads the parts of a host, each from its own file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TypeVar

from lvsconf.daemons import Intended
from lvsconf.findings import Problem, Unreadable
from lvsconf.languages import (
    ip_json,
    ip_text,
    ipset,
    iptables,
    ipvsadm,
    modules,
    sockets,
    statements,
    sysctl,
    uname,
)
from lvsconf.languages.ipvsadm import listing, states
from lvsconf.languages.ipvsadm.services import server_key
from lvsconf.languages.recognise import Kind
from lvsconf.model.host import Interface, Route, RoutingRule, Socket, Sysctl
from lvsconf.model.ipset import IpSet
from lvsconf.model.ipvs import SyncDaemon, Timeouts, VirtualService
from lvsconf.model.netfilter import Ruleset
from lvsconf.model.statements import Statement
from lvsconf.model.vrrp import Vrrp
from lvsconf.source import Source

Result = TypeVar("Result")
Read = tuple[Result, tuple[Problem, ...]]


@dataclass(slots=True)
class Parts:
    """The parts of a host as its files give them."""

    rules: dict[int, Ruleset] = field(default_factory=dict)
    services: tuple[VirtualService, ...] | None = None
    interfaces: tuple[Interface, ...] | None = None
    routes: dict[int, tuple[Route, ...]] = field(default_factory=dict)
    routing_rules: dict[int, tuple[RoutingRule, ...]] = field(default_factory=dict)
    sets: Mapping[str, IpSet] | None = None
    sysctl: Sysctl | None = None
    sockets: tuple[Socket, ...] | None = None
    kernel: str | None = None
    timeouts: Timeouts | None = None
    daemons: tuple[SyncDaemon, ...] | None = None
    modules: frozenset[str] | None = None
    vrrp: Vrrp | None = None
    statements: tuple[Statement, ...] = ()
    intended: list[Intended] = field(default_factory=list)


class PartReader:
    """Reads files into `parts`, and keeps what was not understood and what is assumed.

    `files` says which file each part comes from.
    """

    def __init__(self, sources: dict[str, Source]) -> None:
        self.sources = sources
        self.parts = Parts()
        self.problems: list[Problem] = []
        self.unreadable: list[Unreadable] = []
        self.assumed: list[str] = []
        self.files: dict[str, str] = {}

    def read(self, source: Source, kind: Kind) -> None:
        """Read one file into its part."""
        reader = _READERS[kind.name]
        read = reader(self, source, kind)
        if read:
            self.files[kind.role or ""] = source.name

    def take(self, source: Source, kind: Kind, read: Read[Result], empty: bool) -> bool:
        """Keep the problems of a file; False, and the file is unreadable, when nothing of it was understood."""
        problems = read[1]
        if empty and problems:
            first = problems[0]
            message = f"{first.message}; expected {kind.expects}"
            self.unreadable.append(Unreadable(source.name, first.span.line, first.span.column, message))
            return False
        self.problems.extend(problems)
        return True

    def incomplete(self, source: Source, problems: Iterable[Problem], what: str, codes: frozenset[str]) -> None:
        """Lines that were lost leave a gap in a list that otherwise looks complete."""
        self.gaps([(source.name, problem.span.line) for problem in problems if problem.code in codes], what)

    def gaps(self, places: Iterable[tuple[str, int]], what: str) -> None:
        """Name the lines, by file and number, that a list may lack something from."""
        found: dict[str, set[int]] = {}
        for file, line in places:
            found.setdefault(file, set()).add(line)
        for file, numbers in found.items():
            lines = sorted(numbers)
            shown = ", ".join(str(line) for line in lines[:5]) + (", …" if len(lines) > 5 else "")
            self.assumed.append(f"{file}: line {shown}, which could not be read whole, holds no {what}")

    def iptables(self, source: Source, kind: Kind) -> bool:
        """Rules of one family."""
        family = kind.family
        if family is None:
            family = 4
            if source.text.strip():
                self.assumed.append(f"{source.name}: nothing tells the address family, IPv4 is assumed")
        ruleset, problems = iptables.read(source, family)
        if not self.take(source, kind, (ruleset, problems), empty=not ruleset.tables):
            return False
        self.parts.rules[family] = ruleset
        return True

    def ipvsadm(self, source: Source, kind: Kind) -> bool:
        """Services as commands."""
        tables, problems = ipvsadm.read(source)
        commands = ipvsadm.recognise(source.text)
        empty = not commands and tables == ipvsadm.Tables(lost=tables.lost)
        if not self.take(source, kind, (tables, problems), empty=empty):
            return False
        self.gaps(((source.name, line) for line in tables.lost), "further service or real server")
        self.parts.services = tables.services
        self.parts.timeouts, self.parts.daemons = tables.timeouts, tables.daemons
        return True

    def listing(self, source: Source, kind: Kind) -> bool:
        """Services as a table."""
        found, problems = listing.read(source)
        if not self.take(source, kind, (found, problems), empty=not listing.recognise(source.text)):
            return False
        self.gaps(((source.name, line) for line in found.lost), "further service or real server")
        self.assumed += (f"{source.name}: {said}" for said in found.assumed)
        self.parts.services = found.services
        return found.services is not None

    def thresholds(self, source: Source, kind: Kind) -> bool:
        """Thresholds, which ipvsadm-save leaves out."""
        table, problems = listing.read_thresholds(source)
        if not self.take(source, kind, (table, problems), empty=not table):
            return False
        self.parts.services = _with_thresholds(self.parts.services, table)
        return True

    def timeouts(self, source: Source, kind: Kind) -> bool:
        """IPVS's timeouts."""
        timeouts, problems = states.read_timeout(source)
        if not self.take(source, kind, (timeouts, problems), empty=timeouts is None):
            return False
        self.parts.timeouts = timeouts
        return timeouts is not None

    def daemons(self, source: Source, kind: Kind) -> bool:
        """Sync daemons."""
        daemons, problems = states.read_daemon(source)
        if not self.take(source, kind, (daemons, problems), empty=not daemons):
            return False
        self.parts.daemons = daemons
        return True

    def modules(self, source: Source, kind: Kind) -> bool:
        """Loaded modules."""
        names, problems = modules.read(source)
        if not self.take(source, kind, (names, problems), empty=not names):
            return False
        self.parts.modules = names
        return True

    def ipset(self, source: Source, kind: Kind) -> bool:
        """Sets."""
        sets, problems = ipset.read(source)
        if not self.take(source, kind, (sets, problems), empty=not sets):
            return False
        self.parts.sets = sets
        return True

    def sysctl(self, source: Source, kind: Kind) -> bool:
        """Kernel settings."""
        settings, problems = sysctl.read(source)
        unread = all(problem.code == "LVS040" for problem in problems)
        if not self.take(source, kind, (settings, problems), empty=unread and not settings and not settings.patterns):
            return False
        self.parts.sysctl = settings
        return True

    def addresses(self, source: Source, kind: Kind) -> bool:
        """Interfaces."""
        interfaces, problems = _iproute2(source).read_addresses(source)
        if not self.take(source, kind, (interfaces, problems), empty=not interfaces):
            return False
        self.incomplete(source, problems, "further interface", frozenset({"LVS041"}))
        self.parts.interfaces = interfaces
        return True

    def routes(self, source: Source, kind: Kind) -> bool:
        """Routes of one family."""
        family = kind.family or 4
        routes, problems = _iproute2(source).read_routes(source, family)
        if not self.take(source, kind, (routes, problems), empty=not routes):
            return False
        self.incomplete(source, problems, "further route", frozenset({"LVS041"}))
        self.parts.routes[family] = routes
        return True

    def routing_rules(self, source: Source, kind: Kind) -> bool:
        """Policy rules of one family."""
        family = kind.family or 4
        rules, problems = _iproute2(source).read_rules(source, family)
        if not self.take(source, kind, (rules, problems), empty=not rules):
            return False
        self.incomplete(source, problems, "further policy rule or selector", frozenset({"LVS041"}))
        self.parts.routing_rules[family] = rules
        return True

    def sockets(self, source: Source, kind: Kind) -> bool:
        """Listening sockets."""
        found, problems = sockets.read(source)
        if not self.take(source, kind, (found, problems), empty=not found):
            return False
        self.incomplete(source, problems, "further socket", frozenset({"LVS042"}))
        self.parts.sockets = found
        return True

    def uname(self, source: Source, kind: Kind) -> bool:
        """The kernel release."""
        release, problems = uname.read(source)
        if not self.take(source, kind, (release, problems), empty=release is None):
            return False
        self.parts.kernel = release
        return release is not None

    def keepalived(self, source: Source, kind: Kind) -> bool:
        """The services and addresses that keepalived sets up."""
        from lvsconf.languages.keepalived.reader import read  # few hosts have one

        found, problems = read(source, self.sources)
        if not self.take(source, kind, (found, problems), empty=not found.statements):
            return False
        self.parts.vrrp = found.vrrp
        if found.has_services or found.gaps:
            self.parts.intended.append(Intended(source.name, found.services, found.gaps))
        if found.routes and not self.parts.routes:
            what = "routes and rules" if found.routes > 1 else "route or rule"
            self.assumed.append(f"{source.name}: {found.routes} {what} of keepalived change nothing (no ip-route.json)")
        return True

    def ldirectord(self, source: Source, kind: Kind) -> bool:
        """The services that ldirectord sets up."""
        from lvsconf.languages.ldirectord.reader import read  # few hosts have one

        found, problems = read(source)
        if not self.take(source, kind, (found, problems), empty=not found.directives):
            return False
        self.parts.intended.append(Intended(source.name, found.services, found.gaps))
        return True

    def statements(self, source: Source, kind: Kind) -> bool:
        """What must get through the host, and what must not."""
        found, problems = statements.read(source)
        if not self.take(source, kind, (found, problems), empty=not statements.has_tables(source.text)):
            return False
        self.parts.statements = found
        return True


_READERS = {
    "iptables": PartReader.iptables,
    "ip6tables": PartReader.iptables,
    "ipvsadm": PartReader.ipvsadm,
    "ipvsadm-listing": PartReader.listing,
    "ipvsadm-thresholds": PartReader.thresholds,
    "ipvsadm-timeout": PartReader.timeouts,
    "ipvsadm-daemon": PartReader.daemons,
    "ipset": PartReader.ipset,
    "sysctl": PartReader.sysctl,
    "ip-address": PartReader.addresses,
    "ip-route": PartReader.routes,
    "ip6-route": PartReader.routes,
    "ip-rule": PartReader.routing_rules,
    "ip6-rule": PartReader.routing_rules,
    "sockets": PartReader.sockets,
    "uname": PartReader.uname,
    "modules": PartReader.modules,
    "keepalived": PartReader.keepalived,
    "ldirectord": PartReader.ldirectord,
    "statements": PartReader.statements,
}


def _iproute2(source: Source) -> ModuleType:
    """The reader of what `ip -j` or `ip` printed."""
    return ip_json if source.text.lstrip()[:1] in ("", "[", "{") else ip_text


def _with_thresholds(
    services: tuple[VirtualService, ...] | None, table: listing.Thresholds
) -> tuple[VirtualService, ...] | None:
    if services is None:
        return None
    changed = []
    for service in services:
        servers = []
        for server in service.servers:
            upper, lower = table.get((service.key, server_key(server)), (server.upper, server.lower))
            servers.append(dataclasses.replace(server, upper=upper, lower=lower))
        changed.append(dataclasses.replace(service, servers=tuple(servers)))
    return tuple(changed)
