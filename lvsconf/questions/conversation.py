"""A whole connection played through the engine: what the client and the real server send, until a packet dies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from lvsconf.kernel.families import FAMILIES
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import inject, start
from lvsconf.kernel.routing import local_fact
from lvsconf.kernel.world import PacketResult, World
from lvsconf.model.fields import UDP
from lvsconf.model.ipvs import ForwardingMethod, RealServer
from lvsconf.packets.packet import parse
from lvsconf.questions.scene import Scene

PAYLOAD = 100
_REASONS = re.compile("what `[^`]*` matches is not modelled|`[^`]*` could not be read")
"""What is unknown of a rule, among all that had to hold for it to match."""
TALK_LIMIT = 32
"""So many ways of one conversation are followed from packet to packet."""


@dataclass(frozen=True, slots=True)
class Line:
    """One packet of the play: its name, whether the client or the server sends it, flags and payload."""

    segment: str
    client: bool
    flags: str = ""
    payload: int = 0


Play = tuple[Line, ...]

CLOSE_BY_FIN: Play = (
    Line("SYN", True, "S"),
    Line("SYN+ACK", False, "SA"),
    Line("ACK", True, "A"),
    Line("data", True, "PA", PAYLOAD),
    Line("answer", False, "PA", PAYLOAD),
    Line("FIN", True, "FA"),
    Line("server FIN", False, "FA"),
    Line("last ACK", True, "A"),
)
CLOSE_BY_RST = (*CLOSE_BY_FIN[:5], Line("RST", True, "RA"))
DATAGRAMS = (
    Line("datagram", True, payload=4),
    Line("answer", False, payload=4),
    Line("next datagram", True, payload=4),
    Line("next answer", False, payload=4),
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One packet that was sent and what became of it."""

    line: Line
    packet: dict[str, Any]
    result: PacketResult


@dataclass(slots=True)
class Talk:
    """One way a conversation may go.

    `lost` is the exchange whose packet did not get through, None if all did. `crosses` is whether the replies of
    LVS-DR and LVS-TUN are taken to come back through the director.
    """

    scene: Scene
    world: World
    exchanges: list[Exchange] = field(default_factory=list)
    server: RealServer | None = None
    lost: Exchange | None = None
    crosses: bool = False
    numbers: dict[bool, int] = field(default_factory=lambda: {True: 1000, False: 5000})

    def twin(self) -> Talk:
        """The same, to go on by itself."""
        return replace(self, world=self.world.fork(), exchanges=list(self.exchanges), numbers=dict(self.numbers))

    def cut_short(self) -> None:
        """There are too many ways to follow: what becomes of the rest is unknown."""
        last = self.exchanges[-1]
        result = PacketResult(None, (f"more than {TALK_LIMIT} ways to go on: the rest is unknown",))
        self.lost = Exchange(last.line, last.packet, result)
        self.exchanges[-1] = self.lost

    @property
    def unknown(self) -> tuple[str, ...]:
        """The facts that were tried both ways, and the rules whose matches are not known."""
        facts = sorted(set(self.world.assumed) - {local_fact(self.scene.client)})
        reasons = (_REASONS.findall(said) or [said] for said in self.world.when)
        found = dict.fromkeys(reason for those in reasons for reason in those)
        return (*facts, *(said for said in found if "modelled" in said or "could not be read" in said))

    @property
    def conditions(self) -> tuple[str, ...]:
        """What had to be assumed to get here."""
        return tuple(self.world.when)


def plays(scene: Scene) -> tuple[Play, ...]:
    """The conversations worth having with a service."""
    return (DATAGRAMS,) if scene.target.proto == UDP else (CLOSE_BY_FIN, CLOSE_BY_RST)


UNKNOWN_ADDRESS = "?"
"""As Family.text writes it."""


def converse(kernel: Kernel, scene: Scene, play: Play) -> list[Talk]:
    """Every way the play may go."""
    return _Stage(_begun(kernel, scene)).say(play).talks


def conversations(kernel: Kernel, scene: Scene, most: int) -> Iterator[tuple[Play, list[Talk]]]:
    """Every way each play may go: after no other client, after one, and so on, at most `most` times for each play.

    The others move the scheduler on, until every real server has been picked. What plays have in common is played once.
    """
    wanted = plays(scene)
    trunk = _alike(wanted)
    start_of_next = _Stage(_begun(kernel, scene))
    stages = [start_of_next.twin().say(wanted[0][:trunk])]
    while len(stages) < most and not _all_picked(scene, stages):
        start_of_next.another_client(len(stages) - 1)
        stages.append(start_of_next.twin().say(wanted[0][:trunk]))
    for play in wanted:
        for stage in stages:
            here = stage if play is wanted[-1] else stage.twin()
            yield play, here.say(play[trunk:]).talks


