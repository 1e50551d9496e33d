"""Rules that stand where the packets they are about never come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from lvsconf.kernel.chains import LoadedRule
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.skb import EMPTY
from lvsconf.model.effects import Effect, Reject, Verdict
from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    IIF,
    OIF,
    PROTO,
    SPORT,
    SRC,
    TCP,
    TCP_FLAGS,
    CtState,
    TcpFlags,
    interface,
)
from lvsconf.model.ipvs import FirewallMark, VirtualService
from lvsconf.model.netfilter import Rule
from lvsconf.model.preds import Masked, Within
from lvsconf.packets.many import IPV4
from lvsconf.packets.natural import CLIENT_PORT
from lvsconf.packets.one import Values, answer
from lvsconf.packets.solve import constraints, solve
from lvsconf.questions.admission import admission_of
from lvsconf.questions.conversation import Exchange, Talk, converse, plays
from lvsconf.questions.scene import Scene, Target, marking_rules, scenes
from lvsconf.questions.survey import Numbered, Survey

BEFORE_IPVS = frozenset({("raw", "PREROUTING"), ("mangle", "PREROUTING"), ("nat", "PREROUTING")}) | {
    (table, "INPUT") for table in ("mangle", "filter", "security")
}
"""The built-in chains that a remote client's packet crosses before ip_vs_in_hook."""


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A rule, the service it is about, and the packet whose path shows that it does not come by."""

    service: VirtualService
    table: str
    chain: str
    rule: Rule
    verdict: str
    talk: Talk
    exchange: Exchange
    certain: bool
    """Whether that path misses the rule on every way it may take, and so does every other client's."""
    untried: tuple[str, ...] = ()
    """What would take other clients' packets there."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """What has to be assumed."""
        return (*self.exchange.result.when, *self.untried)


def _opening(survey: Survey, service: VirtualService) -> Talk | None:
    """The service's first packet from the first client whose way is fully known."""
    for scene in scenes(survey, service):
        return converse(survey.kernel, scene, plays(scene)[0][:1])[0]
    return None


def misplaced_in_forward(survey: Survey) -> Iterator[Misplaced]:
    """Rules reached only from FORWARD that name a service's requests."""
    seen: set[int] = set()
    for service in survey.kernel.services:
        talk = _opening(survey, service)
        if talk is None or not talk.exchanges:
            continue
        exchange = talk.exchanges[-1]
        if not _local(exchange):
            continue
        for table, chain, _, rule in _naming(survey, service, talk.scene):
            if rule.rule is None or id(rule) in seen:
                continue
            verdict = _verdict(rule.effects)
            client = _about(rule, talk.scene, stopped=_stopped(exchange)) if verdict is not None else None
            if verdict is None or client is None:
                continue
            scene = replace(talk.scene, client=client)
            ways = converse(survey.kernel, scene, plays(scene)[0][:1])
            untried = () if survey.local_first else survey.unlike_routes
            certain = not untried and all(_local(way.exchanges[-1]) for way in ways)
            seen.add(id(rule))
            talk, shown = ways[0], ways[0].exchanges[-1]
            yield Misplaced(service, table, chain, rule.rule, verdict, talk, shown, certain, untried)


def _naming(survey: Survey, service: VirtualService, scene: Scene) -> list[Numbered]:
    """The rules reached only from FORWARD that may speak of a service's address or of a real server's alone."""
    rules, by_address = survey.once("rules of FORWARD", lambda: _filed(survey))
    places = set(by_address.get(None, ()))
    for address in (scene.target.address, *(server.address for server in service.servers)):
        places.update(by_address.get(int(address), ()))
    return [rules[place] for place in sorted(places)]


def _filed(survey: Survey) -> tuple[tuple[Numbered, ...], dict[int | None, list[int]]]:
    """The rules reached only from FORWARD, and where those stand that tell an address from its neighbour.

    Under None are those that tell addresses apart whose mask has gaps.
    """
    rules: list[Numbered] = []
    filed: dict[int | None, list[int]] = {}
    for numbered in survey.rules(("mangle", "filter", "security")):
        table, chain, _, rule = numbered
        if survey.reached_from(survey.kernel.tables[table], chain) == {"FORWARD"}:
            for address in {each for literal in constraints(rule.pred, DST) for each in _single_out(literal)}:
                filed.setdefault(address, []).append(len(rules))
            rules.append(numbered)
    return tuple(rules), filed


def _single_out(literal: Masked | Within) -> Iterator[int | None]:
    """The addresses that fit a literal while the one that differs in the last bit may not."""
    if isinstance(literal, Within):
        yield from (end for interval in literal.intervals for end in interval)
    elif literal.mask & 1:
        yield literal.value if literal.mask in (DST.full, IPV4) else None


def _local(exchange: Exchange) -> bool:
    """Whether the packet came to LOCAL_IN, and so never to FORWARD."""
    return any(step.hook == "LOCAL_IN" for step in exchange.result.steps)


def _stopped(exchange: Exchange) -> bool:
    """Whether INPUT took the request."""
    ends = [step for step in exchange.result.steps if step.kind == "end" and step.hook == "LOCAL_IN"]
    return any(step.verdict in ("DROP", "REJECT") for step in ends)


