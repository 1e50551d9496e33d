"""What the configuration of keepalived or ldirectord tells of a host whose running state is not given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lvsconf.languages.keepalived import includes
from lvsconf.languages.recognise import BY_NAME
from lvsconf.model.host import Interface, Role
from lvsconf.model.ipvs import VirtualService
from lvsconf.model.vrrp import Vrrp
from lvsconf.source import Source, Span


@dataclass(frozen=True, slots=True)
class Intended:
    """The services of one daemon's configuration, and the places where more of them may be."""

    file: str
    services: tuple[VirtualService, ...]
    gaps: tuple[Span, ...]


def standing(intended: Iterable[Intended]) -> tuple[VirtualService, ...]:
    """The IPVS table while every real server is up; of two daemons with one service the first has it."""
    found: dict[object, VirtualService] = {}
    for each in intended:
        for service in each.services:
            found.setdefault(service.key, service)
    return tuple(found.values())


def parts_of(sources: Sequence[Source], group: Sequence[Source]) -> set[str]:
    """The files of a group that keepalived's configurations include: parts of those, and nothing of their own."""
    by_name = {source.name: source for source in group}
    found: set[str] = set()
    todo = list(sources)
    while todo:
        source = todo.pop()
        for pattern in includes.patterns(source.text):
            for name in includes.matching(pattern, source.name, by_name):
                if name not in found and name != source.name and name.rpartition("/")[2] not in BY_NAME:
                    found.add(name)
                    todo.append(by_name[name])
    return found


def role_of(vrrp: Vrrp, interfaces: Sequence[Interface] | None) -> tuple[Role | None, str]:
    """What VRRP says of the host's role, and what is assumed with that, in words (nothing without an instance).

    An initial state is no proof: the election decides. A standby is one that has no VIP now and begins as BACKUP.
    """
    if not vrrp.instances:
        return None, ""
    master = next((instance for instance in vrrp.instances if instance.master), None)
    if master is not None:
        said = f"this host is the active director, since `{master.name}` begins as MASTER (--role says what it is)"
        return None, said
    mine = {address.ip for item in interfaces or () for address in item.addresses}
    virtual = {address.address.ip for instance in vrrp.instances for address in instance.addresses}
    if interfaces is not None and virtual and not virtual & mine:
        said = "this host is a standby: it begins as BACKUP and has none of its VIPs (--role master says otherwise)"
        return Role.BACKUP, said
    return None, "this host becomes the active director, though it begins as BACKUP (--role backup says otherwise)"
