"""Which real server a new connection goes to (net/netfilter/ipvs/ip_vs_<scheduler>.c).

Destinations are walked from the newest to the oldest: ip_vs_add_dest puts each at the head of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

from lvsconf.kernel.hashing import chosen, dh_table, fold, hash_32, mh_bucket, mh_table, sh_bucket, sh_table
from lvsconf.kernel.load import counts
from lvsconf.kernel.world import World
from lvsconf.model.fields import DST, SPORT, SRC
from lvsconf.model.ipvs import Endpoint, ForwardingMethod, RealServer, VirtualService


@dataclass(slots=True)
class Candidate:
    """A destination with its connection counters; `full` is IP_VS_DEST_F_OVERLOAD."""

    server: RealServer
    active: int = 0
    inactive: int = 0
    full: bool = False

    @property
    def usable(self) -> bool:
        """Has weight and room."""
        return self.server.weight > 0 and not self.full


def candidates(world: World, service: VirtualService) -> list[Candidate]:
    """The destinations in the kernel's order with the counters of this moment."""
    return [
        Candidate(server, *counts(world, server), id(server) in world.overloaded)
        for server in reversed(service.servers)
        if _takes(service, server)
    ]


def _takes(service: VirtualService, server: RealServer) -> bool:
    """ip_vs_genl_set_cmd refuses a real server of the other family, but for a tunnel to it."""
    family = service.key.address.version if isinstance(service.key, Endpoint) else service.key.family
    return server.method is ForwardingMethod.TUN or server.address.version == family


def _least(cost: Callable[[Candidate], int], *, weighted: bool) -> Callable[[Sequence[Candidate]], Candidate | None]:
    def pick(servers: Sequence[Candidate]) -> Candidate | None:
        best: Candidate | None = None
        for candidate in servers:
            if not candidate.usable:
                continue
            if best is None:
                best = candidate
            elif weighted:
                if cost(best) * candidate.server.weight > cost(candidate) * best.server.weight:
                    best = candidate
            elif cost(candidate) < cost(best):
                best = candidate
        return best

    return pick


def _overhead(candidate: Candidate) -> int:
    return (candidate.active << 8) + candidate.inactive


def _expected_delay(candidate: Candidate) -> int:
    return candidate.active + 1


_sed = _least(_expected_delay, weighted=True)


def _nq(servers: Sequence[Candidate]) -> Candidate | None:
    idle = next((item for item in servers if item.usable and item.active == 0), None)
    return idle or _sed(servers)


def _failover(servers: Sequence[Candidate]) -> Candidate | None:
    best: Candidate | None = None
    for candidate in servers:
        if candidate.usable and (best is None or candidate.server.weight > best.server.weight):
            best = candidate
    return best


def _overflow(servers: Sequence[Candidate]) -> Candidate | None:
    best: Candidate | None = None
    for candidate in servers:
        room = candidate.usable and candidate.active <= candidate.server.weight
        if room and (best is None or candidate.server.weight > best.server.weight):
            best = candidate
    return best


_weighted = _least(_overhead, weighted=True)

STATELESS: dict[str, Callable[[Sequence[Candidate]], Candidate | None]] = {
    "lc": _least(_overhead, weighted=False),
    "wlc": _weighted,
    "sed": _sed,
    "nq": _nq,
    "fo": _failover,
    "ovf": _overflow,
}


def _round_robin(servers: Sequence[Candidate], state: list[Any]) -> Candidate | None:
    """ip_vs_rr_schedule: go on after the last pick."""
    last = state[0] if state else -1
    order = [(last + 1 + offset) % len(servers) for offset in range(len(servers))]
    for position in order:
        if servers[position].usable:
            state[:] = [position]
            return servers[position]
    return None


