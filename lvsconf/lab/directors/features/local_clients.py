"""Packets that the director sends itself: to clients, real servers and its own services."""

from __future__ import annotations

from lvsconf.lab.directors.draft import INSIDE, OUTSIDE, Draft, Packet

SHARE = 0.25
FLOWS = 4


def flow(draft: Draft, number: int) -> list[Packet]:
    """One or two packets, the second an answer."""
    pick = draft.random
    service = pick.choice(draft.of(("tcp", "udp"), 4) or draft.services)
    src, dst = pick.choice([INSIDE, OUTSIDE]), pick.choice([*draft.clients[4], service.servers[0], service.vip])
    proto, sport = pick.choice(["tcp", "udp"]), 5555 + number
    sent: Packet = {"in": None, "src": src, "dst": dst, "proto": proto, "sport": sport, "dport": service.port}
    if draft.chance(0.5):
        return [sent]
    answer = {"in": draft.inside, "src": dst, "dst": src, "proto": proto, "sport": service.port, "dport": sport}
    if dst == service.vip:
        number = pick.randrange(len(service.servers))
        answer |= {"src": service.servers[number], "sport": service.ports[number]}
    elif dst in draft.clients[4]:
        answer["in"] = "eth0"
    return [sent, answer | ({"flags": "SA", "seq": 5000, "ack": 1001} if proto == "tcp" else {})]
