"""Somebody looks for a packet that refutes what is called proven."""

from __future__ import annotations

from itertools import product

import pytest

from lvsconf.findings import Certainty
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import outcomes, replay
from lvsconf.kernel.world import PacketResult
from lvsconf.packets.packet import parse_list
from tests.kernel.builders import host_of
from tests.kernel.directors import Director
from tests.lint.asking import lint_of

OUTSIDE = ("198.51.100.7", "203.0.113.9", "192.0.2.50", "8.8.8.8")
INSIDE = ("10.0.0.2", "10.0.0.77")
CLIENTS = [*((client, "eth0") for client in OUTSIDE), *((client, "eth1") for client in INSIDE)]
PORTS = (40000, 1024, 80, 8080, 53, 22, 443, 65000)


def gets_through(way: PacketResult, client: str) -> bool:
    """IPVS has scheduled the packet, no rule took it, and it left or was answered here."""
    scheduled = any(step.kind == "ipvs" and step.verdict in ("NAT", "DR", "TUN") for step in way.steps)
    taken = any(step.verdict in ("DROP", "REJECT") for step in way.steps)
    arrived = way.fate == "forwarded" or any(item["dst"] == client for item in way.egress)
    return scheduled and arrived and not taken


PORT = "only one source port is tried"
BEHIND = "clients behind the other interface are not tried"
SEEDS = [
    *range(36),
    *(pytest.param(seed, marks=pytest.mark.xfail(reason=PORT)) for seed in (38, 208, 491, 518, 566)),
    *(pytest.param(seed, marks=pytest.mark.xfail(reason=BEHIND)) for seed in (533, 554, 654)),
]


@pytest.mark.parametrize("seed", SEEDS)
def test_where_no_client_is_said_to_get_through_none_does(seed: int) -> None:
    files = Director(seed).files()
    kernel = Kernel(host_of(files))
    for finding in lint_of(files, select=["LVS312"]).findings:
        if finding.certainty is not Certainty.PROVEN or finding.witness is None:
            continue
        shown = finding.witness.packets[finding.witness.at]
        for (client, device), port in product(CLIENTS, PORTS):
            sent = parse_list([{**shown, "src": client, "in": device, "sport": port}])
            for way in outcomes(replay(kernel, sent), 1)[0].outcomes:
                assert not gets_through(way, client), (client, port, device)
