"""Who talks to a service: clients that its rules let in, the interface they come by, the address they ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from itertools import islice

from lvsconf.kernel.host import Kernel
from lvsconf.kernel.skb import EMPTY
from lvsconf.model.effects import Assign
from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    IIF,
    MARK,
    PROTO,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    UDP,
    CtState,
    Field,
    TcpFlags,
    interface,
)
from lvsconf.model.ipvs import Address, Endpoint, FirewallMark, VirtualService
from lvsconf.packets.drawn import Drawn, Written
from lvsconf.packets.natural import CLIENT_PORT, CLIENTS, NOT_CLIENTS
from lvsconf.packets.solve import solve
from lvsconf.questions.survey import Numbered, Survey

SCENES = 24
"""So many clients are tried with each thing that may be asked for."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a client asks for."""

    proto: int
    address: Address
    port: int


@dataclass(frozen=True, slots=True)
class Scene:
    """One client, where it comes in, what it asks for. `drawn`: what of it stands for many clients.

    `at_home`: where nobody says so, what is asked for is taken for an address of the host.
    """

    service: VirtualService
    target: Target
    client: Address
    device: str
    port: int = CLIENT_PORT
    drawn: Mapping[Field, Drawn] = field(default_factory=dict, compare=False)
    at_home: bool = False

    @property
    def source(self) -> str:
        """The client's address in words."""
        number = self.drawn.get(SRC)
        return str(self.client) if number is None else Written(str(self.client), number)

    @property
    def number(self) -> int:
        """The client's address as a field has it."""
        return self.drawn.get(SRC, int(self.client))

    @property
    def sport(self) -> int:
        """The client's port as a field has it."""
        return self.drawn.get(SPORT, self.port)


def targets(survey: Survey, service: VirtualService) -> tuple[Target, ...]:
    """What clients of a service ask for; for a mark, whatever a rule marks so."""
    key = service.key
    if isinstance(key, Endpoint):
        if not isinstance(key.address, IPv4Address) or key.proto not in (TCP, UDP):
            return ()
        return (Target(key.proto, key.address, key.port or 80),)
    return tuple(_marked(survey, key))


def marking_rules(survey: Survey, mark: int) -> tuple[Numbered, ...]:
    """The rules that give a packet without a mark this mark."""
    return survey.once("marking rules", lambda: _by_mark(survey)).get(mark, ())


def _by_mark(survey: Survey) -> dict[int, tuple[Numbered, ...]]:
    found: dict[int, list[Numbered]] = {}
    for numbered in survey.rules():
        marks = (item.value for item in numbered[3].effects if isinstance(item, Assign) and item.field is MARK)
        for mark in dict.fromkeys(marks):
            found.setdefault(mark, []).append(numbered)
    return {mark: tuple(rules) for mark, rules in found.items()}


def _marked(survey: Survey, key: FirewallMark) -> Iterator[Target]:
    if key.family != 4:
        return
    seen = set()
    for _, _, _, rule in marking_rules(survey, key.mark):
        base = {**EMPTY, SRC: int(CLIENTS[0]), PROTO: TCP, SPORT: CLIENT_PORT, DPORT: 80, TCP_FLAGS: int(TcpFlags.SYN)}
        base |= {CT_STATE: int(CtState.NEW), IIF: interface("eth0"), DST: _some_address(survey.kernel)}
        found = solve(rule.pred, base)
        if found is None or found[PROTO] not in (TCP, UDP):
            continue
        target = Target(found[PROTO] or 0, IPv4Address((found[DST] or 0) & 0xFFFFFFFF), found[DPORT] or 0)
        if target not in seen:
            seen.add(target)
            yield target


def _some_address(kernel: Kernel) -> int:
    """A global address of the host for rules that name none."""
    for item in kernel.fib.interfaces.values():
        for address in item.addresses:
            if isinstance(address.ip, IPv4Address) and not address.ip.is_loopback:
                return int(address.ip)
    return int(IPv4Address("192.0.2.100"))


def scenes(survey: Survey, service: VirtualService) -> Iterator[Scene]:
    """Clients worth trying, most natural first: strangers, then those that rules name."""
    clients = survey.once("clients", lambda: tuple(islice(_clients(survey), SCENES)))
    for target in targets(survey, service):
        for client, device in clients:
            yield Scene(service, target, client, device)


def _clients(survey: Survey) -> Iterator[tuple[IPv4Address, str]]:
    """Clients, and the interfaces that they may come in by."""
    local = survey.kernel.fib.local
    strangers = tuple(int(client) for client in CLIENTS)
    for address in dict.fromkeys((*strangers, *survey.sources)):
        if address not in local and _plausible(address):
            client = IPv4Address(address)
            yield from ((client, device) for device in devices(survey, client))


def _plausible(address: int) -> bool:
    return address < 1 << 32 and not any(IPv4Address(address) in network for network in NOT_CLIENTS)


def devices(survey: Survey, client: IPv4Address) -> tuple[str, ...]:
    """Where packets of a client come in: its way back where routes are known, else any interface that rules name."""
    fib = survey.kernel.fib
    if not fib.known:
        return tuple(dict.fromkeys(("eth0", *(name for name in survey.interfaces if name != "lo"))))
    route = fib.constant(int(client))
    if route is not None and route.kind == "unicast" and route.device:
        return (route.device,)
    if fib.complete:
        return ()
    return tuple(name for name in fib.interfaces if name != "lo")[:1]
