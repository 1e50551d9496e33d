"""Who reaches something behind or on a host, and what happens to the rest: all clients, in parts that fare alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from lvsconf.kernel.families import Family
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.many import Many
from lvsconf.kernel.replay import inject, start
from lvsconf.kernel.routing import local_fact
from lvsconf.kernel.world import World
from lvsconf.model.fields import DPORT, DST, ICMP, ICMPV6, PORTED, PROTO, PROTOCOLS, SPORT, SRC, TCP, Field
from lvsconf.model.ipvs import Endpoint, FirewallMark, VirtualService
from lvsconf.packets.drawn import Drawn, Written, plain
from lvsconf.packets.natural import CLIENT_PORT, CLIENTS, CLIENTS6, ODD
from lvsconf.packets.packet import PROTO_NAMES, parse
from lvsconf.packets.packet_set import Interval, PacketSet
from lvsconf.packets.space import Space
from lvsconf.packets.witness import witness
from lvsconf.questions.conversation import Play, Talk, conversations
from lvsconf.questions.endings import Ending, Shown, ending_of_packet, ending_of_talk
from lvsconf.questions.scene import Scene, Target
from lvsconf.questions.survey import Survey

Way = TypeVar("Way")
GROUPS = 12
"""So many groups are told apart by the rules that decide."""
FINE, COARSE = 100, 300
"""So many kinds of clients are told apart by the rules that they meet, and so many more by what becomes of them."""
SERVERS = 8
"""So many real servers of a service are each played through; they differ only in their addresses."""
NOT_CLIENTS: Mapping[int, tuple[Interval, ...]] = {
    # No address, loopback, groups and what is reserved; of ODD the link-local addresses may send.
    4: tuple(each for each in ODD[4] if each[0] >> 16 != 0xA9FE),
    6: tuple(each for each in ODD[6] if each[0] >> 118 != 0x3FA),
}


Endings = tuple[Ending, ...]
Walk = Callable[[Kernel, Mapping[Field, Drawn]], tuple[tuple[Endings, ...], Shown]]


@dataclass(frozen=True, slots=True)
class Group:
    """Clients that fare alike: how each conversation that they may have ends, and packets of one that show it.

    `packets` are first packets, by source, source port and in-interface. A conversation with more than one end is one
    of which nobody knows how it ends. `several`: other rules than those that are named decide of some.
    `beyond`: there are too many kinds of them to tell.
    """

    packets: PacketSet
    plays: tuple[Endings, ...]
    shown: Shown
    several: bool = False
    beyond: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether all their conversations get through, or some surely does not; None where they may."""
        known = [{ending.reached for ending in endings} for endings in self.plays]
        if {False} in known:
            return False
        return True if all(each == {True} for each in known) else None

    @property
    def endings(self) -> Endings:
        """All ends, whichever the conversation."""
        return tuple(dict.fromkeys(ending for endings in self.plays for ending in endings))

    @property
    def certain(self) -> bool:
        """Whether it is known of each conversation how it ends."""
        return all(len(endings) == 1 for endings in self.plays)

    def __str__(self) -> str:
        if self.several:
            what = [" or ".join(dict.fromkeys(ending.what for ending in endings)) for endings in self.plays]
            return ("" if self.certain else "may be: ") + ", and ".join(dict.fromkeys(what)) + " (by several rules)"
        plays = [" or ".join(map(str, endings)) for endings in self.plays]
        return ("" if self.certain else "may be: ") + ", and ".join(dict.fromkeys(plays))

    @property
    def keys(self) -> frozenset[frozenset[tuple[bool | None, str]]]:
        """What makes groups of different configurations fare alike."""
        return frozenset(frozenset(ending.key for ending in endings) for endings in self.plays)


