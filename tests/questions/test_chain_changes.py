"""What changed in chains against single packets that walk through both, and against z3."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

import pytest

from lvsconf.kernel.chains import LoadedTable, walk
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.skb import EMPTY, Skb
from lvsconf.kernel.world import World
from lvsconf.model.effects import Verdict
from lvsconf.model.fields import CT_STATE, DPORT, DST, IIF, MARK, OIF, PROTO, SPORT, SRC, TCP_FLAGS, Field, interface
from lvsconf.model.host import Host
from lvsconf.model.netfilter import Hook
from lvsconf.packets.space import Space
from lvsconf.questions.chain_changes import Change, NotCompared, chain_changes
from lvsconf.questions.edits import Compared
from tests.kernel.builders import director, host_of

CHAIN = "FORWARD"
NETS = ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "192.0.2.0/24")
MATCHES = (
    *(f"{side} {net}" for side in ("-s", "-d", "! -s") for net in NETS),
    "-p tcp -m tcp --dport 80",
    "-p tcp -m tcp --dport 1024:65535",
    "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN",
    "-p udp",
    "-p udp -m multiport --dports 53,80:90",
    "-i eth0",
    "! -o eth1",
    "-m conntrack --ctstate NEW",
    "-m state --state RELATED,ESTABLISHED",
    "-m mark --mark 0x1/0x3",
)
UNKNOWN = "-m time --timestart 08:00:00"
TARGETS = ("ACCEPT", "DROP", "RETURN", "REJECT", "LOG", "REJECT --reject-with tcp-reset", "A", "B")
ADDRESSES = (0x0A000001, 0x0A010001, 0x0A010203, 0x0A010204, 0x0AFFFFFF, 0x0B000000, 0xC0000205, 0xC0000300)


def rules(pick: random.Random, *, unknown: bool) -> list[str]:
    """A few rules of FORWARD and two user chains."""
    found = []
    for chain, targets in ((CHAIN, TARGETS), ("A", (*TARGETS[:6], "B")), ("B", TARGETS[:6])):
        for _ in range(pick.randint(1, 6)):
            # No option twice: `-s` and `! -s` are one.
            kinds = {word.removeprefix("! ")[:2]: word for word in pick.sample(MATCHES, pick.randint(0, 3))}
            words = [kinds[kind] for kind in sorted(kinds)]
            if unknown and pick.random() < 0.2:
                words.append(UNKNOWN)
            target = pick.choice(targets)
            if target.endswith("tcp-reset"):
                words = [word for word in words if not word.startswith("-p")] + ["-p tcp"]
            found.append(" ".join([f"filter -A {chain}", *words, "-j", target]))
    return found


def edited(pick: random.Random, lines: list[str], more: list[str]) -> list[str]:
    """The same with one rule moved, gone, or from elsewhere."""
    found = list(lines)
    kind = pick.choice(("move", "delete", "insert", "replace"))
    if kind != "insert":
        line = found.pop(pick.randrange(len(found)))
    if kind == "move":
        found.insert(pick.randrange(len(found) + 1), line)
    if kind in ("insert", "replace"):
        found.insert(pick.randrange(len(found) + 1), pick.choice(more))
    return found


def host(lines: list[str], policy: str) -> Host:
    head = ["filter :A -", "filter :B -", f"filter :{CHAIN} {policy}"]
    return host_of(director(rules=[*head, *lines]))


def table_of(kernel: Kernel) -> LoadedTable:
    return kernel.tables["filter"]


def packets(pick: random.Random, count: int) -> Iterator[dict[Field, int]]:
    """Packets at the borders of what rules name."""
    for _ in range(count):
        proto = pick.choice((6, 17, 1))
        found = {
            SRC: pick.choice(ADDRESSES),
            DST: pick.choice(ADDRESSES),
            PROTO: proto,
            IIF: interface(pick.choice(("eth0", "eth1", "eth00"))),
            OIF: interface(pick.choice(("eth0", "eth1"))),
            CT_STATE: pick.randrange(5),
            MARK: pick.choice((0, 1, 5, 4)),
        }
        if proto != 1:
            found |= {DPORT: pick.choice((52, 53, 79, 80, 90, 91, 1023, 1024, 65535)), SPORT: 40000}
        if proto == 6:
            found[TCP_FLAGS] = pick.choice((2, 18, 16, 4, 0, 0xC2))
        yield found


def ends(kernel: Kernel, values: Mapping[Field, int]) -> set[str]:
    """How a packet may end."""
    world = World(kernel, [Skb({**EMPTY, **values}, "eth0")])
    world.hook = Hook(CHAIN)
    answers: list[str] = []

    def rejected(there: World, answer: str) -> list[World]:
        answers.append(answer)
        there.skb.said = answer
        return [there]

    found = walk(world, table_of(kernel), CHAIN, rejected)
    return {
        "ACCEPT" if verdict is Verdict.ACCEPT else f"REJECT {there.skb.said}" if there.skb.said else verdict.value
        for there, verdict in found
    }


def changes(space: Space, old: Kernel, new: Kernel) -> list[Change]:
    one, other = (kernel.host.rules[4].tables["filter"] for kernel in (old, new))
    same = Compared(one, other, 4).same
    return [
        change
        for change in chain_changes(space, old.tables, new.tables, lambda name: same if name == "filter" else ())
        if change.chain == CHAIN and change.table == "filter"
    ]


@pytest.mark.parametrize("unknown", [False, True], ids=["known", "unknown"])
@pytest.mark.parametrize("seed", range(60))
def test_the_changed_packets_are_those_that_end_otherwise(seed: int, unknown: bool) -> None:
    pick = random.Random(seed)
    lines = rules(pick, unknown=unknown)
    policies = [pick.choice(("ACCEPT", "DROP"))] * 2
    if pick.random() < 0.2:
        policies[1] = "DROP"
    after = edited(pick, lines, rules(pick, unknown=unknown))
    old, new = Kernel(host(lines, policies[0])), Kernel(host(after, policies[1]))
    space = Space(4, nodes=1 << 18)
    found = changes(space, old, new)
    for values in packets(pick, 150):
        before, now = ends(old, values), ends(new, values)
        place = {**dict.fromkeys(space.fields, 0), **values}
        mine = [change for change in found if space.holds(change.packets, place)]
        assert len(mine) == (before != now), (values, before, now)
        for change in mine:
            assert {end.verdict for end in change.before.ends} == before
            assert {end.verdict for end in change.after.ends} == now
            assert change.certain is (len(before) == len(now) == 1)


def test_the_same_rules_change_nothing() -> None:
    lines = rules(random.Random(7), unknown=True)
    old, new = Kernel(host(lines, "DROP")), Kernel(host(lines, "DROP"))
    assert not changes(Space(4, nodes=1 << 16), old, new)


def test_sets_that_grow_too_large_are_said_and_passed_over() -> None:
    pick = random.Random(3)
    lines = [line for _ in range(20) for line in rules(pick, unknown=False)]
    old, new = Kernel(host(lines, "DROP")), Kernel(host(lines[:-1], "ACCEPT"))
    space = Space(4, nodes=1 << 11)
    found = list(chain_changes(space, old.tables, new.tables, lambda _: ()))
    assert NotCompared("filter", CHAIN) in found
