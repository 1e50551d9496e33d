"""Packets between any two addresses, with any flags, the second often an answer to the first."""

from __future__ import annotations

from lvsconf.lab.directors.draft import (
    CLIENTS,
    INNER_GATEWAY,
    INSIDE,
    OUTSIDE,
    REMOTE,
    SERVERS,
    VIPS,
    Draft,
    Packet,
)

SHARE = 0.3
FLOWS = 10
ADDRESSES = (
    *(*CLIENTS, *VIPS, *SERVERS, REMOTE, OUTSIDE, INSIDE, INNER_GATEWAY, "8.8.8.8"),
    *("127.0.0.1", "127.0.0.5", "224.0.0.5", "255.255.255.255", "0.0.0.0", "192.0.2.255", "10.0.0.255"),  # noqa: S104
    *("240.0.0.1", "172.16.9.9"),
)
FLAGS = ("S", "SA", "A", "PA", "FA", "F", "R", "RA", "SF", "SR", "", "FPU", "SPU", "AU")
ICMP_TYPES = (8, 0, 13, 3, 11, 5, 30)


def flow(draft: Draft, number: int) -> list[Packet]:
    """One to four packets."""
    pick = draft.random
    here = pick.choice(["eth0", "eth0", "eth1", None])
    # Nobody's frames come from a broadcast address.
    src = pick.choice([item for item in ADDRESSES if not item.endswith(".255")])
    dst = pick.choice([*ADDRESSES, *VIPS, *VIPS])
    if here is None:
        dst = pick.choice([item for item in ADDRESSES if not item.endswith((".255", ".0.0.0"))])
        src = pick.choice([OUTSIDE, INSIDE, *(() if draft.far_vip else VIPS)])
    service = pick.choice(draft.of(("tcp", "udp"), 4) or draft.services)
    sport, dport = pick.choice([41000 + number, 41000 + number, 20]), pick.choice([service.port] * 2 + [8080, 22, 8000])
    proto = pick.choice(["tcp", "tcp", "udp", "icmp"])
    common: Packet = {"in": here, "src": src, "dst": dst, "proto": proto}
    if draft.chance(0.1):
        common["ttl"] = pick.choice([1, 2])
    if proto == "icmp":
        return [{**common, "type": pick.choice(ICMP_TYPES), "code": pick.choice([0, 0, 1])}]
    common |= {"sport": sport, "dport": dport}
    answer: Packet = {"in": pick.choice(["eth0", "eth1"]), "dst": src, "proto": proto, "sport": dport, "dport": sport}
    if proto == "udp":
        largest = 1470 if here == "eth0" else 1300
        size = {"payload": pick.choice([4, 1300, largest]), "df": draft.chance(0.5)}
        return [{**common, **size}, {**answer, "src": dst}, {**common, "payload": 4}][: pick.randint(1, 3)]
    found = [
        {**common, "flags": flags, "seq": pick.choice([1000, 1001, 5000]), "ack": pick.choice([0, 1001, 5001])}
        for flags in pick.sample(FLAGS, pick.randint(1, 3))
    ]
    if draft.chance(0.5):
        answer |= {"src": pick.choice([dst, pick.choice(SERVERS)]), "flags": pick.choice(["SA", "RA", "A"])}
        found.insert(1, {**answer, "seq": 5000, "ack": 1001})
    return found