def _verdict(effects: tuple[Effect, ...]) -> str | None:
    for effect in effects:
        if effect in (Verdict.ACCEPT, Verdict.DROP):
            return str(effect.value)
        if isinstance(effect, Reject):
            return "REJECT"
    return None


def _about(rule: LoadedRule, scene: Scene, *, stopped: bool) -> IPv4Address | None:
    """The client whose request the rule is about, if it is about the service.

    It names the VIP itself; or, where INPUT stops the service, the real server and its port.
    """
    if next(constraints(rule.pred, DST), None) is None:
        return None
    named = [(int(scene.target.address), scene.target.port)]
    if stopped and next(constraints(rule.pred, DPORT), None) is not None:
        named += [(int(server.address), server.port or scene.target.port) for server in scene.service.servers]
    for address, port in named:
        client = _client_of(rule, _values(scene, address, port)) if _only_host(rule, address) else None
        if client is not None:
            return client
    return None


def _client_of(rule: LoadedRule, request: Values) -> IPv4Address | None:
    """A client whose request, else as given, the rule matches."""
    if answer(rule.pred, request) is not False:
        return IPv4Address(request[SRC] or 0)
    other = solve(rule.pred, request)
    if other is None or any(other[what] != request[what] for what in request if what not in (SRC, OIF, IIF)):
        return None
    return IPv4Address((other[SRC] or 0) & 0xFFFFFFFF)


def _only_host(rule: LoadedRule, address: int) -> bool:
    """Every word about the destination fits this address and not its neighbour."""
    literals = list(constraints(rule.pred, DST))
    fits = all(answer(item, {DST: address}) for item in literals)
    return fits and not all(answer(item, {DST: address ^ 1}) for item in literals)


def _values(scene: Scene, destination: int, port: int) -> Values:
    """The request as FORWARD would see it, if it came there."""
    return {
        **EMPTY,
        SRC: int(scene.client),
        DST: destination,
        PROTO: scene.target.proto,
        SPORT: scene.port,
        DPORT: port,
        TCP_FLAGS: int(TcpFlags.SYN) if scene.target.proto == TCP else 0,
        CT_STATE: int(CtState.NEW),
        IIF: interface(scene.device),
        OIF: None,
    }


def late_marks(survey: Survey) -> Iterator[Misplaced]:
    """For each mark service that no rule marks in time: the rules that mark too late."""
    for service in survey.kernel.services:
        if not isinstance(service.key, FirewallMark) or service.key.family != 4:
            continue
        found = list(marking_rules(survey, service.key.mark))
        homes = {id(rule): _homes(survey, table, chain) for table, chain, _, rule in found}
        if any(homes[id(rule)] & BEFORE_IPVS for _, _, _, rule in found):
            continue
        for table, chain, _, rule in found:
            ways = _unmarked(survey, service, rule)
            missed = [way for way in ways if not _scheduled(way.exchanges[-1], service)]
            if missed and rule.rule is not None:
                untried = admission_of(survey, service).untried
                certain = not untried and len(missed) == len(ways)
                talk, shown = missed[0], missed[0].exchanges[-1]
                yield Misplaced(service, table, chain, rule.rule, "MARK", talk, shown, certain, untried)


def _homes(survey: Survey, table: str, chain: str) -> frozenset[tuple[str, str]]:
    return frozenset((table, name) for name in survey.reached_from(survey.kernel.tables[table], chain))


def _unmarked(survey: Survey, service: VirtualService, rule: LoadedRule) -> list[Talk]:
    """Every way of a client's packet that the rule is about."""
    kernel = survey.kernel
    address = next(iter(sorted(kernel.fib.local - _loopback(kernel))), int(IPv4Address("192.0.2.100")))
    base = {
        **EMPTY,
        SRC: int(IPv4Address("198.51.100.7")),
        DST: address,
        PROTO: TCP,
        SPORT: CLIENT_PORT,
        DPORT: 80,
        TCP_FLAGS: int(TcpFlags.SYN),
        CT_STATE: int(CtState.NEW),
    }
    found = solve(rule.pred, base)
    if found is None:
        return []
    target = Target(found[PROTO] or TCP, IPv4Address((found[DST] or 0) & 0xFFFFFFFF), found[DPORT] or 0)
    route = kernel.fib.constant(found[SRC] or 0) if kernel.fib.known else None
    device = route.device if route is not None and route.device else "eth0"
    scene = Scene(service, target, IPv4Address((found[SRC] or 0) & 0xFFFFFFFF), device, found[SPORT] or CLIENT_PORT)
    return converse(kernel, scene, plays(scene)[0][:1])


def _loopback(kernel: Kernel) -> frozenset[int]:
    return frozenset(address for address in kernel.fib.local if address >> 24 == 127)


def _scheduled(exchange: Exchange, service: VirtualService) -> bool:
    """Whether IPVS took the packet for the service."""
    steps = exchange.result.steps
    return any(step.kind == "ipvs" and step.text.startswith(f"IPVS: {service.name} ") for step in steps)