def _weighted_round_robin(servers: Sequence[Candidate], state: list[Any]) -> Candidate | None:
    """ip_vs_wrr_schedule: whoever has at least the current weight, which sinks by the gcd at each end of the list."""
    position, current = state or (-1, _current_weight([item.server.weight for item in reversed(servers)]))
    step, top = _interval([item.server.weight for item in servers])
    for _ in range((len(servers) + 1) * (top // step + 2)):
        position += 1
        if position == len(servers):
            position = -1
            current = current - step if current - step > 0 else top
            continue
        candidate = servers[position]
        if candidate.usable and candidate.server.weight >= current:
            state[:] = [position, current]
            return candidate
    return None


def _interval(weights: Sequence[int]) -> tuple[int, int]:
    """The step by which the current weight sinks (di) and where it starts (mw)."""
    step = gcd(*weights) or 1
    return step, max(weights) - (step - 1)


def _current_weight(added: Sequence[int]) -> int:
    """ip_vs_wrr_dest_changed for each real server as it was added: the first weight asked for depends on the order."""
    current = 0
    for count in range(1, len(added) + 1):
        step, top = _interval(added[:count])
        if current > top or not current:
            current = top
        elif step > 1:
            current = current // step * step + 1
    return current


def _source_hash(world: World, service: VirtualService, servers: Sequence[Candidate], _state: list[Any]) -> int | None:
    """ip_vs_sh_schedule."""
    weights = tuple(item.server.weight for item in servers)
    return _hashed(world, service, servers, sh_table(weights), sh_bucket)


def _maglev(world: World, service: VirtualService, servers: Sequence[Candidate], _state: list[Any]) -> int | None:
    """ip_vs_mh_schedule."""
    weights = tuple(item.server.weight for item in servers)
    table = mh_table(tuple((item.server.address, item.server.port) for item in servers), weights)
    return _hashed(world, service, servers, table, mh_bucket) if table is not None else None


def _hashed(
    world: World,
    service: VirtualService,
    servers: Sequence[Candidate],
    table: Sequence[int],
    bucket: Callable[[int, int, int], int],
) -> int | None:
    skb = world.skb
    port = skb.value(SPORT) if f"{service.scheduler}-port" in service.flags else 0
    client = (fold(skb.value(SRC), skb.family.bits), port)
    fallback = f"{service.scheduler}-fallback" in service.flags
    return chosen(table, bucket, client, [item.usable for item in servers], fallback=fallback)


def _target(world: World) -> int:
    """The destination in the packet's header; a quoted packet stands there the other way round."""
    skb = world.skb
    return skb.value(SRC if skb.quoted else DST)


def _destination_hash(
    world: World, _service: VirtualService, servers: Sequence[Candidate], _state: list[Any]
) -> int | None:
    """ip_vs_dh_schedule."""
    place = dh_table(len(servers))[hash_32(fold(_target(world), world.skb.family.bits))]
    return place if servers[place].usable else None


def _is_overloaded(candidate: Candidate, servers: Sequence[Candidate]) -> bool:
    """is_overloaded in ip_vs_lblc.c and ip_vs_lblcr.c: too much to do here, and somebody has time."""
    busy = candidate.active > candidate.server.weight
    return busy and any(item.active * 2 < item.server.weight for item in servers)


def _place(servers: Sequence[Candidate], wanted: Candidate | None) -> int | None:
    return next((place for place, item in enumerate(servers) if item is wanted), None)


def _locality(world: World, _service: VirtualService, servers: Sequence[Candidate], state: list[Any]) -> int | None:
    """ip_vs_lblc_schedule: whoever served a destination before goes on. `state` is the table, in one cell."""
    table: dict[int, int] = dict(state[0]) if state else {}
    target = _target(world)
    place = table.get(target)
    if place is not None and servers[place].server.weight > 0 and not _is_overloaded(servers[place], servers):
        return place
    place = _place(servers, _weighted(servers))
    if place is not None:
        state[:] = [{**table, target: place}]
    return place


LBLCR_EXPIRATION = 24 * 60 * 60
"""sysctl_lblcr_expiration: a set that does not change for so long loses its busiest member."""


def _replicated(world: World, _service: VirtualService, servers: Sequence[Candidate], state: list[Any]) -> int | None:
    """ip_vs_lblcr_schedule: each destination has a set of real servers, the newest first, and the time it changed."""
    table: dict[int, tuple[tuple[int, ...], float]] = dict(state[0]) if state else {}
    target = _target(world)
    members, changed = table.get(target, ((), world.now))
    place = _place(servers, _weighted([servers[member] for member in members]))
    if len(members) > 1 and world.now > changed + LBLCR_EXPIRATION:
        members, changed = _without_busiest(servers, members), world.now
    if place is None or _is_overloaded(servers[place], servers):
        place = _place(servers, _weighted(servers))
        if place is not None and place not in members:
            members, changed = (place, *members), world.now
    if place is not None:
        state[:] = [{**table, target: (members, changed)}]
    return place


def _without_busiest(servers: Sequence[Candidate], members: tuple[int, ...]) -> tuple[int, ...]:
    """ip_vs_dest_set_max, and its removal."""
    most: int | None = None
    for member in members:
        item = servers[member]
        if item.server.weight <= 0:
            continue
        if most is None or (
            _overhead(servers[most]) * item.server.weight < _overhead(item) * servers[most].server.weight
        ):
            most = member
    return tuple(member for member in members if member != most)


BY_PACKET: dict[str, Callable[[World, VirtualService, Sequence[Candidate], list[Any]], int | None]] = {
    "sh": _source_hash,
    "dh": _destination_hash,
    "mh": _maglev,
    "lblc": _locality,
    "lblcr": _replicated,
}
"""Schedulers that look at the packet; they answer with the place of a real server."""


STATEFUL: dict[str, Callable[[Sequence[Candidate], list[Any]], Candidate | None]] = {
    "rr": _round_robin,
    "wrr": _weighted_round_robin,
}


def pick(world: World, index: int, service: VirtualService) -> list[tuple[RealServer | None, World]]:
    """The real server of each branch: one where the scheduler can be predicted, else one branch per candidate.

    A verdict holds for clients of all addresses, so where the packet decides it is asked about every candidate.
    """
    servers = candidates(world, service)
    # ip_vs_schedule: a service without a scheduler finds no real server.
    if service.scheduler == "none" or not any(item.usable for item in servers):
        return [(None, world)]
    if service.scheduler in STATEFUL:
        found = STATEFUL[service.scheduler](servers, world.schedulers.setdefault(index, []))
    elif service.scheduler in STATELESS:
        found = STATELESS[service.scheduler](servers)
    elif service.scheduler in BY_PACKET and not world.kernel.merges:
        state = world.schedulers.setdefault(index, [])
        place = BY_PACKET[service.scheduler](world, service, servers, state)
        return [(servers[place].server if place is not None else None, world)]
    else:
        usable = [item.server for item in servers if item.usable]
        worlds = [world, *(world.fork() for _ in usable[1:])]
        if len(usable) > 1:
            for server, there in zip(usable, worlds, strict=True):
                there.when.append(f"{service.scheduler} picks {server.address}")
        return list(zip(usable, worlds, strict=True))
    return [(found.server if found else None, world)]
