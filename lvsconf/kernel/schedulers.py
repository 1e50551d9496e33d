"""Which real server a new connection goes to (net/netfilter/ipvs/ip_vs_<scheduler>.c).

Destinations are walked from the newest to the oldest: ip_vs_add_dest puts each at the head of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

from lvsconf.kernel.load import counts
from lvsconf.kernel.world import World
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


STATELESS: dict[str, Callable[[Sequence[Candidate]], Candidate | None]] = {
    "lc": _least(_overhead, weighted=False),
    "wlc": _least(_overhead, weighted=True),
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


STATEFUL: dict[str, Callable[[Sequence[Candidate], list[Any]], Candidate | None]] = {
    "rr": _round_robin,
    "wrr": _weighted_round_robin,
}


def pick(world: World, index: int, service: VirtualService) -> list[tuple[RealServer | None, World]]:
    """The real server of each branch: one where the scheduler can be predicted, else one branch per candidate."""
    servers = candidates(world, service)
    # ip_vs_schedule: a service without a scheduler finds no real server.
    if service.scheduler == "none" or not any(item.usable for item in servers):
        return [(None, world)]
    if service.scheduler in STATEFUL:
        chosen = STATEFUL[service.scheduler](servers, world.schedulers.setdefault(index, []))
    elif service.scheduler in STATELESS:
        chosen = STATELESS[service.scheduler](servers)
    else:
        usable = [item.server for item in servers if item.usable]
        worlds = [world, *(world.fork() for _ in usable[1:])]
        if len(usable) > 1:
            for server, there in zip(usable, worlds, strict=True):
                there.when.append(f"{service.scheduler} picks {server.address}")
        return list(zip(usable, worlds, strict=True))
    return [(chosen.server if chosen else None, world)]
