"""The host that a group of files describes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TypeVar

from lvsconf.daemons import Intended, parts_of, role_of, standing
from lvsconf.findings import Problem, Unreadable
from lvsconf.gathering import Group, gather
from lvsconf.languages import (
    ip_json,
    ip_text,
    iptables,
    ipvsadm_listing,
    ipvsadm_save,
    recognise,
    sockets,
    sysctl,
    uname,
)
from lvsconf.languages.ipvsadm_services import server_key
from lvsconf.languages.recognise import Kind
from lvsconf.languages.service_option import parse_service
from lvsconf.model.host import Host, Interface, Role, Route, RoutingRule, Setting, Socket
from lvsconf.model.ipvs import VirtualService
from lvsconf.model.netfilter import Ruleset
from lvsconf.model.vrrp import Vrrp
from lvsconf.source import Source, Span

__all__ = ["SERVICE_SOURCE", "Group", "HostInput", "assemble", "gather", "replace"]

SERVICE_SOURCE = "--service"
"""The name under which the services of the command line can be pointed at."""

Result = TypeVar("Result")
Read = tuple[Result, tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class HostInput:
    """A host, the texts it comes from, and what could not be understood of them.

    `files` says which file each part comes from: iptables, ip6tables, ipvsadm, ipvsadm-thresholds, sysctl, ip-address,
    ip-route, ip6-route, ip-rule, ip6-rule, sockets, uname, keepalived, ldirectord. A part that is not there is unknown;
    ipvsadm is the daemon's configuration where that is all that tells the services.
    """

    host: Host
    sources: Mapping[str, Source]
    problems: tuple[Problem, ...]
    unreadable: tuple[Unreadable, ...]
    assumed: tuple[str, ...]
    ignored: tuple[str, ...]
    files: Mapping[str, str]


@dataclass(slots=True)
class _Parts:
    """The parts of a host as its files give them."""

    rules: dict[int, Ruleset] = field(default_factory=dict)
    services: tuple[VirtualService, ...] | None = None
    interfaces: tuple[Interface, ...] | None = None
    routes: dict[int, tuple[Route, ...]] = field(default_factory=dict)
    routing_rules: dict[int, tuple[RoutingRule, ...]] = field(default_factory=dict)
    sysctl: Mapping[str, Setting] | None = None
    sockets: tuple[Socket, ...] | None = None
    kernel: str | None = None
    vrrp: Vrrp | None = None
    intended: list[Intended] = field(default_factory=list)


class _Assembly:
    def __init__(self, group: Group) -> None:
        self.group = group
        self.parts = _Parts()
        self.problems: list[Problem] = []
        self.unreadable: list[Unreadable] = []
        self.assumed: list[str] = []
        self.ignored = list(group.ignored)
        self.files: dict[str, str] = {}
        self.sources = {source.name: source for source in group.sources}

    # -- which file is what --------------------------------------------------------------------------------------

    def choose(self, language: str | None) -> list[tuple[Source, Kind]]:
        """One file for each part of the host; the names of a snapshot win, then the order."""
        chosen: dict[str, tuple[int, Source, Kind]] = {}
        stated = _language(language) if language else None
        kinds = [(source, stated or recognise.kind_of(source.name, source.text)) for source in self.group.sources]
        daemons = [source for source, kind in kinds if kind is recognise.KEEPALIVED]
        included = parts_of(daemons, self.group.sources) if daemons else ()
        for source, kind in kinds:
            if source.name in included:
                continue
            if kind is None:
                self._nobody(source)
            elif kind.role is None:
                self.ignored.append(f"{source.name}: {kind.name} is not read yet")
            else:
                self._offer(chosen, source, kind)
        return [(source, kind) for _, source, kind in chosen.values()]

    def _nobody(self, source: Source) -> None:
        if source.name in self.group.named and source.text.strip():
            message = "no input that is known looks like this; --language says what a file is"
            self.unreadable.append(Unreadable(source.name, *_first_word(source), message))
        else:
            self.ignored.append(f"{source.name}: not recognised")

    def _offer(self, chosen: dict[str, tuple[int, Source, Kind]], source: Source, kind: Kind) -> None:
        role = kind.role or ""
        base = source.name.rpartition("/")[2]
        rank = 0 if base in recognise.BY_NAME else 2 if kind is recognise.LISTING else 1
        other = chosen.get(role)
        loser = source
        if other is None or rank < other[0]:
            chosen[role] = (rank, source, kind)
            loser = other[1] if other is not None else source
        if other is not None:
            winner = chosen[role][1]
            self.ignored.append(f"{loser.name}: {winner.name} describes the same part of the host")

    # -- reading -------------------------------------------------------------------------------------------------

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
        self.lines(source.name, [problem.span for problem in problems if problem.code in codes], what)

    def lines(self, name: str, spans: Iterable[Span], what: str) -> None:
        """Name the lines that a list may lack something from."""
        places = list(spans)
        for file in dict.fromkeys((name, *(span.file for span in places))):
            lines = sorted({span.line for span in places if span.file == file})
            if lines:
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
        services, problems = ipvsadm_save.read(source)
        commands = ipvsadm_save.recognise(source.text)
        if not self.take(source, kind, (services, problems), empty=not services and not commands):
            return False
        self.incomplete(source, problems, "further service or real server", frozenset({"LVS030", "LVS031"}))
        self.parts.services = services
        return True

    def listing(self, source: Source, kind: Kind) -> bool:
        """Services as a table."""
        services, problems = ipvsadm_listing.read(source)
        if not self.take(source, kind, (services, problems), empty=not ipvsadm_listing.recognise(source.text)):
            return False
        self.incomplete(source, problems, "further service or real server", frozenset({"LVS030"}))
        self.parts.services = services
        return services is not None

    def thresholds(self, source: Source, kind: Kind) -> bool:
        """Thresholds, which ipvsadm-save leaves out."""
        table, problems = ipvsadm_listing.read_thresholds(source)
        if not self.take(source, kind, (table, problems), empty=not table):
            return False
        self.parts.services = _with_thresholds(self.parts.services, table)
        return True

    def sysctl(self, source: Source, kind: Kind) -> bool:
        """Kernel settings."""
        settings, problems = sysctl.read(source)
        if not self.take(source, kind, (settings, problems), empty=not settings):
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

    def settle(self) -> None:
        """Where no running table is given, the daemons' services stand for it."""
        if self.parts.services is not None or not self.parts.intended:
            return
        services = standing(self.parts.intended)
        if not services and any(each.gaps for each in self.parts.intended):
            return
        self.parts.services = services
        self.files.setdefault("ipvsadm", self.parts.intended[0].file)
        for each in self.parts.intended:
            self.assumed.append(f"{each.file}: the IPVS table holds what this file says, with all real servers up")
            self.lines(each.file, each.gaps, "further service or real server")

    def settle_role(self) -> Role | None:
        """The role that VRRP gives the host."""
        role, said = role_of(self.parts.vrrp or Vrrp(), self.parts.interfaces)
        if said:
            self.assumed.append(f"{self.files['keepalived']}: {said}")
        return role

    # -- the command line ----------------------------------------------------------------------------------------

    def state_services(self, texts: Sequence[str]) -> None:
        """Services that `--service` states; they stand beside those of the files, and win over the same one there."""
        if not texts:
            return
        source = Source(SERVICE_SOURCE, "\n".join(texts) + "\n")
        stated = [parse_service(text, source.span(number)) for number, text in enumerate(texts, 1)]
        keys = [service.key for service in stated]
        if len(set(keys)) != len(keys):
            raise ValueError("--service states one service twice")
        self.sources[SERVICE_SOURCE] = source
        kept = tuple(service for service in self.parts.services or () if service.key not in keys)
        self.parts.services = (*kept, *stated)
        self.files.setdefault("ipvsadm", SERVICE_SOURCE)


