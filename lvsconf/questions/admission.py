"""Whether any client may be let in to a service: a proof that none is, or clients to try and what stays open.

Where the walk of all first packets lets none pass, no client gets in. Otherwise it tells which clients are worth a
scene; what they leave open, such as a rule about the hour or a client with an odd source port, is told in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from ipaddress import IPv4Address, IPv4Interface

from lvsconf.model.fields import CT_STATE, DPORT, DST, IIF, MARK, PROTO, SPORT, SRC, Field, interface_name
from lvsconf.model.ipvs import Endpoint, VirtualService
from lvsconf.model.netfilter import Use
from lvsconf.model.preds import And, Masked, Not, Opaque, Or, Pred, Query, Within
from lvsconf.packets.many import Grid, Interval
from lvsconf.packets.natural import CLIENT_PORT, CLIENTS
from lvsconf.packets.words import words
from lvsconf.questions.clients import PRIVILEGED, any_client, client_grid, may_be_marked
from lvsconf.questions.passage import Gate, Passage, Sets
from lvsconf.questions.scene import Scene, Target, devices
from lvsconf.questions.survey import Survey

GATE_LIMIT = 16
"""So many gates are each tried with a client."""
SOURCE_LIMIT = 16
"""So many sources of a gate are looked at for one whose way back is the interface it would come in by."""
TOLD = 3
"""So many gates are told one by one."""
USUAL = ((SPORT, CLIENT_PORT), (DPORT, 80), (DPORT, 443))
"""The ports to prefer."""


class Admission:
    """The gates that may let clients of a service in. None: nobody gets in, whatever the input leaves open."""

    def __init__(self, survey: Survey, service: VirtualService) -> None:
        self._survey, self._service = survey, service
        self._fib = survey.kernel.fib
        self._packets = 0
        self.gates: tuple[Gate, ...] = ()
        # Most closed firewalls have no rule at all for the service, which shows without telling clients apart.
        if may_be_marked(survey, service) and self._wanted(Passage(survey, any_client(survey, service)).arriving()):
            passage = Passage(survey, self._grid)
            self._packets = self._wanted(passage.arriving())
            self.gates = tuple(gate for gate in passage.gates if gate.packets & self._packets)

    @cached_property
    def _grid(self) -> Grid:
        return client_grid(self._survey, self._service)

    def _wanted(self, sets: Sets) -> int:
        """The packets that come to IPVS with the service's mark, if it has one."""
        key = self._service.key
        found = 0
        for (mark, _), packets in sets.items():
            if isinstance(key, Endpoint) or mark in (None, key.mark):
                found |= packets
        return found

    def suggestions(self) -> Iterator[Scene]:
        """A client for each gate, as natural as the gate allows."""
        for gate in self.gates[:GATE_LIMIT]:
            scene = self._scene(gate)
            if scene is not None and not self._trusted(gate, scene):
                yield scene

    @cached_property
    def untried(self) -> tuple[str, ...]:
        """What must not be so for the service to be closed, in words; nothing if it is closed for certain."""
        said = [self._said(gate) for gate in self.gates[:TOLD]]
        if len(self.gates) > TOLD:
            more = len(self.gates) - TOLD
            said.append(f"{more} more rule{'s' if more > 1 else ''} of that kind let{'s' * (more == 1)} no client in")
        return tuple(dict.fromkeys((*said, *self._translations())))

    def _trusted(self, gate: Gate, scene: Scene) -> bool:
        """Whether the gate is for everybody behind an interface by which strangers do not come in.

        Such a rule is about the hosts there; it says nothing of whom the service is for.
        """
        return not gate.named and self._fib.known and scene.device not in self._outside

    @cached_property
    def _outside(self) -> frozenset[str]:
        """The interfaces by which strangers come in."""
        return frozenset(device for client in CLIENTS for device in devices(self._survey, client))

    def _said(self, gate: Gate) -> str:
        packets = gate.packets & self._packets
        unknown = dict.fromkeys(said for rule in gate.path for said in self._not_tried(rule.pred))
        scene = self._scene(gate)
        if unknown:
            return f"{gate.place} lets no client in (not tried: {', '.join(unknown)})"
        if scene is not None:
            if self._trusted(gate, scene):
                return f"no client of the service comes in by {scene.device} ({gate.place})"
            return f"{gate.place} lets no client in (not every client was tried)"
        if not self._common(packets):
            return f"no client has a source port below 1024 ({gate.place})"
        piece = self._grid.some(self._common(packets))
        where = f"{_address(piece[SRC])} by {interface_name(piece[IIF][0])}"
        return f"no client comes in by another interface than its way back ({gate.place}, {where})"

    def _not_tried(self, pred: Pred) -> Iterator[str]:
        """What a Pred asks for that the grid does not tell apart."""
        lower, upper = self._grid.bounds(pred, {MARK: None, CT_STATE: None})
        if lower == upper:
            return
        match pred:
            case Opaque(reason, _):
                yield reason
            case Query():
                yield words(pred)
            case Not(inner):
                yield from self._not_tried(inner)
            case And(preds) | Or(preds):
                for item in preds:
                    yield from self._not_tried(item)
            case Masked(what) | Within(what):
                if what not in (MARK, CT_STATE):
                    yield words(pred)

    def _translations(self) -> tuple[str, ...]:
        """Rules that may send packets for other addresses here, past what stops the service's own."""
        rules = self._survey.once("translations", lambda: tuple(_translating(self._survey)))
        found = [place for place, to in rules if self._may_lead_here(to)]
        if not found or self.gates:
            return ()
        if not self._wanted(self._translated()):
            return ()
        return (f"no client's packet is translated to the service's address ({', '.join(found[:TOLD])})",)

    def _translated(self) -> Sets:
        """What may come to IPVS of packets that were for others; with a mark it is the same for all services."""
        if isinstance(self._service.key, Endpoint):
            return Passage(self._survey, self._grid).translated()

        def marked() -> Sets:
            return Passage(self._survey, client_grid(self._survey, self._service, marked=False)).translated()

        return self._survey.once("translated to marks", marked)

    def _may_lead_here(self, to: Interval | None) -> bool:
        """Whether a translation may end at the service's address; REDIRECT and NETMAP are not looked into."""
        key = self._service.key
        return to is None or not isinstance(key, Endpoint) or to[0] <= int(key.address) <= to[1]

    def _common(self, packets: int) -> int:
        """The packets with a source port that clients choose by themselves."""
        for low, high in PRIVILEGED.intervals:
            packets &= ~self._grid.having(SPORT, low, high)
        return packets

    def _scene(self, gate: Gate) -> Scene | None:
        """A client that the gate may let in, and that comes in by the interface that leads back to it."""
        packets = self._common(gate.packets & self._packets)
        for client in (*CLIENTS, *self._neighbours):
            found = self._from(packets & self._grid.having(SRC, int(client)), client)
            if found is not None:
                return found
        for _ in range(SOURCE_LIMIT):
            if not packets:
                break
            low, high = self._grid.some(packets)[SRC]
            client = _address((low, high))
            those = packets & self._grid.having(SRC, low, high)
            found = self._from(those, client)
            if found is not None:
                return found
            packets &= ~those
        return None

    def _from(self, packets: int, client: IPv4Address) -> Scene | None:
        """The client's scene, among packets from its piece of the sources."""
        if not packets:
            return None
        named = devices(self._survey, client)
        for low, high in self._grid.axes[IIF].pieces:
            device = interface_name(low)
            those = packets & self._grid.having(IIF, low)
            if not those or (self._fib.known and low == high and device not in named):
                continue
            for what, value in USUAL:
                if what in self._grid.axes:
                    those = those & self._grid.having(what, value) or those
            return self._filled(self._grid.some(those), client, device if low == high else named[0])
        return None

    def _filled(self, pieces: dict[Field, Interval], client: IPv4Address, device: str) -> Scene:
        key = self._service.key
        chosen = {what: _usual(what, piece) for what, piece in pieces.items()}
        if isinstance(key, Endpoint):
            target = Target(key.proto, IPv4Address(int(key.address)), chosen.get(DPORT, key.port))
        else:
            target = Target(chosen[PROTO], IPv4Address(chosen[DST]), chosen[DPORT])
        return Scene(self._service, target, client, device, chosen[SPORT])

    @cached_property
    def _neighbours(self) -> tuple[IPv4Address, ...]:
        """A host on each network of the director."""
        networks = [
            address.network
            for name in self._fib.interfaces
            for address in self._fib.addresses(name)
            if isinstance(address, IPv4Interface) and not address.ip.is_loopback
        ]
        numbers = (range(min(10, network.num_addresses), network.num_addresses - 1) for network in networks)
        hosts = ((network[number] for number in some) for network, some in zip(networks, numbers, strict=True))
        found = (next((host for host in some if int(host) not in self._fib.local), None) for some in hosts)
        return tuple(host for host in found if host is not None)


