"""The records that connections leave in the kernel: conntrack entries and IPVS connections."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from lvsconf.kernel.families import IPV4, Family
from lvsconf.model.fields import CtStatus
from lvsconf.model.ipvs import ForwardingMethod, RealServer, VirtualService


class FlowTuple(NamedTuple):
    """One direction of a flow. For ICMP `sport` is the id and `dport` is type << 8 | code.

    What is unknown is negative (see unknowns.py). `zone` is conntrack's: the same flow in two zones is two flows.
    """

    src: int
    sport: int
    dst: int
    dport: int
    proto: int
    family: Family = IPV4
    zone: int = 0

    def inverted(self) -> FlowTuple | None:
        """The tuple of the answer; None for an ICMP type that has none (nf_conntrack_proto_icmp*.c, invmap)."""
        if self.proto == self.family.icmp:
            answer = self.family.answers.get(self.dport >> 8)
            if answer is None:
                return None
            kind = answer << 8 | (self.dport & 0xFF)
            return FlowTuple(self.dst, self.sport, self.src, kind, self.proto, self.family, self.zone)
        return FlowTuple(self.dst, self.dport, self.src, self.sport, self.proto, self.family, self.zone)


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


@dataclass(frozen=True, slots=True)
class Shift:
    """How a side's sequence numbers were moved (struct nf_ct_seqadj): up to `position` by `before`, then by `after`."""

    position: int = 0
    before: int = 0
    after: int = 0

    def of(self, seq: int) -> int:
        """By how much a sequence number was moved (nf_ct_seq_offset)."""
        return self.after if (self.position - seq) & 0xFFFFFFFF >= 1 << 31 else self.before


UNMOVED = Shift()


@dataclass(slots=True)
class Entry:
    """A conntrack entry. `tcp` is the column of the era's table; `manips` are the NAT manips already set up.

    `carried` are the packets of both directions, and their bytes; `labels` the bits that `-m connlabel --set` set.
    For the other protocols see trackers.py: `tcp` is their state too, `started` when a UDP flow began.
    `masquerades` is the interface whose address it has, `timeouts` the policy that its timeouts come from and
    `refreshed` when one last started. A `clashed` one is found by its replies only.
    `helper` reads what the flow says, `master` is the name of that of the flow which this one was expected by, `lines`
    are the sequence numbers at which the FTP helper knows lines to begin, in either direction.
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
    carried: tuple[int, int, int, int] = (0, 0, 0, 0)
    labels: int = 0
    started: float = 0.0
    tags: frozenset[bool] = frozenset()
    swapped: bool = False
    shifts: tuple[Shift, Shift] = (UNMOVED, UNMOVED)
    masquerades: str | None = None
    timeouts: str | None = None
    refreshed: float = 0.0
    clashed: bool = False
    helper: str | None = None
    master: str | None = None
    lines: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())

    @property
    def confirmed(self) -> bool:
        """Whether it is in the table."""
        return CtStatus.CONFIRMED in self.status

    def count(self, reply: bool, length: int) -> None:
        """nf_ct_acct_update: one more packet."""
        packets, answers, octets, answered = self.carried
        if reply:
            self.carried = (packets, answers + 1, octets, answered + length)
        else:
            self.carried = (packets + 1, answers, octets + length, answered)

    def copy(self) -> Entry:
        """An independent twin."""
        return replace(self, seen=(replace(self.seen[0]), replace(self.seen[1])), last=replace(self.last))


@dataclass(slots=True)
class Connection:
    """An IPVS connection (struct ip_vs_conn). `nfct` is fixed at creation; a `bypass` has no real server behind it.

    `packets` are those from the client; `direct_answers`: what DR and TUN real servers answer is known by the virtual
    address.
    `helped`: ip_vs_ftp reads along, and the client has asked for `passive` (PASV or EPSV); `control` is the request of
    the FTP control connection that a data connection belongs to.
    `family` is that of the client and the VIP; a tunnel may lead to a real server of the other one.
    """

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
    direct_answers: bool = True
    tcp: str = "NO"
    active: bool = False
    expires: float = 0.0
    packets: int = 0
    family: Family = IPV4
    helped: bool = False
    passive: str = ""
    control: FlowTuple | None = None

    @property
    def request(self) -> FlowTuple:
        """How the client's packets look before IPVS."""
        return FlowTuple(self.caddr, self.cport, self.vaddr, self.vport, self.proto, self.family)

    @property
    def response(self) -> FlowTuple:
        """How the real server's packets look when they reach the director (ip_vs_conn_out_get)."""
        if self.method is ForwardingMethod.NAT or not self.direct_answers:
            return FlowTuple(self.daddr, self.dport, self.caddr, self.cport, self.proto, self.family)
        return FlowTuple(self.vaddr, self.vport, self.caddr, self.cport, self.proto, self.family)


@dataclass(frozen=True, slots=True)
class TemplateKey:
    """A persistence template: protocol (0 for a mark), masked client, VIP or mark, port."""

    proto: int
    client: int
    vaddr: int
    vport: int
    by_mark: bool
    family: Family = IPV4


@dataclass(slots=True)
class Template:
    """The destination a client sticks to. `timeout` is what its timer starts with when it is used.

    `assured`: one of its connections was answered (IP_VS_CTPL_S_ASSURED).
    """

    server: RealServer
    service: VirtualService
    timeout: int
    expires: float
    assured: bool = False