class Reaching:
    """One host, asked by packets of one family."""

    def __init__(self, kernel: Kernel, family: Family, space: Space) -> None:
        """`kernel` is for verdicts."""
        self.kernel, self.family, self.space = kernel, family, space
        self.walks = 0
        self._many = Many(kernel, family, space)
        self._coarse = Many(kernel, family, space, coarse=True)

    def everybody(self) -> PacketSet:
        """All first packets of clients: from addresses that clients have, and neither the host nor its networks."""
        strange = self.space.within(SRC, NOT_CLIENTS[self.family.version])
        fib = self.kernel.net(self.family).fib
        own = sorted(fib.local | fib.to_all)
        return self.space.everything - strange - self.space.within(SRC, [(each, each) for each in own])

    def devices(self) -> tuple[str, ...]:
        """Where clients may come in: the interfaces that there are, or those that rules name and another one."""
        fib = self.kernel.net(self.family).fib
        names = tuple(name for name, link in fib.interfaces.items() if name != "lo" and link.up)
        if names:
            return names
        return tuple(dict.fromkeys(("eth0", *(name for name in Survey(self.kernel).interfaces if name != "lo"))))

    def service(self, target: Target) -> VirtualService | None:
        """The service of an address and port; one by mark if it takes an ordinary client's first packet."""
        by_key = {service.key: service for service in self.kernel.services}
        for port in (target.port, 0):
            found = by_key.get(Endpoint(target.proto, target.address, port))
            if found is not None:
                return found
        if not any(isinstance(key, FirewallMark) for key in by_key):
            return None
        client = (CLIENTS if self.family.version == 4 else CLIENTS6)[0]
        numbers = {SRC: int(client), DST: int(target.address), SPORT: CLIENT_PORT, DPORT: target.port}
        packets = (parse(self._first(target.proto, device, numbers)) for device in self.devices())
        worlds = (world for packet in packets for world in inject(start(self.kernel), packet))
        return next((item.service for world in worlds for item in world.connections.values()), None)

    def groups(
        self, target: Target, service: VirtualService | None, device: str, packets: PacketSet
    ) -> Iterator[Group]:
        """All clients of a set that come in by an interface; those beyond what can be told apart last, as unknown."""

        def walk(kernel: Kernel, drawn: Mapping[Field, Drawn]) -> tuple[tuple[Endings, ...], Shown]:
            if service is not None:
                client = self.family.address(plain(drawn[SRC]))
                scene = Scene(service, target, client, device, plain(drawn[SPORT]), drawn, at_home=True)
                return _of_talks(kernel, scene)
            known = {DST: int(target.address), DPORT: target.port}
            return self._of_packet(kernel, target.proto, device, {**known, **drawn})

        yield from self._groups(packets, (SRC, SPORT), device, walk)

    def of_anything(self, proto: int, device: str, packets: PacketSet) -> Iterator[Group]:
        """What becomes of the first packets of connections to wherever, of those in `opening`."""
        fields = (SRC, DST, DPORT) if proto in PORTED else (SRC, DST)
        known = {SPORT: CLIENT_PORT} if proto in PORTED else {}
        yield from self._groups(
            packets,
            fields,
            device,
            lambda kernel, drawn: self._of_packet(kernel, proto, device, {**known, **drawn}),
        )

    def opening(self, proto: int) -> PacketSet:
        """First packets to wherever, of clients that all send from one port and not to it.

        What tells such packets from their answers would be addresses alone, and which of these are different takes
        diagrams of any size to tell.
        """
        mine = self.everybody() & self.space.within(PROTO, [(proto, proto)])
        if proto not in PORTED:
            return mine
        ends = [self.space.within(what, [(CLIENT_PORT, CLIENT_PORT)]) for what in (SPORT, DPORT)]
        return (mine & ends[0]) - ends[1]

    def to_services(self) -> PacketSet:
        """All packets that ask for a service by its address."""
        found = self.space.nothing
        for service in self.kernel.services:
            key = service.key
            if isinstance(key, Endpoint) and key.address.version == self.family.version:
                to = self.space.within(DST, [(int(key.address), int(key.address))])
                found |= to & self.space.within(DPORT, [(key.port, key.port)]) if key.port else to
        return found

    def _groups(self, packets: PacketSet, fields: tuple[Field, ...], device: str, walk: Walk) -> Iterator[Group]:
        here = self.space.by_device([device])
        rest = packets
        # By the rules that decide as far as that goes, then by how packets end in each table.
        for many, limit in ((self._many, FINE), (self._coarse, COARSE)):
            parts = many.parts(
                rest,
                fields,
                lambda some: witness(self.space, some & here),
                partial(walk, many.kernel),
                limit,
            )
            self.walks += len(parts.parts)
            for part in parts.parts:
                yield Group(part.packets & here, *part.found, several=many is self._coarse)
            rest = parts.beyond
            if not rest:
                break
        if rest:
            why = f"beyond {FINE + COARSE} kinds of clients no more are told apart"
            yield Group(rest & here, ((Ending(None, "unknown", why=why),),), Shown(()), beyond=True)

    def _of_packet(
        self, kernel: Kernel, proto: int, device: str, numbers: Mapping[Field, int]
    ) -> tuple[tuple[Endings, ...], Shown]:
        """What becomes of the first packet of a connection."""
        client = self.family.address(plain(numbers[SRC]))
        raw = self._first(proto, device, numbers)
        world = start(kernel)
        world.assumed[local_fact(client)] = 0
        results = [after.results[-1] for after in usual(inject(world, parse(raw)), lambda each: each)]
        endings = tuple(dict.fromkeys(ending_of_packet(result, str(client)) for result in results))
        worst = min(results, key=lambda result: result.fate in ("forwarded", "local"))
        return (endings,), Shown((_plain(raw),), worst)

    def _first(self, proto: int, device: str, numbers: Mapping[Field, int]) -> dict[str, object]:
        """The first packet of a connection, as people write it."""
        name = PROTOCOLS.get(proto, "")
        raw: dict[str, object] = {"in": device, "proto": name if name in PROTO_NAMES else proto}
        raw |= {"src": self.family.text(numbers[SRC]), "dst": self.family.text(numbers[DST])}
        if proto in PORTED:
            raw |= {"sport": numbers[SPORT], "dport": numbers[DPORT]}
        if proto == TCP:
            raw["flags"] = "S"
        if proto in (ICMP, ICMPV6):
            raw["type"] = self.family.echo
        return raw