def admission_of(survey: Survey, service: VirtualService) -> Admission:
    """A service's; that of a mark, which more than one question asks for, is worked out once."""
    if isinstance(service.key, Endpoint):
        return Admission(survey, service)
    return survey.once(("admission", id(service)), lambda: Admission(survey, service))


def _translating(survey: Survey) -> Iterator[tuple[str, Interval | None]]:
    """The rules that give arriving packets another destination, and the addresses that it may be, if it says so."""
    for table, chain, number, rule in survey.rules(("nat",)):
        target = rule.rule.target if rule.rule is not None else None
        ahead = survey.reached_from(survey.kernel.tables[table], chain)
        if target is not None and target.module in ("DNAT", "REDIRECT", "NETMAP") and "PREROUTING" in ahead:
            yield f"{table}:{chain} rule {number}", _destinations(target)


def _destinations(use: Use) -> Interval | None:
    given = use.arguments.get("to_destination")
    if given is None:
        return None
    first, _, last = str(given.value).partition(":")[0].partition("-")
    return (int(IPv4Address(first)), int(IPv4Address(last or first))) if first else None


def _address(piece: Interval) -> IPv4Address:
    """A source of a piece; a host inside a network looks more natural than the network itself."""
    low, high = piece
    return IPv4Address(low + 10 if low + 10 < high else low)


def _usual(what: Field, piece: Interval) -> int:
    low, high = piece
    return next((value for field, value in USUAL if field is what and low <= value <= high), low)
