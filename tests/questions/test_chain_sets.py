"""Dead and redundant rules against every packet there is, in small tables."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from lvsconf.kernel.chains import LoadedTable
from lvsconf.model.effects import Verdict
from lvsconf.questions.chain_sets import ChainSets, NotWalkedError
from lvsconf.questions.dead_rules import DeadRules, Why
from lvsconf.questions.redundant_rules import RedundantRules
from tests.questions.small_tables import Place, Sent, draw, loaded, packets, without

SEEDS = range(60)
PAIRS = [(seed, 6 if seed % 4 == 3 else 4) for seed in SEEDS]


def outcomes(table: LoadedTable, family: int, answer: bool) -> list[tuple[object, list[object], list[Place]]]:
    found = []
    for packet in packets(family):
        sent = Sent(table, dict(packet), lambda _: answer)
        found.append((sent.fate(), sent.told, sent.seen))
    return found


def fates(table: LoadedTable, family: int) -> list[object]:
    return [(fate, told) for answer in (True, False) for fate, told, _ in outcomes(table, family, answer)]


@pytest.mark.parametrize(("seed", "family"), PAIRS)
def test_a_rule_is_dead_when_no_packet_matches_it(seed: int, family: int) -> None:
    pick = random.Random(seed)
    table = loaded(draw(pick, family, plain=seed % 2 == 0), family)
    sets = ChainSets(table, family)
    met: set[Place] = set()
    entered: set[str] = set()
    for answer in (True, False):
        for _, _, seen in outcomes(table, family, answer):
            met |= set(seen)
            entered |= {name for name, _ in seen}
    dead = {(each.link.chain.name, each.link.number) for each in DeadRules(sets).rules()}
    unreached = {each.chain.name for each in DeadRules(sets).chains()}
    assert not dead & met
    assert not unreached & entered
    if seed % 2 == 0:
        mine = {(name, number) for name in sets.matched for number in range(1, len(sets.links[name]) + 1)}
        built_in = {(name, number) for name, number in mine if name in ("FORWARD", "OUTPUT")}
        assert dead == mine - met - built_in


@pytest.mark.parametrize(("seed", "family"), PAIRS)
def test_the_cover_takes_all_packets_and_none_of_it_can_be_spared(seed: int, family: int) -> None:
    table = loaded(draw(random.Random(seed), family), family)
    sets = ChainSets(table, family)
    for dead in DeadRules(sets).rules():
        if dead.why is not Why.COVERED:
            continue
        rest = dead.packets
        assert dead.cover
        for link in dead.cover:
            others = dead.packets
            for other in dead.cover:
                if other is not link:
                    others -= sets.ended(other)
            assert others
            rest -= sets.ended(link)
        assert not rest


@pytest.mark.parametrize(("seed", "family"), PAIRS)
def test_redundant_rules_may_all_be_deleted(seed: int, family: int) -> None:
    table = loaded(draw(random.Random(seed), family), family)
    sets = ChainSets(table, family)
    gone = {(each.link.chain.name, each.link.number) for each in RedundantRules(sets).rules()}
    gone |= {(each.link.chain.name, each.link.number) for each in DeadRules(sets).rules()}
    before, after = fates(table, family), fates(without(table, gone), family)
    assert before == after


@pytest.mark.parametrize(("seed", "family"), PAIRS)
def test_nothing_else_may_be_deleted(seed: int, family: int) -> None:
    """In a chain without user chains, of rules that end a packet's way."""
    table = loaded(draw(random.Random(seed), family, user_chains=False, plain=True), family)
    sets = ChainSets(table, family)
    gone = {(each.link.chain.name, each.link.number) for each in RedundantRules(sets).rules()}
    gone |= {(each.link.chain.name, each.link.number) for each in DeadRules(sets).rules()}
    rest = without(table, gone)
    before = fates(rest, family)
    rules = rest.chains["INPUT"].rules
    for number, rule in enumerate(rules, 1):
        explicit_default = number == len(rules) and rule.tail
        if fates(without(rest, {("INPUT", number)}), family) == before:
            assert explicit_default, number


def test_chains_that_call_each_other_are_not_walked() -> None:
    text = "*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A A -j B\n-A B -j A\nCOMMIT\n"
    with pytest.raises(NotWalkedError, match="leads back to itself"):
        ChainSets(loaded_faulty(text), 4)


def loaded_faulty(text: str) -> LoadedTable:
    from lvsconf.gathering import Group
    from lvsconf.kernel.chains import load_table
    from lvsconf.snapshot import assemble
    from lvsconf.source import Source

    host = assemble(Group("drawn", (Source("iptables.rules", text),))).host
    return load_table(host.rules[4].tables["filter"], 4, lambda _: None)


def test_every_call_twice_over_is_no_more_work() -> None:
    """A chain is looked at once, however many ways lead there."""
    names = [f"C{number}" for number in range(60)]
    lines = ["*filter", ":INPUT ACCEPT [0:0]", *(f":{name} - [0:0]" for name in names), "-A INPUT -j C0"]
    for here, there in pairwise(names):
        lines += [f"-A {here} -p tcp -j {there}", f"-A {here} -s 10.0.0.0/8 -j {there}"]
    lines += ["-A C59 -p udp -s 10.0.0.1/32 -j DROP", "COMMIT", ""]
    table = loaded("\n".join(lines), 4)
    sets = ChainSets(table, 4)
    assert table.chains["INPUT"].policy is Verdict.ACCEPT
    assert all(sets.matched[f"C{number}"][1] for number in range(59))


def test_too_many_kinds_of_packets_are_said() -> None:
    """Sources and destinations in turn: the sets grow with each, so that what comes behind is not known any more."""
    pick = random.Random(1)
    lines = ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"]
    for number in range(400):
        address = ".".join(str(pick.randrange(256)) for _ in range(4))
        lines.append(f"-A INPUT {'-s' if number % 2 else '-d'} {address}/32 -j DROP")
    lines += ["-A INPUT -d 10.0.0.1/32 -j DROP", "-A INPUT -d 10.0.0.1/32 -j ACCEPT", "COMMIT", ""]
    table = loaded("\n".join(lines), 4)
    sets = ChainSets(table, 4, room=5_000)
    assert [link.chain.name for link in sets.unfollowed] == ["INPUT"]
    assert sets.unfollowed[0].number < 300
    # What is behind is taken to be met by all that comes to the chain.
    assert not list(DeadRules(sets).rules())
    assert [each.link.number for each in DeadRules(ChainSets(table, 4)).rules()] == [402]