def _all_picked(scene: Scene, stages: Iterable[_Stage]) -> bool:
    """Whether the clients so far came to every real server that takes new connections."""
    picked = [talk.server for stage in stages for talk in stage.talks]
    return all(server in picked for server in scene.service.servers if server.weight > 0) and any(picked)


def _alike(several: tuple[Play, ...]) -> int:
    """How many lines several plays have in common from their beginning."""
    return next(
        (at for at, lines in enumerate(zip(*several, strict=False)) if len(set(lines)) > 1), min(map(len, several))
    )


def _begun(kernel: Kernel, scene: Scene) -> list[Talk]:
    """Before the first packet."""
    world = start(kernel)
    # Whoever the client is, it is not the director itself.
    world.assumed[local_fact(scene.client)] = 0
    if scene.at_home:
        world.assumed[local_fact(scene.target.address)] = 1
    talks = [Talk(scene, world)]
    if _is_gateway(kernel, scene):
        other = world.fork()
        world.when.append("the real servers' replies do not come back through the director")
        other.when.append("the real servers' replies come back through the director")
        talks.append(Talk(scene, other, crosses=True))
    return talks


@dataclass(slots=True)
class _Stage:
    """Where a conversation stands: the ways that go on, and those that have ended."""

    live: list[Talk]
    done: list[Talk] = field(default_factory=list)

    @property
    def talks(self) -> list[Talk]:
        return [*self.live, *self.done]

    def twin(self) -> _Stage:
        """The same, to go on by itself."""
        return _Stage([talk.twin() for talk in self.live], list(self.done))

    def another_client(self, number: int) -> _Stage:
        """Let another client send its first packet."""
        self.live = [after for talk in self.live for after in _prelude(talk, number)]
        return self

    def say(self, lines: Play) -> _Stage:
        """Go on with some lines."""
        for line in lines:
            waiting, self.live = self.live, []
            for talk in waiting:
                for after in _say(talk, line):
                    (self.done if after.lost is not None else self.live).append(after)
            self.live, beyond = self.live[:TALK_LIMIT], self.live[TALK_LIMIT:]
            for talk in beyond:
                talk.cut_short()
            self.done += beyond[:1]
        return self


def _prelude(talk: Talk, number: int) -> Iterator[Talk]:
    """Another client's first packet."""
    line = CLOSE_BY_FIN[0] if talk.scene.target.proto != UDP else DATAGRAMS[0]
    packet = {**_from_client(talk, line), "sport": _next_port(talk.scene.port, number)}
    for world in inject(talk.world, parse(packet)):
        exchange = Exchange(Line("another client", True), packet, world.results[-1])
        yield Talk(talk.scene, world, [*talk.exchanges, exchange], crosses=talk.crosses)


def _next_port(port: int, number: int) -> int:
    """Another source port, near the client's own: a rule that lets one in most often lets the other in too."""
    return port + 1 + number if port + 1 + number < 1 << 16 else port - 1 - number


def _say(talk: Talk, line: Line) -> list[Talk]:
    """Send one line; where the server's words do not cross the director, nothing is sent."""
    if not line.client and not _answers_cross(talk):
        talk.numbers[False] += _length(line)
        return [talk]
    packet = _from_client(talk, line) if line.client else _from_server(talk, line)
    if packet is None:
        return [talk]
    numbers = {**talk.numbers, line.client: talk.numbers[line.client] + _length(line)}
    found = []
    for world in inject(talk.world, parse(packet)):
        exchange = Exchange(line, packet, world.results[-1])
        after = Talk(talk.scene, world, [*talk.exchanges, exchange], talk.server, None, talk.crosses, dict(numbers))
        if line.client and after.server is None:
            after.server = _server_of(after, exchange)
        if not _arrived(after, exchange):
            after.lost = exchange
        found.append(after)
    return found


def _length(line: Line) -> int:
    return line.payload + ("S" in line.flags) + ("F" in line.flags)


def _from_client(talk: Talk, line: Line) -> dict[str, Any]:
    scene = talk.scene
    packet: dict[str, Any] = {"in": scene.device, "src": scene.source, "dst": str(scene.target.address)}
    return packet | _transport(talk, line, scene.sport, scene.target.port)


