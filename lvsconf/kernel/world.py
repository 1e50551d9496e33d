"""A world: one packet on its way, the flow tables behind it, and what had to be assumed to get here.

The engine never looks at a packet's fields itself: it splits the world by a Pred and goes on with each part, so that
the same code can walk sets of packets. This module holds the world of a single packet: a split gives one branch, or
two when the answer is unknown.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from lvsconf.kernel.entry_fields import fields_of
from lvsconf.kernel.families import Family
from lvsconf.kernel.flows import Connection, Entry, FlowTuple, Template, TemplateKey
from lvsconf.kernel.skb import Skb, copy_entry
from lvsconf.kernel.vague import Unknown, answer
from lvsconf.model.actions import Track
from lvsconf.model.fields import (
    CT_DIRECTION,
    CT_MARK,
    CT_STATE,
    CT_STATUS,
    DPORT,
    DST,
    IIF,
    OIF,
    PROTO,
    SPORT,
    SRC,
    CtState,
    CtStatus,
    Field,
    interface,
    interface_name,
)
from lvsconf.model.netfilter import Hook, Rule
from lvsconf.model.preds import Pred
from lvsconf.packets.ways import Ways
from lvsconf.packets.words import words

if TYPE_CHECKING:
    from lvsconf.kernel.expectations import Expectation
    from lvsconf.kernel.host import Kernel
    from lvsconf.kernel.net import Net

Key = TypeVar("Key")
Value = TypeVar("Value")

_BOTH_ARE_COMMON = frozenset({"net.ipv4.vs.conntrack"})
"""Settings of which neither value is a surprise."""


_STATE_NAMES = {int(state): state.name for state in CtState}


class View(NamedTuple):
    """A packet at one moment, as field values. `depth` is 1, and one more for each packet that waits for this one."""

    depth: int
    version: int
    incoming: int | None
    out: int | None
    proto: int | None
    src: int | None
    dst: int | None
    sport: int | None
    dport: int | None


class Step(NamedTuple):
    """One thing that happened to a packet, for people and for the checks; `view` is the packet after it."""

    hook: str
    text: str
    table: str | None = None
    chain: str | None = None
    number: int | None = None
    rule: Rule | None = None
    verdict: str | None = None
    state: str | None = None
    kind: str = ""
    view: View | None = None


@dataclass(slots=True)
class PacketResult:
    """What became of one packet in one world; the fate is None where it is unknown. `egress` as in the contract."""

    fate: str | None = "dropped"
    when: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()
    egress: tuple[dict[str, Any], ...] = ()
    steps: tuple[Step, ...] = ()
    guesses: int = 0


@dataclass(slots=True)
class World:
    """See the module. `skbs[-1]` is the packet that is walking; those below wait for it (it answers one of them).

    `origin` is the injected packet (or the outer one it became), `backlog` what lo will bring back once this call is
    over, `guesses` how many unknown matches were taken to match, `unusual` how many of them are settings, `icmp_busy`
    whether the host is just sending an ICMP message of its own, `answered` whether it did send one, `handshakes` the
    flows whose SYN a socket took, `overloaded` the real servers (by id) that reached their upper threshold, `expiring`
    the connections whose timer fires right after this packet: they are found no more, but still counted; `load` the
    counters of active and inactive connections by real server (id), `next_timer` a time before which no timer of IPVS
    fires, `memory` what matches and sets keep from one packet to the next (values that never change, so that twins
    share them), `path_mtus` the MTU of the way to an address as ICMP errors have told it, and until when it holds,
    `unknowns` the numbers that the kernel chose and nobody knows, `expectations` what conntrack's helpers expect, the
    newest first (they never change).
    """

    kernel: Kernel
    skbs: list[Skb] = field(default_factory=list)
    entries: MutableMapping[FlowTuple, Entry] = field(default_factory=dict)
    connections: MutableMapping[FlowTuple, Connection] = field(default_factory=dict)
    responses: MutableMapping[FlowTuple, Connection] = field(default_factory=dict)
    templates: MutableMapping[TemplateKey, Template] = field(default_factory=dict)
    schedulers: dict[int, Any] = field(default_factory=dict)
    now: float = 0.0
    trace: list[str] = field(default_factory=list)
    egress: list[dict[str, Any]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    assumed: dict[str, int] = field(default_factory=dict)
    when: list[str] = field(default_factory=list)
    hook: Hook = Hook.PRE_ROUTING
    results: list[PacketResult] = field(default_factory=list)
    lost: bool = False
    guesses: int = 0
    unusual: int = 0
    answered: bool = False
    handshakes: MutableMapping[FlowTuple, bool] = field(default_factory=dict)
    overloaded: set[int] = field(default_factory=set)
    icmp_busy: bool = False
    redirects: MutableMapping[tuple[int, str], tuple[int, float]] = field(default_factory=dict)
    load: dict[int, tuple[int, int]] = field(default_factory=dict)
    next_timer: float = inf
    expiring: list[Connection] = field(default_factory=list)
    backlog: list[Skb] = field(default_factory=list)
    origin: Skb | None = None
    memory: dict[object, Any] = field(default_factory=dict)
    path_mtus: MutableMapping[int, tuple[int, float]] = field(default_factory=dict)
    unknowns: dict[int, Unknown] = field(default_factory=dict)
    expectations: list[Expectation] = field(default_factory=list)

    @property
    def skb(self) -> Skb:
        """The packet that is walking."""
        return self.skbs[-1]

    @property
    def family(self) -> Family:
        """The walking packet's."""
        return self.skb.family

    @property
    def net(self) -> Net:
        """The host as packets of the walking one's family see it."""
        return self.kernel.nets[self.skbs[-1].family]

    def fork(self) -> World:
        """An independent twin."""
        memo: dict[int, Any] = {}
        entries = alike(self.entries, ((flow, copy_entry(entry, memo)) for flow, entry in self.entries.items()))
        for connection in (*self.connections.values(), *self.responses.values()):
            if id(connection) not in memo:
                memo[id(connection)] = _twin(connection)
        return World(
            self.kernel,
            [skb.copy(memo) for skb in self.skbs],
            entries,
            alike(self.connections, ((flow, memo[id(item)]) for flow, item in self.connections.items())),
            alike(self.responses, ((flow, memo[id(item)]) for flow, item in self.responses.items())),
            alike(self.templates, ((key, _twin(template)) for key, template in self.templates.items())),
            {key: list(state) if isinstance(state, list) else state for key, state in self.schedulers.items()},
            self.now,
            list(self.trace),
            [dict(item) for item in self.egress],
            list(self.steps),
            dict(self.assumed),
            list(self.when),
            self.hook,
            list(self.results),
            self.lost,
            self.guesses,
            self.unusual,
            self.answered,
            alike(self.handshakes, self.handshakes.items()),
            set(self.overloaded),
            self.icmp_busy,
            alike(self.redirects, self.redirects.items()),
            dict(self.load),
            self.next_timer,
            [memo.get(id(item)) or _twin(item) for item in self.expiring],
            [_copied(skb, memo) for skb in self.backlog],
            _copied(self.origin, memo) if self.origin is not None else None,
            dict(self.memory),
            alike(self.path_mtus, self.path_mtus.items()),
            dict(self.unknowns),
            list(self.expectations),
        )

    def split(self, pred: Pred) -> tuple[World | None, World | None]:
        """The part of this world where `pred` holds, and the part where it does not. Either may be None."""
        found = self.kernel.test(pred)(self.skb.values)
        if found is None:
            found = self._bounded(pred)
        if found is None:
            return self._both(pred)
        return (self, None) if found else (None, self)

    def first(self, ways: Ways, start: int = 0) -> tuple[int, World | None, World | None]:
        """Where the first Pred from `start` on stands that this world does not surely fail, and its split by that Pred.

        Without one: the length of the list, None and this world.
        """
        place, found = ways.first(self.skb.values, start)
        while found is None:
            found = self._bounded(ways.preds[place])
            if found is None:
                return place, *self._both(ways.preds[place])
            if not found:
                place, found = ways.first(self.skb.values, place + 1)
        return (place, self, None) if found else (place, None, self)

    def candidate(self, ways: Ways, start: int = 0) -> int:
        """Where the first Pred from `start` on stands that this world does not surely fail, without a split."""
        return ways.first(self.skb.values, start)[0]

    def _bounded(self, pred: Pred) -> bool | None:
        """What a Pred says of a packet that carries numbers of which only the range is known."""
        numbers = {what: self.unknowns[number] for what, number in self.skb.numbers.items()}
        return answer(pred, self.skb.values, numbers) if numbers else None

    def _both(self, pred: Pred) -> tuple[World, World]:
        other = self.fork()
        said = words(pred)
        self.guesses += 1
        self.when.append(said)
        other.when.append(f"not: {said}")
        return self, other

    def unsure(self, said: str, surely: bool, perhaps: bool) -> list[tuple[bool, World]]:
        """The answer when both agree; otherwise both answers, of which `said` are the words for yes."""
        if surely == perhaps:
            return [(surely, self)]
        other = self.fork()
        self.guesses += 1
        self.when.append(said)
        other.when.append(f"not: {said}")
        return [(True, self), (False, other)]

    def cases(self, table: Sequence[tuple[Pred, Any]], otherwise: Any = None) -> list[tuple[Any, World]]:
        """This world, cut by the first Pred of `table` that holds. The table is compiled once and kept."""
        ways = self.kernel.cases(table)
        found: list[tuple[Any, World]] = []
        rest: World | None = self
        place = -1
        while rest is not None:
            place, yes, rest = rest.first(ways, place + 1)
            if yes is None:
                break
            found.append((table[place][1], yes))
        if rest is not None:
            found.append((otherwise, rest))
        return found

    def settle(
        self, fact: str, choices: Iterable[tuple[int, str]], usual: int | None = None
    ) -> list[tuple[int, World]]:
        """One branch for each value that an unknown fact may have; a fact once assumed stays as it is.

        A value other than the `usual` one is a guess, as an unknown match that is taken to match is.
        """
        if fact in self.assumed:
            return [(self.assumed[fact], self)]
        listed = list(choices)
        worlds = [self, *(self.fork() for _ in listed[1:])]
        for world, (value, said) in zip(worlds, listed, strict=True):
            world.assumed[fact] = value
            world.when.append(said)
            odd = usual is not None and value != usual
            world.guesses += odd
            world.unusual += odd
        return [(value, world) for world, (value, _) in zip(worlds, listed, strict=True)]

    def setting(self, key: str) -> list[tuple[int, World]]:
        """The value of a sysctl key: one branch, or one for 0 and one for 1 when no sysctl file is there."""
        known = self.kernel.settings.get(key)
        if known is not None:
            return [(known, self)]
        usual = None if key in _BOTH_ARE_COMMON else self.kernel.settings.default(key)
        return self.settle(key, [(value, f"{key} = {value}") for value in (0, 1)], usual)

    def arm(self, record: Connection | Template, expires: float) -> None:
        """Start a record's timer anew."""
        record.expires = expires
        self.next_timer = min(self.next_timer, expires)

    def assign(self, what: Field, value: int | None) -> None:
        """Set a field of the walking packet; its connection's mark is that of all packets of the connection."""
        self.skb.values[what] = value
        if what is CT_MARK and value is not None and self.skb.ct is not None:
            self.skb.ct.mark = value

    def forget(self, what: Field) -> None:
        """From here on nobody knows what a field of the walking packet holds."""
        self.skb.values[what] = None

    def push(self, skb: Skb) -> None:
        """Let another packet walk before this one goes on."""
        self.skbs.append(skb)

    def pop(self) -> Skb:
        """Take the packet that walked last off again."""
        return self.skbs.pop()

    def attach(self, entry: Entry | None, state: CtState, *, reply: bool = False) -> None:
        """nf_ct_set: give the packet a conntrack entry, or none, and its ctstate."""
        skb = self.skb
        skb.ct = entry
        values = skb.values
        values[CT_STATE] = state
        values[CT_DIRECTION] = int(reply)
        values.update({CT_STATUS: 0} if entry is None else fields_of(entry, self.now))

    @property
    def tracked(self) -> bool:
        """Whether the packet has an entry, or a template of one, or shall have none (skb->_nfct is not 0)."""
        skb = self.skb
        return skb.ct is not None or skb.template is not None or skb.bare or skb.values[CT_STATE] == CtState.UNTRACKED

    def use_template(self, template: Track) -> None:
        """xt_ct_target: until it is tracked the packet looks like the first one of a flow of zeros."""
        blank = FlowTuple(0, 0, 0, 0, 0)
        self.attach(Entry(blank, blank, CtStatus.CONFIRMED), CtState.NEW)
        self.skb.ct, self.skb.template = None, template

    @property
    def state(self) -> str:
        """The packet's ctstate as `--ctstate` sees it."""
        return _STATE_NAMES[self.skb.value(CT_STATE)]

    def trace_line(self, table: str, chain: str, kind: str, number: int) -> None:
        """One line of the TRACE target (net/ipv4/netfilter/ip_tables.c trace_packet)."""
        values = self.skb.values
        incoming, out = values[IIF], values[OIF]
        self.trace.append(
            f"{table}:{chain}:{kind}:{number}"
            f" IN={interface_name(incoming) if incoming else ''}"
            f" OUT={interface_name(out) if out else ''}"
            f" SRC={self.skb.text(SRC)} DST={self.skb.text(DST)}"
        )

    def step(self, text: str, **details: Any) -> None:
        """Note what happened, for people."""
        values = self.skb.values
        view = View(
            len(self.skbs),
            self.family.version,
            values[IIF],
            values[OIF],
            values[PROTO],
            values[SRC],
            values[DST],
            values[SPORT],
            values[DPORT],
        )
        self.steps.append(Step(self.hook.name, text, view=view, **details))

    def end(self, fate: str, text: str, **details: Any) -> None:
        """The walking packet meets its fate."""
        self.skb.fate = fate
        self.step(text, kind="end", **details)

    def set_devices(self, incoming: str | None, out: str | None) -> None:
        """The in and out interface that a hook's rules see; None is no interface."""
        self.skb.values[IIF] = interface(incoming) if incoming else 0
        self.skb.values[OIF] = interface(out) if out else 0


def alike(table: MutableMapping[Key, Value], items: Iterable[tuple[Key, Value]]) -> MutableMapping[Key, Value]:
    """A table of the same kind: for one packet or for many."""
    return type(table)(items)  # type: ignore[call-arg]


def _copied(skb: Skb, memo: dict[int, Any]) -> Skb:
    """The twin of a packet that may have been copied already."""
    found = memo.get(id(skb))
    return found if isinstance(found, Skb) else skb.copy(memo)


def _twin(record: Any) -> Any:
    return copy.copy(record)
