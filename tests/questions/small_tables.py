"""Small random tables over few values, and the plainest way of sending one packet through them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from lvsconf.gathering import Group
from lvsconf.kernel.chains import LoadedChain, LoadedTable, load_table
from lvsconf.kernel.skb import EMPTY
from lvsconf.model.effects import Assign, Goto, Jump, Reject, Return, Verdict
from lvsconf.model.fields import (
    CT_STATE,
    DPORT,
    DST,
    ICMP,
    IIF,
    MARK,
    OIF,
    PROTO,
    SRC,
    TCP,
    UDP,
    CtState,
    Field,
    interface,
)
from lvsconf.model.preds import Pred, Question
from lvsconf.packets.one import answer
from lvsconf.snapshot import assemble
from lvsconf.source import Source

BASE = {4: 0x0A000000, 6: 0x20010DB8 << 96}
NET = {4: "10.0.0.{}/{}", 6: "2001:db8::{}/{}"}
LENGTH = {4: 32, 6: 128}
STATES = (CtState.NEW, CtState.ESTABLISHED, CtState.INVALID)

Packet = Mapping[Field, int]
Place = tuple[str, int]
"""A chain and the number of a rule in it."""


def packets(family: int) -> list[dict[Field, int]]:
    """Every packet in which the drawn rules can see a difference, as they come to filter INPUT."""
    sources = [BASE[family] + low for low in range(4)] + [BASE[family] + 64]
    found = []
    nothing = dict.fromkeys(EMPTY, 0)
    for source, proto, port, device, state, mark in product(
        sources, (TCP, UDP, ICMP), (80, 81, 82), ("eth0", "eth1", "lo"), STATES, (0, 1)
    ):
        packet = {**nothing, SRC: source, DST: BASE[family] + 200, PROTO: proto, DPORT: port, IIF: interface(device)}
        found.append({**packet, OIF: 0, CT_STATE: int(state), MARK: mark})
    return found


def draw(pick: random.Random, family: int, *, user_chains: bool = True, plain: bool = False) -> str:
    """A dump of a filter table; a `plain` one has rules alone that say which packets they take, and end their way."""

    def conditions() -> Iterator[str]:
        if pick.random() < 0.6:
            size = pick.choice((0, 1, 2))
            low = pick.randrange(4) >> size << size
            yield f"{pick.choice(('', '', '! '))}-s {NET[family].format(low, LENGTH[family] - size)}"
        if pick.random() < 0.2:
            yield f"{pick.choice(('', '! '))}-i eth{pick.randrange(2)}"
        if pick.random() < 0.4:
            proto = pick.choice(("tcp", "udp"))
            yield f"-p {proto}"
            if pick.random() < 0.6:
                yield f"-m {proto} {pick.choice(('', '! '))}--dport {pick.choice(('80', '81', '80:81'))}"
        if pick.random() < 0.2:
            states = pick.choice(("NEW", "ESTABLISHED", "NEW,ESTABLISHED"))
            yield f"-m conntrack {pick.choice(('', '! '))}--ctstate {states}"
        if pick.random() < 0.1 and not plain:
            yield "-m mark --mark 0x1"
        if pick.random() < 0.1 and not plain:
            yield "-m limit --limit 5/sec"

    def target(later: list[str], *, user: bool) -> str:
        kinds = ["ACCEPT"] * 4 + ["DROP"] * 3 + ["REJECT"]
        if user:
            kinds += ["RETURN"] * 2
        if not plain:
            kinds += ["LOG", "MARK --set-xmark 0x1/0xffffffff"]
        if later and pick.random() < 0.4:
            return f"{pick.choice(('-j', '-j', '-g'))} {pick.choice(later)}"
        return f"-j {pick.choice(kinds)}"

    chains = ["A", "B", "C"] if user_chains else []
    lines = ["*filter", f":INPUT {pick.choice(('ACCEPT', 'DROP'))} [0:0]", ":FORWARD ACCEPT [0:0]"]
    lines += [":OUTPUT ACCEPT [0:0]", *(f":{name} - [0:0]" for name in chains)]
    for at, name in enumerate(["INPUT", *chains]):
        for _ in range(pick.randrange(1, 7)):
            lines.append(" ".join(["-A", name, *conditions(), target(chains[at:], user=at > 0)]))
    return "\n".join([*lines, "COMMIT", ""])


def loaded(text: str, family: int) -> LoadedTable:
    """The filter table of a dump, with nothing known of the host."""
    name = "iptables.rules" if family == 4 else "ip6tables.rules"
    host = assemble(Group("drawn", (Source(name, text),)))
    assert not host.problems
    nobody: Callable[[Question], Pred | None] = lambda _: None  # noqa: E731
    return load_table(host.host.rules[family].tables["filter"], family, nobody)


def without(table: LoadedTable, gone: set[Place]) -> LoadedTable:
    """The table when some rules are deleted."""

    def shorter(chain: LoadedChain) -> LoadedChain:
        kept = tuple(rule for at, rule in enumerate(chain.rules, 1) if (chain.name, at) not in gone)
        return replace(chain, rules=kept, preds=tuple(rule.pred for rule in kept))

    return LoadedTable(table.name, {name: shorter(chain) for name, chain in table.chains.items()})


@dataclass
class Sent:
    """One packet on its way through INPUT. `seen` are the rules that matched, `told` what was written or changed.

    `asked`: the answers to what nobody knows, one after the other, by rule.
    """

    table: LoadedTable
    packet: dict[Field, int]
    asked: Callable[[object], bool]
    seen: list[Place] = field(default_factory=list)
    told: list[object] = field(default_factory=list)

    def fate(self) -> object:
        """How it ends."""
        chain = self.table.chains["INPUT"]
        assert chain.policy is not None
        return self._chain(chain) or chain.policy

    def _chain(self, chain: LoadedChain) -> object:
        """None when it comes back."""
        for number, rule in enumerate(chain.rules, 1):
            found = answer(rule.pred, self.packet)
            if found is None:
                self.told.append(("asked", id(rule)))
                found = self.asked(rule)
            if not found:
                continue
            self.seen.append((chain.name, number))
            if not rule.effects:
                self.told.append(("logged", id(rule)))
            for effect in rule.effects:
                match effect:
                    case Verdict() | Reject():
                        return effect
                    case Return():
                        return None
                    case Jump(name):
                        end = self._chain(self.table.chains[name])
                        if end is not None:
                            return end
                    case Goto(name):
                        return self._chain(self.table.chains[name])
                    case Assign(what, value, mask):
                        self.told.append(("marked", id(rule)))
                        self.packet[what] = (self.packet[what] & ~mask) ^ value
                    case _:
                        raise AssertionError(effect)
        return None