def _transport(talk: Talk, line: Line, sport: int, dport: int) -> dict[str, Any]:
    if talk.scene.target.proto == UDP:
        return {"proto": "udp", "sport": sport, "dport": dport, "payload": line.payload}
    words: dict[str, Any] = {"proto": "tcp", "sport": sport, "dport": dport, "flags": line.flags}
    words["seq"] = talk.numbers[line.client]
    if "A" in line.flags:
        words["ack"] = talk.numbers[not line.client]
    if line.payload:
        words["payload"] = line.payload
    return words


def _answers_cross(talk: Talk) -> bool:
    """LVS-NAT answers come back through the director; those of DR and TUN go their own way, as a rule."""
    nat = talk.server is not None and talk.server.method is ForwardingMethod.NAT
    return (nat or talk.crosses) and not _served_here(talk) and _request_sent(talk) is not None


def _is_gateway(kernel: Kernel, scene: Scene) -> bool:
    """Whether the director is set up to route LVS-DR or LVS-TUN replies, which have its own VIP as source."""
    for server in scene.service.servers:
        fib = kernel.net(FAMILIES[server.address.version]).fib
        route = fib.constant(int(server.address)) if fib.known else None
        if server.method is ForwardingMethod.NAT or route is None or route.device is None:
            continue
        settings = kernel.settings
        accepts = settings.known and settings.interface("accept_local", route.device)
        if accepts and settings.forwarding(route.device) and settings.interface("rp_filter", route.device) != 1:
            return True
    return False


def _request_sent(talk: Talk) -> dict[str, Any] | None:
    """The client's first packet as the real server got it."""
    for exchange in talk.exchanges:
        if exchange.line.client and exchange.line.segment != "another client":
            return _to_server(talk.server, exchange.result)
    return None


def _to_server(server: RealServer | None, result: PacketResult) -> dict[str, Any] | None:
    if server is None:
        return None
    for item in result.egress:
        here = item.get("dst") == str(server.address)
        tunnelled = item.get("proto") == "ipip"
        if item.get("proto") == "icmp":
            continue
        if server.method is ForwardingMethod.DR and result.fate == "forwarded":
            return item
        if here and tunnelled is (server.method is ForwardingMethod.TUN):
            return item
    return None


def _from_server(talk: Talk, line: Line) -> dict[str, Any] | None:
    sent = _request_sent(talk)
    if sent is None or (sent.get("sport") is None and sent.get("proto") != "ipip"):
        return None
    if UNKNOWN_ADDRESS in (sent["src"], sent["dst"]):
        # Translated to an address that nobody has told.
        return None
    device = sent.get("dev") or _inside(talk)
    if talk.server is not None and talk.server.method is not ForwardingMethod.NAT:
        scene = talk.scene
        packet: dict[str, Any] = {"in": device, "src": str(scene.target.address), "dst": scene.source}
        return packet | _transport(talk, line, scene.target.port, scene.sport)
    packet = {"in": device, "src": sent["dst"], "dst": sent["src"]}
    return packet | _transport(talk, line, sent["dport"], sent["sport"])


def _inside(talk: Talk) -> str:
    """Where a real server's packets come in when no route says so."""
    return "eth1" if talk.scene.device == "eth0" else "eth0"


def _server_of(talk: Talk, exchange: Exchange) -> RealServer | None:
    """The real server that IPVS chose for the client's first packet."""
    for connection in talk.world.connections.values():
        if connection.cport == exchange.packet.get("sport") and connection.caddr == talk.scene.number:
            return connection.server
    if talk.scene.service.one_packet and talk.scene.service.servers:
        wanted = {item.get(key) for item in exchange.result.egress for key in ("dst", "next_hop")}
        return next((server for server in talk.scene.service.servers if str(server.address) in wanted), None)
    return None


def _arrived(talk: Talk, exchange: Exchange) -> bool:
    """Whether the packet got where it should: to the real server, or as the VIP to the client."""
    result = exchange.result
    if exchange.line.client:
        if talk.server is None:
            return False
        return _to_server(talk.server, result) is not None or (result.fate == "local" and _served_here(talk))
    vip = str(talk.scene.target.address)
    return any(item.get("src") == vip and item.get("dst") == str(talk.scene.client) for item in result.egress)


def _served_here(talk: Talk) -> bool:
    """Whether the real server is the director itself."""
    server = talk.server
    if server is None:
        return False
    return int(server.address) in talk.world.kernel.net(FAMILIES[server.address.version]).fib.local
