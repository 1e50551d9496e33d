"""The host that a group of files describes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lvsconf.daemons import parts_of, role_of, standing
from lvsconf.findings import Problem, Unreadable
from lvsconf.gathering import ARCHIVES, Group, gather, places
from lvsconf.languages import recognise, sysctl, uname
from lvsconf.languages.coherence import check
from lvsconf.languages.ipset.uses import check_uses
from lvsconf.languages.recognise import Kind
from lvsconf.languages.service_option import parse_service
from lvsconf.model.host import Host, Role
from lvsconf.model.statements import Statement
from lvsconf.model.vrrp import Vrrp
from lvsconf.parts import PartReader
from lvsconf.source import Source

__all__ = ["SERVICE_SOURCE", "Group", "HostInput", "assemble", "gather", "replace"]

SERVICE_SOURCE = "--service"
"""The name under which the services of the command line can be pointed at."""


@dataclass(frozen=True, slots=True)
class HostInput:
    """A host, the texts it comes from, and what could not be understood of them.

    `files` says which file each part comes from: iptables, ip6tables, ipvsadm, ipvsadm-thresholds, ipvsadm-timeout,
    ipvsadm-daemon, ipset, sysctl, ip-address, ip-route, ip6-route, ip-rule, ip6-rule, sockets, uname, modules,
    keepalived, ldirectord, statements. A part that is not there is unknown; ipvsadm is the daemon's configuration where
    that is all that tells the services. `elsewhere` are the statements about other hosts.
    """

    host: Host
    sources: Mapping[str, Source]
    problems: tuple[Problem, ...]
    unreadable: tuple[Unreadable, ...]
    assumed: tuple[str, ...]
    ignored: tuple[str, ...]
    files: Mapping[str, str]
    elsewhere: tuple[Statement, ...] = ()


class _Assembly(PartReader):
    def __init__(self, group: Group) -> None:
        super().__init__({source.name: source for source in group.sources})
        self.group = group
        self.ignored = list(group.ignored)
        self.recognised = False

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
                self.recognised = True
                self.ignored.append(f"{source.name}: {kind.aside or f'{kind.name} is not read yet'}")
            else:
                self._offer(chosen, source, kind)
        self._given(chosen)
        return [(source, kind) for _, source, kind in chosen.values()]

    def _nobody(self, source: Source) -> None:
        if source.name in self.group.named and source.text.strip():
            message = "no input that is known looks like this; --language says what a file is"
            self.unreadable.append(Unreadable(source.name, *_first_word(source), message))
        else:
            self.ignored.append(f"{source.name}: not recognised")

    def _given(self, chosen: dict[str, tuple[int, Source, Kind]]) -> None:
        """The statements that come from elsewhere, where the host has none of its own."""
        given, kind = self.group.statements, recognise.STATEMENTS
        if given is not None and chosen.setdefault(kind.name, (0, given, kind))[1] is given:
            self.sources[given.name] = given

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

    # -- the whole -----------------------------------------------------------------------------------------------

    def judge(self, kernel: str | None) -> None:
        """What only the kernel's release can tell."""
        if kernel is not None and self.parts.sysctl is not None:
            self.problems += sysctl.foreign(self.parts.sysctl, kernel)

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
            self.gaps(((span.file, span.line) for span in each.gaps), "further service or real server")

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
    if kernel is not None and not uname.is_release(kernel):
        raise ValueError(f"--kernel takes a kernel release such as 6.1 or 2.6.32, not `{kernel}`")
    assembly = _Assembly(group)
    chosen = assembly.choose(language)
    # What ipvsadm-save leaves out belongs to services that have to be there first.
    for source, kind in sorted(chosen, key=lambda item: item[1].name.startswith("ipvsadm-")):
        assembly.read(source, kind)
    if assembly.parts.sets is not None:
        for ruleset in assembly.parts.rules.values():
            assembly.problems.extend(check_uses(ruleset, assembly.parts.sets, assembly.sources))
    assembly.settle()
    assembly.state_services(services)
    if role is None:
        role = assembly.settle_role()
    assembly.judge(kernel or assembly.parts.kernel)
    said = language is not None or assembly.recognised or services or assembly.unreadable
    if not said and all(kind is recognise.STATEMENTS for _, kind in chosen):
        assembly.unreadable.append(Unreadable(group.name, 1, 1, _NOTHING))
    parts = assembly.parts
    here = tuple(each for each in parts.statements if each.host is None or _is_called(group, each.host))
    host = Host(
        name=group.name,
        rules=parts.rules,
        services=parts.services,
        interfaces=parts.interfaces,
        routes=parts.routes,
        routing_rules=parts.routing_rules,
        sets=parts.sets,
        sysctl=parts.sysctl,
        sockets=parts.sockets,
        kernel=kernel or parts.kernel,
        role=None if role is None else Role(role),
        timeouts=parts.timeouts,
        daemons=parts.daemons,
        modules=parts.modules,
        vrrp=parts.vrrp,
        statements=here,
    )
    assembly.problems.extend(check(host))
    return HostInput(
        host,
        assembly.sources,
        tuple(assembly.problems),
        tuple(assembly.unreadable),
        tuple(assembly.assumed),
        tuple(assembly.ignored),
        assembly.files,
        tuple(each for each in parts.statements if each not in here),
    )


def _is_called(group: Group, name: str) -> bool:
    """Whether a host has this name: the last of its directory's, or more of them, as in site1/director1."""
    endings = [f"/{name}", *(f"/{name}{ending}" for ending in ARCHIVES)]
    return any(str(place).endswith(tuple(endings)) for place in places(group))


def replace(group: Group, changed: Mapping[str, Source]) -> Group:
    """The group with some of its sources replaced, by name."""
    return dataclasses.replace(group, sources=tuple(changed.get(each.name, each) for each in group.sources))


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
