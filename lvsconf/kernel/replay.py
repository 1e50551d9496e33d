"""Replaying a list of packets from empty connection tables: what `trace` prints and what the checks ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lvsconf.kernel import defence, path
from lvsconf.kernel.connections import run_timers
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.skb import skb_of
from lvsconf.kernel.world import PacketResult, World
from lvsconf.packets.drawn import Keyed
from lvsconf.packets.packet import Packet

EXTENSION_HEADERS = frozenset({0, 43, 44, 51, 60})
"""ipv6_ext_hdr: in IPv6 these numbers do not name what a packet carries."""

REPLAY_LIMIT = 64
"""So many worlds are followed from one packet to the next."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Everything that may become of one packet, each way with the conditions it stands under."""

    outcomes: tuple[PacketResult, ...]


def start(kernel: Kernel) -> World:
    """A world with empty tables."""
    if kernel.asking is None:
        return World(kernel)
    return World(
        kernel,
        entries=Keyed(),
        connections=Keyed(),
        responses=Keyed(),
        templates=Keyed(),
        handshakes=Keyed(),
        redirects=Keyed(),
        path_mtus=Keyed(),
    )


def inject(world: World, packet: Packet) -> list[World]:
    """Every way one packet may go from this world on; each world ends with one more result."""
    world.now = packet.at
    return [after for there in defence.drop_entry(world) for after in _arrive(there, packet)]


def _arrive(world: World, packet: Packet) -> list[World]:
    run_timers(world)
    world.trace, world.egress, world.steps, world.expiring = [], [], [], []
    if packet.src.version == 6 and packet.proto in EXTENSION_HEADERS:
        return [_not_modelled(world)]
    world.skbs = [skb_of(packet, packet.device)]
    world.origin = world.skb
    sent = path.send(world) if packet.device is None else path.receive(world)
    done = [after for there in sent for after in path.drain(there)]
    for there in done:
        there.results.append(
            PacketResult(
                fate=None if there.lost else (there.origin.fate if there.origin else None) or "dropped",
                when=tuple(there.when),
                trace=tuple(there.trace),
                egress=_ordered(there),
                steps=tuple(there.steps),
                guesses=there.guesses,
            )
        )
    return done


def _not_modelled(world: World) -> World:
    why = "an IPv6 extension header comes first, which is not modelled: what becomes of the packet is unknown"
    world.results.append(PacketResult(fate=None, when=(*world.when, why)))
    return world


def _ordered(world: World) -> tuple[dict[str, object], ...]:
    """By interface as in ip-address.json, then by time."""
    order = {name: index for index, name in enumerate(world.kernel.fib.interfaces)}
    found = sorted(world.egress, key=lambda item: order.get(item["dev"] or "", len(order)))
    return tuple({key: value for key, value in item.items() if value is not None} for item in found)


def replay(kernel: Kernel, packets: Iterable[Packet]) -> list[World]:
    """All worlds after all packets, each with a result per packet."""
    worlds = [start(kernel)]
    for packet in packets:
        worlds = [after for world in worlds for after in inject(world, packet)]
        if len(worlds) > REPLAY_LIMIT:
            worlds = worlds[:REPLAY_LIMIT]
            why = f"more than {REPLAY_LIMIT} ways to get here: the rest is unknown"
            for world in worlds:
                world.lost = True
                world.when.append(why)
            # What the earlier packets met on the ways that are given up is unknown too.
            last = worlds[-1]
            last.results = [PacketResult(fate=None, when=(why,)) for _ in last.results]
    return worlds


def outcomes(worlds: Sequence[World], count: int) -> list[Outcomes]:
    """The distinct outcomes of each packet over all worlds."""
    found = []
    for index in range(count):
        distinct: list[PacketResult] = []
        for world in worlds:
            result = world.results[index]
            if result not in distinct:
                distinct.append(result)
        found.append(Outcomes(tuple(distinct)))
    return found
