"""ICMP errors about a conversation, from the client's side and from the real server's."""

from __future__ import annotations

from lvsconf.lab.directors import base
from lvsconf.lab.directors.draft import GATEWAY, Draft, Packet

SHARE = 0.3
FLOWS = 4
KINDS = ((3, 4), (3, 1), (11, 0), (5, 1))


def flow(draft: Draft, number: int) -> list[Packet]:
    """A conversation that ends in an error."""
    pick = draft.random
    services = draft.of(("tcp",), 4)
    if not services:
        return []
    service = pick.choice(services)
    client, sport = pick.choice(draft.clients[4]), 40000 + number
    common: Packet = {"in": "eth0", "src": client, "dst": service.vip, "sport": sport, "dport": service.port}
    kind, code = pick.choice(KINDS)
    error: Packet = {"proto": "icmp", "type": kind, "code": code}
    if draft.chance(0.5):
        inner = {"src": service.vip, "dst": client, "proto": "tcp", "sport": service.port, "dport": sport}
        error |= {"in": "eth0", "src": pick.choice([client, GATEWAY]), "dst": service.vip, "inner": inner}
    else:
        own = service.servers[0] if service.method == "m" else service.vip
        port = service.ports[0] if service.method == "m" and draft.chance(0.7) else service.port
        inner = {"src": client, "dst": own, "proto": "tcp", "sport": sport, "dport": port}
        error |= {"in": draft.inside, "src": service.servers[0], "dst": client, "inner": inner}
    return [*base.segments(draft, service, common), error]
