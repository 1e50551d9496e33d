"""The records that connections leave in the kernel: conntrack entries and IPVS connections."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lvsconf.model.fields import ICMP, CtStatus
from lvsconf.model.ipvs import ForwardingMethod, RealServer, VirtualService


@dataclass(frozen=True, slots=True)
class FlowTuple:
    """One direction of a flow. For ICMP `sport` is the id and `dport` is type << 8 | code.

    What is unknown is negative (see unknowns.py). `zone` is conntrack's: the same flow in two zones is two flows.
    """

    src: int
    sport: int
    dst: int
    dport: int
    proto: int
    zone: int = 0

    def inverted(self) -> FlowTuple | None:
        """The tuple of the answer; None for an ICMP type that has none (nf_conntrack_proto_icmp.c invmap)."""
        if self.proto == ICMP:
            answer = _ICMP_ANSWERS.get(self.dport >> 8)
            if answer is None:
                return None
            return FlowTuple(self.dst, self.sport, self.src, answer << 8 | (self.dport & 0xFF), self.proto, self.zone)
        return FlowTuple(self.dst, self.dport, self.src, self.sport, self.proto, self.zone)


_ICMP_ANSWERS = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17}
ICMP_REQUESTS = frozenset({8, 13, 15, 17})
"""The ICMP types that may open an entry (valid_new in nf_conntrack_icmp_packet)."""


@dataclass(slots=True)
class Window:
    """What conntrack remembers of one side's sequence numbers (struct ip_ct_tcp_state)."""

    end: int = 0
    maxend: int = 0
    maxwin: int = 0
    maxack: int | None = None
    liberal: bool = False
    close_init: bool = False
    unacknowledged: bool = False


@dataclass(slots=True)
class Last:
    """The last segment that was let through (last_index, last_dir, … of struct ip_ct_tcp)."""

    segment: str = "none"
    reply: bool = False
    seq: int = 0
    ack: int = 0
    end: int = 0
    win: int = 0
    challenge: bool = False
    retrans: int = 0


@dataclass(slots=True)
class Entry:
    """A conntrack entry. `tcp` is the column of the era's table; `manips` are the NAT manips already set up.

    `masquerades` is the interface whose address it has, `opened` when it was made, `counted` the packets and bytes of
    either direction, `timeouts` the policy that its timeouts come from and `refreshed` when one last started.
    A `clashed` one is found by its replies only.
    """

    orig: FlowTuple
    reply: FlowTuple
    status: CtStatus = field(default_factory=lambda: CtStatus(0))
    mark: int = 0
    tcp: str = "-"
    seen: tuple[Window, Window] = field(default_factory=lambda: (Window(), Window()))
    last: Last = field(default_factory=Last)
    manips: frozenset[str] = frozenset()
    expires: float = 0.0
    masquerades: str | None = None
    opened: float = 0.0
    counted: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    timeouts: str | None = None
    refreshed: float = 0.0
    clashed: bool = False

    @property
    def confirmed(self) -> bool:
        """Whether it is in the table."""
        return CtStatus.CONFIRMED in self.status

    def copy(self) -> Entry:
        """An independent twin."""
        return replace(self, seen=(replace(self.seen[0]), replace(self.seen[1])), last=replace(self.last))


@dataclass(slots=True)
class Connection:
    """An IPVS connection (struct ip_vs_conn). `nfct` is fixed at creation; a `bypass` has no real server behind it."""

    proto: int
    caddr: int
    cport: int
    vaddr: int
    vport: int
    daddr: int
    dport: int
    method: ForwardingMethod
    service: VirtualService
    server: RealServer
    nfct: bool
    no_output: bool
    one_packet: bool = False
    template: TemplateKey | None = None
    bypass: bool = False
    tcp: str = "NO"
    active: bool = False
    expires: float = 0.0

    @property
    def request(self) -> FlowTuple:
        """How the client's packets look before IPVS."""
        return FlowTuple(self.caddr, self.cport, self.vaddr, self.vport, self.proto)

    @property
    def response(self) -> FlowTuple:
        """How the real server's packets look when they reach the director (ip_vs_conn_out_get)."""
        if self.method is ForwardingMethod.NAT:
            return FlowTuple(self.daddr, self.dport, self.caddr, self.cport, self.proto)
        return FlowTuple(self.vaddr, self.vport, self.caddr, self.cport, self.proto)


@dataclass(frozen=True, slots=True)
class TemplateKey:
    """A persistence template: protocol (0 for a mark), masked client, VIP or mark, port."""

    proto: int
    client: int
    vaddr: int
    vport: int
    by_mark: bool


@dataclass(slots=True)
class Template:
    """The destination a client sticks to. `timeout` is what its timer starts with when it is used."""

    server: RealServer
    service: VirtualService
    timeout: int
    expires: float
