"""Conversations: what they have in common is played once, and each is what its packets do when they are sent anew."""

from __future__ import annotations

import pytest

from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import replay
from lvsconf.packets.packet import parse
from lvsconf.questions.conversation import CLOSE_BY_FIN, CLOSE_BY_RST, DATAGRAMS, conversations
from lvsconf.questions.scene import scenes
from lvsconf.questions.survey import Survey
from tests.kernel.builders import director, host_of

SERVERS = ("RIP", "RIP2")
RULES = ["filter :INPUT DROP", "filter -A INPUT -d VIP -j ACCEPT", "filter -A FORWARD -m limit --limit 1/sec -j LOG"]


def services(kind: str, scheduler: str, method: str) -> list[str]:
    return [
        f"-A -{kind} VIP:80 -s {scheduler}",
        *(f"-a -{kind} VIP:80 -r {server}:80 -{method} -w 1" for server in SERVERS),
    ]


@pytest.mark.parametrize("method", ["m", "g", "i"])
@pytest.mark.parametrize(("kind", "scheduler"), [("t", "rr"), ("t", "sh"), ("u", "wlc")])
def test_each_is_what_its_packets_do_anew(kind: str, scheduler: str, method: str) -> None:
    kernel = Kernel(host_of(director(services(kind, scheduler, method), RULES)), merges=True)
    (service,) = kernel.services
    scene = next(scenes(Survey(kernel), service))
    played = list(conversations(kernel, scene, len(SERVERS)))
    whole = {tuple(line.segment for line in play) for play in (CLOSE_BY_FIN, CLOSE_BY_RST, DATAGRAMS)}
    picked = set()
    for _, talks in played:
        assert talks
        for talk in talks:
            picked.add(talk.server.address if talk.server else None)
            said = tuple(each.line.segment for each in talk.exchanges if each.line.segment != "another client")
            assert any(set(said) <= set(play) for play in whole)
            packets = tuple(parse(each.packet) for each in talk.exchanges)
            anew = [tuple(result.trace for result in world.results) for world in replay(kernel, packets)]
            assert tuple(each.result.trace for each in talk.exchanges) in anew
    assert picked == {server.address for server in service.servers}
    # A scheduler that hashes may pick any for the first client: no other has to come before.
    plays = 1 if kind == "u" else 2
    assert len(played) == plays * (1 if scheduler == "sh" else len(SERVERS))
