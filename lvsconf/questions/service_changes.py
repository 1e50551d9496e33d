"""Which clients, of services and of anything else, fare otherwise under a new configuration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsconf.kernel.families import Family
from lvsconf.kernel.host import Kernel
from lvsconf.model.fields import DST, SRC, TCP, UDP
from lvsconf.model.ipvs import Endpoint, FirewallMark, VirtualService
from lvsconf.packets.packet_set import PacketSet
from lvsconf.packets.space import Space
from lvsconf.questions.facts import alike
from lvsconf.questions.reaching import Group, Reaching
from lvsconf.questions.scene import Target, targets
from lvsconf.questions.survey import Survey

Key = Endpoint | FirewallMark
WALKS = 20_000
"""So many times clients may walk, which takes a minute or two."""
ANY_PORT = 80
"""What clients ask for where a service takes every port."""


@dataclass(frozen=True, slots=True)
class GroupChange:
    """First packets of clients: how they fared, how they fare, among whom. `service` is None where it is none's."""

    service: str | None
    place: str
    before: Group
    after: Group
    within: PacketSet


class ServiceChanges:
    """Two hosts, and packets of one family."""

    def __init__(self, old: Kernel, new: Kernel, family: Family, space: Space) -> None:
        self.family, self.space = family, space
        self.old, self.new = (Reaching(kernel, family, space) for kernel in (old, new))
        self._surveys = Survey(old), Survey(new)

    def changes(self, touched: Sequence[PacketSet] | None, notes: list[str]) -> Iterator[GroupChange]:
        """Those of services. `touched`: what chains make otherwise of these packets is all that is different, besides
        the services themselves; None: more is. What could not be compared is added to `notes`.
        """
        before, after = (_services(each.kernel, self.family) for each in (self.old, self.new))
        pairs = [(key, before.get(key), after.get(key)) for key in dict.fromkeys((*before, *after))]
        concerned = [
            (key, one, other)
            for key, one, other in pairs
            if touched is None or not alike(one, other) or self._concerned(one or other, touched)
        ]
        for done, (key, one, other) in enumerate(concerned):
            if self.old.walks + self.new.walks > WALKS:
                notes.append(f"{len(concerned) - done} services: after {WALKS} walks no more are compared")
                break
            for target in self._targets(key, one, other):
                try:
                    yield from list(self._of(target, one, other, notes))
                except MemoryError:
                    notes.append(f"{(one or other or _NOBODY).name}: the sets of its clients grow too large")

    def _of(
        self, target: Target, one: VirtualService | None, other: VirtualService | None, notes: list[str]
    ) -> Iterator[GroupChange]:
        everybody = self.old.everybody() & self.new.everybody()
        devices = dict.fromkeys((*self.old.devices(), *self.new.devices()))
        within = everybody & self.space.by_device(devices)
        name = (one or other or _NOBODY).name
        for device in devices:
            beyond = False
            for was in self.old.groups(target, one, device, everybody):
                for now in self.new.groups(target, other, device, was.packets):
                    beyond |= was.beyond or now.beyond
                    if was.keys != now.keys:
                        yield GroupChange(name, name, was, now, within)
            if beyond:
                notes.append(f"{name} by {device}: more kinds of clients than can be told apart")

    def besides(self, notes: list[str]) -> Iterator[GroupChange]:
        """First packets of connections that are no service's; what could not be compared is added to `notes`."""
        services = self.old.to_services() | self.new.to_services()
        devices = dict.fromkeys((*self.old.devices(), *self.new.devices()))
        for name, proto in (("tcp", TCP), ("udp", UDP), ("icmp", self.family.icmp)):
            mine = (self.old.opening(proto) & self.new.opening(proto)) - services
            within = mine & self.space.by_device(devices)
            for device in devices:
                try:
                    yield from list(self._first_packets(proto, device, mine, within))
                except _TooManyError:
                    notes.append(f"{name} by {device}: more kinds of packets than can be told apart")
                except MemoryError:
                    notes.append(f"{name} by {device}: the sets of packets grow too large")

    def _first_packets(self, proto: int, device: str, mine: PacketSet, within: PacketSet) -> Iterator[GroupChange]:
        for was in self.old.of_anything(proto, device, mine):
            for now in self.new.of_anything(proto, device, was.packets):
                if was.beyond or now.beyond:
                    raise _TooManyError
                if was.keys != now.keys:
                    yield GroupChange(None, "connections to anything else", was, now, within)

    def _targets(self, key: Key, one: VirtualService | None, other: VirtualService | None) -> tuple[Target, ...]:
        if isinstance(key, Endpoint):
            return (Target(key.proto, key.address, key.port or ANY_PORT),)
        found: dict[Target, None] = {}
        for survey, service in zip(self._surveys, (one, other), strict=True):
            if service is not None:
                found |= dict.fromkeys(targets(survey, service))
        return tuple(found)

    def _concerned(self, service: VirtualService | None, touched: Sequence[PacketSet]) -> bool:
        """Whether some of the packets may be of a conversation with the service."""
        if service is None or isinstance(service.key, FirewallMark):
            return bool(touched)
        ends = {int(service.key.address), *(int(server.address) for server in service.servers)}
        spans = [(end, end) for end in sorted(ends)]
        mine = self.space.within(DST, spans) | self.space.within(SRC, spans)
        return any(mine & packets for packets in touched)


class _TooManyError(Exception):
    """More kinds of packets than can be told apart."""


_NOBODY = VirtualService(FirewallMark(0))


def _services(kernel: Kernel, family: Family) -> dict[Key, VirtualService]:
    return {
        service.key: service
        for service in kernel.services
        if (service.key.address.version if isinstance(service.key, Endpoint) else service.key.family) == family.version
    }
