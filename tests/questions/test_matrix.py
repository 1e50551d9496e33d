"""The service matrix against every pair of addresses, and against a verified tool's figures on real rule sets."""

from __future__ import annotations

import csv
import random
from itertools import pairwise
from pathlib import Path

import pytest

from lvsconf.gathering import Group, decode
from lvsconf.kernel.chains import LoadedTable, walk
from lvsconf.kernel.families import IPV4
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.skb import skb_of
from lvsconf.kernel.world import World
from lvsconf.model.effects import Verdict
from lvsconf.model.fields import CT_STATE, TCP, CtState
from lvsconf.model.netfilter import Hook
from lvsconf.packets.packet import parse
from lvsconf.questions.matrix import Matrix, matrix
from lvsconf.snapshot import assemble
from lvsconf.source import Source
from tests.kernel.builders import director, host_of

CORPUS = Path(__file__).resolve().parents[2] / ".." / "shared" / "corpus"
EXPECTED = CORPUS / "matrix" / "expected.tsv"

NETWORKS = ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "192.0.2.0/24", "192.0.2.128/25", "198.51.100.7")
ADDRESSES = ("10.0.0.1", "10.1.0.1", "10.1.2.3", "192.0.2.1", "192.0.2.200", "198.51.100.7", "203.0.113.1")


def table_of(rules: list[str]) -> tuple[Kernel, LoadedTable]:
    kernel = Kernel(host_of(director(rules=rules)))
    return kernel, kernel.net(IPV4).tables["filter"]


def random_rules(pick: random.Random) -> list[str]:
    rules = [f"filter :FORWARD {pick.choice(['ACCEPT', 'DROP'])}", "filter :U -"]
    for _ in range(pick.randint(1, 8)):
        words = [f"filter -A {pick.choice(['FORWARD', 'FORWARD', 'U'])}"]
        if pick.random() < 0.6:
            words.append(f"{pick.choice(['', '! '])}-s {pick.choice(NETWORKS)}")
        if pick.random() < 0.6:
            words.append(f"{pick.choice(['', '! '])}-d {pick.choice(NETWORKS)}")
        if pick.random() < 0.3:
            words.append(f"-p tcp -m tcp --dport {pick.choice(['22', '80', '1:100'])}")
        if pick.random() < 0.2:
            words.append(f"-m conntrack --ctstate {pick.choice(['NEW', 'ESTABLISHED'])}")
        targets = ["ACCEPT", "DROP", "RETURN", "LOG", *([] if "-A U" in words[0] else ["U", "U"])]
        rules.append(" ".join([*words, f"-j {pick.choice(targets)}"]))
    return rules


def accepted(kernel: Kernel, table: LoadedTable, source: str, target: str) -> bool:
    packet = {"in": "eth0", "src": source, "dst": target, "proto": "tcp", "sport": 10000, "dport": 22}
    world = World(kernel, [skb_of(parse(packet), "eth0")])
    world.hook = Hook.FORWARD
    world.set_devices("eth0", "eth1")
    world.assign(CT_STATE, CtState.NEW)
    ((_, verdict),) = walk(world, table, "FORWARD", lambda there, _: [there])
    return verdict is Verdict.ACCEPT


def number_of(found: Matrix, text: str) -> int:
    value = int.from_bytes(bytes(int(part) for part in text.split(".")), "big")
    (number,) = (each.number for each in found.nodes if any(low <= value <= high for low, high in each.addresses))
    return number


@pytest.mark.parametrize("seed", range(40))
def test_an_edge_is_a_connection_that_is_accepted(seed: int) -> None:
    kernel, table = table_of(random_rules(random.Random(seed)))
    found = matrix(table, 4, "FORWARD", TCP, 22)
    assert found == matrix(table, 4, "FORWARD", TCP, 22, upper=True), "nothing is unknown here"
    edges = set(found.edges)
    for source in ADDRESSES:
        for target in ADDRESSES:
            pair = number_of(found, source), number_of(found, target)
            assert (pair in edges) is accepted(kernel, table, source, target), (source, target)


@pytest.mark.parametrize("seed", range(10))
def test_classes_cover_all_addresses_once_and_differ(seed: int) -> None:
    _, table = table_of(random_rules(random.Random(1000 + seed)))
    found = matrix(table, 4, "FORWARD", TCP, 22)
    spans = sorted(interval for node in found.nodes for interval in node.addresses)
    assert (spans[0][0], spans[-1][1]) == (0, 2**32 - 1)
    assert all(high + 1 == low for (_, high), (low, _) in pairwise(spans))
    numbers = [node.number for node in found.nodes]
    behaviour = {
        number: (
            frozenset(target for source, target in found.edges if source == number),
            frozenset(source for source, target in found.edges if target == number),
        )
        for number in numbers
    }
    assert len(set(behaviour.values())) == len(numbers)


def test_an_interface_is_the_same_in_all_rules_unless_each_decides_anew() -> None:
    """The first rule drops what the second accepts: only a look at each alone lets something pass."""
    _, table = table_of(
        [
            "filter :FORWARD DROP",
            "filter -A FORWARD -i eth0 -j DROP",
            "filter -A FORWARD -i eth0 -s 10.0.0.0/8 -j ACCEPT",
        ]
    )
    assert not matrix(table, 4, "FORWARD", TCP, 22).edges
    assert matrix(table, 4, "FORWARD", TCP, 22, upper=True).edges


def expected() -> list[tuple[str, int, int, int]]:
    if not EXPECTED.is_file():
        return []
    lines = (line for line in EXPECTED.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    rows = csv.DictReader(lines, delimiter="\t")
    return [(row["dump"], int(row["port"]), int(row["nodes"]), int(row["edges"])) for row in rows]


@pytest.mark.skipif(not expected(), reason="no corpus here: the figures of a verified tool are not compared")
@pytest.mark.parametrize(("dump", "port", "nodes", "edges"), expected() or [("", 0, 0, 0)])
def test_the_figures_of_a_verified_tool(dump: str, port: int, nodes: int, edges: int) -> None:
    text = decode((CORPUS / "iptables-save" / dump).read_bytes())
    kernel = Kernel(assemble(Group("corpus", (Source(dump, text),))).host)
    found = matrix(kernel.net(IPV4).tables["filter"], 4, "FORWARD", TCP, port, upper=True)
    assert (len(found.nodes), len(found.edges)) == (nodes, edges)