def _of_talks(kernel: Kernel, scene: Scene) -> tuple[tuple[Endings, ...], Shown]:
    talks: list[Talk] = []
    plays: dict[Play, dict[Ending, None]] = {}
    for play, ways in conversations(kernel, scene, SERVERS):
        likely = usual(ways, lambda talk: talk.world)
        talks += likely
        plays.setdefault(play, {}).update(dict.fromkeys(map(ending_of_talk, likely)))
    found = dict.fromkeys(tuple(endings) for endings in plays.values())
    return tuple(found), _shown(min(talks, key=lambda talk: talk.lost is None))


def usual(ways: Sequence[Way], world_of: Callable[[Way], World]) -> list[Way]:
    """The ways with the fewest settings, of those that nobody knows, at unusual values."""
    least = min(world_of(way).unusual for way in ways)
    return [way for way in ways if world_of(way).unusual == least]


def _shown(talk: Talk) -> Shown:
    last = talk.lost if talk.lost is not None else talk.exchanges[-1]
    sent = talk.exchanges[: talk.exchanges.index(last) + 1]
    return Shown(tuple(_plain(each.packet) for each in sent), last.result)


def _plain(raw: Mapping[str, object]) -> dict[str, object]:
    """A packet to print and to replay."""
    found: dict[str, object] = {}
    for key, value in raw.items():
        if isinstance(value, Drawn):
            value = plain(value)
        found[key] = str.__str__(value) if isinstance(value, Written) else value
    return found


def joined(groups: Iterable[Group]) -> list[Group]:
    """One group for all that end alike: those that get through first, those that surely do not last.

    Where that makes too many, it does not count by which rule they end.
    """
    fine = _joined(groups, lambda group: frozenset(group.plays))
    found = fine if len(fine) <= GROUPS else _joined(fine, lambda group: group.keys)
    return sorted(found, key=lambda group: (True, None, False).index(group.reached))


def _joined(groups: Iterable[Group], key_of: Callable[[Group], object]) -> list[Group]:
    found: dict[object, Group] = {}
    for group in groups:
        key = key_of(group)
        first = found.get(key)
        if first is None:
            found[key] = group
        else:
            several = first.several or set(first.plays) != set(group.plays)
            found[key] = Group(first.packets | group.packets, first.plays, first.shown, several)
    return list(found.values())
