"""Questions about sets of packets: who reaches this service, and what does a chain do with those packets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsconf.kernel.ends import End, Ends, Place, unsure
from lvsconf.kernel.families import FAMILIES, Family
from lvsconf.kernel.host import Kernel
from lvsconf.model.fields import CT_STATE, DPORT, DST, PORTED, PROTO, SPORT, SRC, CtState
from lvsconf.model.ipvs import Address
from lvsconf.packets.occurring import occurring
from lvsconf.packets.packet_set import Interval, PacketSet
from lvsconf.packets.space import Space
from lvsconf.packets.witness import witness
from lvsconf.questions.arriving import arriving
from lvsconf.questions.differences import end_words, place_words, shown_packet
from lvsconf.questions.endings import Ending, Shown
from lvsconf.questions.reaching import GROUPS, Group, Reaching, joined
from lvsconf.questions.scene import Target

OR_NOT = Ending(None, "or not, which is unknown")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for. An address, port or protocol that is None is any; no sources, ports or devices: all."""

    family: int
    proto: int | None = None
    address: Address | None = None
    port: int | None = None
    sources: tuple[Interval, ...] = ()
    source_ports: tuple[Interval, ...] = ()
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Groups of packets that fare alike, in a space; `within` are all that were asked about."""

    space: Space
    within: PacketSet
    groups: tuple[Group, ...]


def who_reaches(kernel: Kernel, asked: Asked) -> Answer:
    """Whose connections to an address get through. MemoryError: the sets grow too large."""
    family = FAMILIES[asked.family]
    if asked.proto is None or asked.address is None:
        raise ValueError("a protocol and an address are needed")
    space = Space(asked.family)
    reaching = Reaching(kernel, family, space)
    clients = reaching.everybody()
    if asked.sources:
        clients &= space.within(SRC, asked.sources)
    if asked.source_ports:
        clients &= space.within(SPORT, asked.source_ports)
    target = Target(asked.proto, asked.address, asked.port or 0)
    service = reaching.service(target)
    devices = asked.devices or reaching.devices()
    found = [group for device in devices for group in reaching.groups(target, service, device, clients)]
    within = clients & space.by_device(devices)
    return Answer(space, within, tuple(joined(found)))


def through_chain(kernel: Kernel, asked: Asked, table: str, chain: str, states: Sequence[CtState] = ()) -> Answer:
    """What a built-in chain does with packets, by the rule that decides. MemoryError: the sets grow too large."""
    family, space = FAMILIES[asked.family], Space(asked.family)
    packets = arriving(space, table, chain) & occurring(space) & _asked_for(space, asked)
    if states:
        packets &= space.within(CT_STATE, [(int(state), int(state)) for state in states])
    done = Ends(space, kernel.net(family).tables[table]).run(chain, packets)
    groups = _decided(kernel, family, space, table, done)
    return Answer(space, packets, tuple(joined(groups)))


def _decided(kernel: Kernel, family: Family, space: Space, table: str, done: Ends) -> Iterator[Group]:
    """By the rule that decides, or by the end alone where these are many."""
    ends = done.ends()
    several = unsure(space, ends)
    places: dict[End, list[Place]] = {}
    for place, end in done.decided:
        places.setdefault(end, []).append(place)
    many = len(done.decided) > GROUPS
    for end, packets in ends.items():
        by_place = [(places[end][0], packets)] if many else [(each, done.decided[each, end]) for each in places[end]]
        for place, mine in by_place:
            by = place_words(kernel.host, family, table, place)
            ending = Ending(end.passes, f"is {end_words(end, family)}", by)
            for some, endings in ((mine - several, (ending,)), (mine & several, (ending, OR_NOT))):
                if some:
                    shown = Shown((shown_packet(family, witness(space, some))["packets"][0],))
                    yield Group(some, (endings,), shown, several=many and len(places[end]) > 1)


def _asked_for(space: Space, asked: Asked) -> PacketSet:
    found = space.everything
    named = ((PROTO, asked.proto), (DST, None if asked.address is None else int(asked.address)), (DPORT, asked.port))
    for what, value in named:
        if value is not None and (what is not DPORT or asked.proto in PORTED):
            found &= space.within(what, [(value, value)])
    if asked.sources:
        found &= space.within(SRC, asked.sources)
    return found & space.by_device(asked.devices) if asked.devices else found