_READERS = {
    "iptables": _Assembly.iptables,
    "ip6tables": _Assembly.iptables,
    "ipvsadm": _Assembly.ipvsadm,
    "ipvsadm-listing": _Assembly.listing,
    "ipvsadm-thresholds": _Assembly.thresholds,
    "sysctl": _Assembly.sysctl,
    "ip-address": _Assembly.addresses,
    "ip-route": _Assembly.routes,
    "ip6-route": _Assembly.routes,
    "ip-rule": _Assembly.routing_rules,
    "ip6-rule": _Assembly.routing_rules,
    "sockets": _Assembly.sockets,
    "uname": _Assembly.uname,
    "keepalived": _Assembly.keepalived,
    "ldirectord": _Assembly.ldirectord,
}


_NOTHING = "nothing here says anything about a host: iptables-save, ipvsadm-save or the like was expected"


def assemble(
    group: Group,
    *,
    language: str | None = None,
    services: Sequence[str] = (),
    role: Role | str | None = None,
    kernel: str | None = None,
) -> HostInput:
    """The host that a group of files and the options of the command line describe; ValueError for a bad option."""
    assembly = _Assembly(group)
    chosen = assembly.choose(language)
    # Thresholds belong to services that have to be there first.
    for source, kind in sorted(chosen, key=lambda item: item[1].name == "ipvsadm-thresholds"):
        assembly.read(source, kind)
    assembly.settle()
    assembly.state_services(services)
    if role is None:
        role = assembly.settle_role()
    known = any(said.endswith("is not read yet") for said in assembly.ignored)
    if not chosen and not known and not services and not assembly.unreadable:
        assembly.unreadable.append(Unreadable(group.name, 1, 1, _NOTHING))
    parts = assembly.parts
    host = Host(
        name=group.name,
        rules=parts.rules,
        services=parts.services,
        interfaces=parts.interfaces,
        routes=parts.routes,
        routing_rules=parts.routing_rules,
        sysctl=parts.sysctl,
        sockets=parts.sockets,
        kernel=kernel or parts.kernel,
        role=None if role is None else Role(role),
        vrrp=parts.vrrp,
    )
    return HostInput(
        host,
        assembly.sources,
        tuple(assembly.problems),
        tuple(assembly.unreadable),
        tuple(assembly.assumed),
        tuple(assembly.ignored),
        assembly.files,
    )


def replace(group: Group, changed: Mapping[str, Source]) -> Group:
    """The group with some of its sources replaced, by name."""
    return dataclasses.replace(group, sources=tuple(changed.get(each.name, each) for each in group.sources))


def _iproute2(source: Source) -> ModuleType:
    """The reader of what `ip -j` or `ip` printed."""
    return ip_json if source.text.lstrip()[:1] in ("", "[", "{") else ip_text


def _language(name: str) -> Kind:
    kind = recognise.LANGUAGES.get(name)
    if kind is None:
        raise ValueError(f"--language {name!r} is not one of {', '.join(recognise.LANGUAGES)}")
    return kind


def _first_word(source: Source) -> tuple[int, int]:
    for number, text in enumerate(source.lines, 1):
        if text.strip():
            return number, len(text) - len(text.lstrip()) + 1
    return 1, 1


def _with_thresholds(
    services: tuple[VirtualService, ...] | None, table: ipvsadm_listing.Thresholds
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
