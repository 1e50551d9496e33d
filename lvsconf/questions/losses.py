"""Which packets of a service's conversations get lost, where, and by what kind of fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from lvsconf.kernel.chains import LoadedRule, LoadedTable
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.routing import local_fact
from lvsconf.kernel.world import Step
from lvsconf.model.effects import Reject, Verdict
from lvsconf.model.fields import CT_STATE, CtState, Field
from lvsconf.model.ipvs import Endpoint, ForwardingMethod, RealServer, VirtualService
from lvsconf.model.netfilter import Rule
from lvsconf.packets.one import answer
from lvsconf.packets.solve import constraints
from lvsconf.questions.admission import Admission, admission_of
from lvsconf.questions.conversation import Exchange, Talk, conversations, converse, plays
from lvsconf.questions.scene import Scene, scenes
from lvsconf.questions.survey import Survey

SERVER_LIMIT = 8
"""So many real servers of a service are each played through; they differ only in their addresses."""


class Cause(Enum):
    """The kinds of fault. Each loss has exactly one."""

    STATE_LOSES_CLOSE = "a state rule lets the connection begin and loses its FIN or RST"
    ESTABLISHED_NEVER = "ESTABLISHED is relied on and never true here"
    SYN_ONLY = "only a SYN (or NEW) is let in, the ACK is lost"
    INVALID_DROP = "INVALID packets are dropped ahead of the service"
    CONNTRACK_ONE_WAY = "conntrack sees half the connection and calls it INVALID"
    REPLY_IN_FORWARD = "a real server's answer is lost in FORWARD"
    LOST_IN_OUTPUT = "a scheduled packet is lost in OUTPUT"
    SHARED_REJECT = "the REJECT at the end of a chain shared by INPUT and FORWARD"
    NOT_ACCEPTED = "the service is not let in at all"
    NOT_LOCAL = "the VIP is not an address of this host"
    NO_FORWARDING = "ip_forward is off"
    NOT_SCHEDULED = "IPVS finds no service for it"
    NO_SERVER = "there is no usable real server"
    OTHER = "something else"
    UNKNOWN = "what becomes of it is not known"


OF_ALL_CLIENTS = frozenset({Cause.NOT_ACCEPTED, Cause.NOT_LOCAL, Cause.NOT_SCHEDULED, Cause.SHARED_REJECT})
"""Where the first packet is lost like this, it is said of every client and not only of the one that was tried."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A packet that does not get through, in one world.

    `untried` is what would let other clients through where this one fails.
    """

    service: VirtualService
    scene: Scene
    server: RealServer | None
    talk: Talk
    exchange: Exchange
    end: Step | None
    cause: Cause
    admitted_by: Step | None
    untried: tuple[str, ...] = ()

    @property
    def conditions(self) -> tuple[str, ...]:
        """What had to be assumed to get here."""
        return (*self.exchange.result.when, *self.untried)

    @property
    def segment(self) -> str:
        """SYN, ACK, FIN, …"""
        return self.exchange.line.segment


@dataclass(frozen=True, slots=True)
class Report:
    """What all conversations of one scene and real server came to.

    `losses` are worth a finding, `certain` is the cause when every way there is ends in a loss of the same kind (and no
    client that was not tried may fare better, where that counts), `unknown` what was tried both ways.
    """

    service: VirtualService
    scene: Scene
    losses: tuple[Loss, ...]
    certain: Cause | None
    unknown: tuple[str, ...] = ()


def reports(survey: Survey, service: VirtualService) -> Iterator[Report]:
    """Play the conversations of a service: one scene for each rule that lets clients in, each real server."""
    chosen, admission = _openings(survey, service)
    for scene in chosen:
        for _, talks in conversations(survey.kernel, scene, _servers(service)):
            found = tuple(_loss(survey, talk, talk.lost, admission) for talk in talks if talk.lost)
            losses = _plausible(found, len(talks))
            unknown = tuple({said for talk in talks for said in talk.unknown})
            sure = len(found) == len(talks) and not any(loss.untried for loss in found)
            causes = {loss.cause for loss in found} if sure else set()
            yield Report(service, scene, losses, causes.pop() if len(causes) == 1 else None, unknown)


def _plausible(losses: tuple[Loss, ...], ways: int) -> tuple[Loss, ...]:
    """The losses that need no guess, such as an unknown rule that matches; with guesses only, if every way loses."""
    sure = tuple(loss for loss in losses if not loss.exchange.result.guesses or loss.cause is Cause.UNKNOWN)
    return losses if not sure and len(losses) == ways else sure


def _servers(service: VirtualService) -> int:
    usable = sum(server.weight > 0 for server in service.servers)
    return max(1, min(usable, SERVER_LIMIT))


@dataclass(slots=True)
class _Tried:
    """What came of the scenes that were tried: those that get through, by the rule that lets them in, and the rest."""

    by_rule: dict[object, Scene] = field(default_factory=dict)
    first: Scene | None = None
    served: Scene | None = None

    def add(self, scene: Scene, talks: list[Talk]) -> None:
        """Note a scene and the ways of its first packet."""
        self.first = self.first or scene
        for talk in talks:
            if talk.server is not None and not talk.world.guesses:
                self.served = self.served or scene
            if talk.lost is None:
                rule = _admitting(talk.exchanges[0])
                key = (rule.table, rule.chain, rule.number, scene.target) if rule else None
                self.by_rule.setdefault(key, scene)


def _openings(survey: Survey, service: VirtualService) -> tuple[list[Scene], Admission | None]:
    """The first scene whose first packet gets through for each rule that lets it in.

    Failing all, the first that comes to a real server or, for want of that, the first; and who might still get in.
    """
    tried = _Tried()
    for scene in scenes(survey, service):
        tried.add(scene, converse(survey.kernel, scene, plays(scene)[0][:1]))
    if tried.first is None or (tried.by_rule and _one_port(service)):
        return list(tried.by_rule.values()), None
    admission = admission_of(survey, service)
    for scene in admission.suggestions():
        tried.add(scene, converse(survey.kernel, scene, plays(scene)[0][:1]))
    return list(tried.by_rule.values()) or [tried.served or tried.first], admission


def _one_port(service: VirtualService) -> bool:
    return isinstance(service.key, Endpoint) and service.key.port != 0


def _admitting(exchange: Exchange) -> Step | None:
    """The rule of filter INPUT that let a packet in: the last one with a state or flags, else what accepted it."""
    steps = [step for step in exchange.result.steps if step.hook == "LOCAL_IN" and step.table == "filter"]
    accepting = next((step for step in steps if step.verdict == "ACCEPT"), None)
    gates = [step for step in steps if step.verdict in ("ACCEPT", "JUMP") and step.rule and _looks_at_state(step.rule)]
    return gates[-1] if gates and accepting is not None else accepting


def _loss(survey: Survey, talk: Talk, exchange: Exchange, admission: Admission | None) -> Loss:
    end = next(
        (step for step in reversed(exchange.result.steps) if step.kind == "end" and step.verdict != "sent"), None
    )
    opening = next(item for item in talk.exchanges if item.line.segment != "another client")
    admitted = _admitting(opening) if opening is not exchange else None
    cause = _cause(survey, talk, exchange, end, admitted)
    untried: tuple[str, ...] = ()
    if admission is not None and exchange is opening and cause in OF_ALL_CLIENTS:
        untried = survey.unlike_routes if cause is Cause.NOT_LOCAL else admission.untried
    return Loss(talk.scene.service, talk.scene, talk.server, talk, exchange, end, cause, admitted, untried)


_BY_VERDICT = {
    "no forwarding": Cause.NO_FORWARDING,
    "no destination": Cause.NO_SERVER,
    "unknown rules": Cause.OTHER,
}


def _cause(survey: Survey, talk: Talk, exchange: Exchange, end: Step | None, admitted: Step | None) -> Cause:
    if exchange.result.fate is None:
        return Cause.UNKNOWN
    steps = exchange.result.steps
    client = exchange.line.client
    first = exchange.line.segment in ("SYN", "datagram")
    if client and not any(step.hook == "LOCAL_IN" for step in steps) and _passed_by(survey.kernel, talk, end):
        return Cause.NOT_LOCAL
    if end is not None and end.verdict in _BY_VERDICT:
        return _BY_VERDICT[end.verdict]
    if exchange.result.fate == "local":
        return Cause.NOT_SCHEDULED
    if end is None or end.table is None:
        return Cause.OTHER
    if _shared_reject(survey, end):
        return Cause.SHARED_REJECT
    if end.hook == "FORWARD":
        return Cause.OTHER if client else Cause.REPLY_IN_FORWARD
    if end.hook in ("LOCAL_OUT", "POST_ROUTING"):
        return Cause.LOST_IN_OUTPUT
    if first:
        return Cause.NOT_ACCEPTED
    return _input_cause(survey, talk, exchange, end, admitted)


def _passed_by(kernel: Kernel, talk: Talk, end: Step | None) -> bool:
    """The packet never became local although nothing before routing took it."""
    target = int(talk.scene.target.address)
    in_prerouting = end is not None and end.hook == "PRE_ROUTING" and end.table is not None
    known = kernel.fib.known and target not in kernel.fib.local
    assumed = talk.world.assumed.get(local_fact(talk.scene.target.address)) == 0
    return not in_prerouting and (known or assumed)


def _input_cause(survey: Survey, talk: Talk, exchange: Exchange, end: Step, admitted: Step | None) -> Cause:
    server = talk.server
    one_way = server is not None and server.method is not ForwardingMethod.NAT
    tracked = any(connection.nfct for connection in talk.world.connections.values())
    invalid = end.state == "INVALID"
    if invalid and one_way and tracked:
        return Cause.CONNTRACK_ONE_WAY
    closing = exchange.line.segment in ("FIN", "RST", "server FIN", "last ACK")
    if not closing:
        return Cause.SYN_ONLY if _syn_or_state(admitted, end) else Cause.OTHER
    if end.rule is not None and invalid and _only_for_invalid(survey.kernel, end):
        return Cause.INVALID_DROP
    if invalid and one_way and established_rules(survey, end):
        return Cause.ESTABLISHED_NEVER
    return Cause.STATE_LOSES_CLOSE if invalid else Cause.OTHER


def _syn_or_state(admitted: Step | None, end: Step) -> bool:
    """The rule that let the SYN in, or the one that took the ACK, looks at flags or state."""
    return any(step is not None and step.rule is not None and _looks_at_state(step.rule) for step in (admitted, end))


def _looks_at_state(rule: Rule) -> bool:
    return any(
        use.module in ("state", "conntrack") or {"tcp_flags", "syn"} & set(use.arguments) for use in rule.matches
    )


def loaded(kernel: Kernel, step: Step) -> LoadedRule | None:
    """The rule behind a step."""
    table = kernel.tables.get(step.table or "")
    chain = table.chains.get(step.chain or "") if table else None
    if chain is None or step.number is None or step.number > len(chain.rules):
        return None
    return chain.rules[step.number - 1]


def _only_for_invalid(kernel: Kernel, end: Step) -> bool:
    """The rule that took the packet asks for ctstate INVALID and not for NEW."""
    rule = loaded(kernel, end)
    return rule is not None and wants_state(rule, CtState.INVALID) and not wants_state(rule, CtState.NEW)


def wants_state(rule: LoadedRule, state: CtState) -> bool:
    """Whether a rule speaks of ctstates and has this one among them."""
    literals = list(constraints(rule.pred, CT_STATE))
    return bool(literals) and all(answer(literal, _Only(CT_STATE, int(state))) for literal in literals)


class _Only(dict[Field, int | None]):
    """A packet of which one field is known."""

    def __init__(self, what: Field, value: int) -> None:
        super().__init__({what: value})

    def __missing__(self, key: Field) -> int | None:
        return None


def established_rules(survey: Survey, end: Step) -> tuple[tuple[str, int, LoadedRule], ...]:
    """Rules of the chain that lost a packet which accept ESTABLISHED, the state it never has."""
    table = survey.kernel.tables.get(end.table or "")
    chain = table.chains.get(end.chain or "") if table else None
    if table is None or chain is None:
        return ()
    names = (chain.name, *survey.callers(table, chain.name))
    return tuple(found for name in names for found in _established(survey, table, name))


def _established(survey: Survey, table: LoadedTable, name: str) -> tuple[tuple[str, int, LoadedRule], ...]:
    """Those of one chain."""

    def found() -> tuple[tuple[str, int, LoadedRule], ...]:
        return tuple(
            (name, number, rule)
            for number, rule in enumerate(table.chains[name].rules, 1)
            if Verdict.ACCEPT in rule.effects
            and wants_state(rule, CtState.ESTABLISHED)
            and not wants_state(rule, CtState.INVALID)
            and not wants_state(rule, CtState.NEW)
        )

    return survey.once(("established", table.name, name), found)


def _shared_reject(survey: Survey, end: Step) -> bool:
    """A catch-all REJECT in a user chain that both INPUT and FORWARD use, as the Red Hat firewall did."""
    table = survey.kernel.tables.get(end.table or "")
    rule = loaded(survey.kernel, end)
    if table is None or rule is None or end.chain is None or end.chain not in table.chains:
        return False
    rejects = any(isinstance(effect, Reject) for effect in rule.effects)
    catch_all = rejects and not list(constraints(rule.pred, CT_STATE))
    return catch_all and {"INPUT", "FORWARD"} <= survey.reached_from(table, end.chain)
