"""What every draft has: two networks, services, sysctl keys, and clients that talk to the services."""

from __future__ import annotations

from typing import Any

from lvsconf.lab.directors.draft import (
    CLIENTS,
    GATEWAY,
    INSIDE,
    OUTSIDE,
    SERVERS,
    VIPS,
    Draft,
    Packet,
    Service,
    Spot,
)

FLOWS = 10
SPOTS = (Spot("tcp", VIPS[0], 80), Spot("tcp", VIPS[1], 443), Spot("udp", VIPS[0], 53), Spot("tcp", VIPS[1], 80))
SCHEDULERS = ("rr", "wrr", "lc", "wlc", "sed", "nq", "fo")
WEIGHTS = (1, 1, 2, 1)

CONVERSATIONS = (
    (("S", 0), ("SA", 0), ("A", 0), ("PA", 50), ("FA", 0)),
    (("S", 0), ("A", 0), ("PA", 50), ("FA", 0), ("R", 0)),
    (("S", 0), ("S", 0), ("R", 0), ("A", 0)),
    (("S", 0), ("SA", 0), ("A", 0), ("RA", 0), ("S", 0)),
    (("A", 0), ("PA", 10), ("FA", 0)),
    (("S", 0), ("SA", 0), ("A", 0), ("FA", 0), ("<FA", 0), ("A", 0), ("S", 0)),
    (("S", 0), ("PA", 1460)),
)
"""Flags and payload of each segment; the server's are SA and what begins with `<`."""


def ground(draft: Draft) -> None:
    """An outside and an inside network, the VIPs outside."""
    pick = draft.random
    draft.clients[4], draft.servers[4], draft.own[4] = list(CLIENTS), list(SERVERS), [OUTSIDE, INSIDE]
    draft.places += SPOTS
    draft.link("lo", ["127.0.0.1/8"])
    draft.link("eth0", [f"{OUTSIDE}/24", *(f"{vip}/32" for vip in VIPS)])
    draft.link("eth1", [f"{INSIDE}/24"], pick.choice([1500, 1500, 1500, 1400]))
    draft.routes.insert(0, {"dst": "default", "gateway": GATEWAY, "dev": "eth0"})


def services(draft: Draft) -> None:
    """One to three services."""
    pick = draft.random
    # Two services of one place can't be loaded.
    spots = list(dict.fromkeys(draft.places))
    for spot in pick.sample(spots, pick.randint(1, min(3, len(spots)))):
        method = pick.choice(draft.methods)
        known = draft.servers[6 if ":" in spot.vip else 4]
        chosen = pick.sample(known, pick.randint(1, min(3, len(known))))
        made = []
        for server in chosen:
            port = pick.choice([spot.port, 8080]) if method == "m" else spot.port
            weight = 0 if draft.chance(0.05) else pick.choice(WEIGHTS)
            made.append((server, port, weight))
        draft.serve(spot, method, made, f"-s {pick.choice(SCHEDULERS)}")
    if not draft.of(("tcp", "udp")):
        draft.serve(SPOTS[0], pick.choice(draft.methods), [(SERVERS[0], 80, 1)])


def settings(draft: Draft) -> None:
    """What decides about forwarding, conntrack and IPVS."""
    pick, chance = draft.random, draft.chance
    draft.sysctl |= {
        "net.ipv4.vs.conntrack": int(chance(0.45)),
        "net.ipv4.ip_forward": int(chance(0.85)),
        "net.ipv4.vs.snat_reroute": int(chance(0.8)),
        "net.ipv4.vs.sloppy_tcp": int(chance(0.1)),
        "net.ipv4.vs.expire_nodest_conn": int(chance(0.2)),
        "net.ipv4.vs.conn_reuse_mode": pick.choice([1, 1, 1, 0, 2, 3]),
        "net.ipv4.vs.nat_icmp_send": int(chance(0.1)),
        "net.ipv4.vs.pmtu_disc": int(chance(0.9)),
        "net.netfilter.nf_conntrack_tcp_loose": int(chance(0.85)),
        "net.netfilter.nf_conntrack_tcp_be_liberal": int(chance(0.1)),
    }
    accept_local, filtered = int(chance(0.3)), pick.choice([0, 0, 0, 1, 2])
    devices = [link["ifname"] for link in draft.links if link["ifname"] != "lo"]
    for device in ("all", *devices):
        prefix = f"net.ipv4.conf.{device}"
        draft.sysctl[f"{prefix}.rp_filter"] = filtered if device == "all" else 0
        draft.sysctl[f"{prefix}.accept_local"] = accept_local if device == draft.inside != "eth0" else 0
        draft.sysctl[f"{prefix}.send_redirects"] = int(device != "all" and chance(0.5))


def flow(draft: Draft, number: int) -> list[Packet]:
    """A client's conversation with a service, or something of it that goes wrong."""
    pick, service = draft.random, draft.service()
    client = pick.choice(draft.clients[service.family])
    common: Packet = {
        "in": "eth0",
        "src": client,
        "dst": service.vip,
        "sport": 40000 + number,
        "dport": service.port,
    }
    if service.proto == "udp" or draft.chance(0.05):
        return datagrams(draft, service, common)
    kind = pick.random()
    if kind < 0.1:
        proto, echo = ("icmpv6", 128) if service.family == 6 else ("icmp", 8)
        return [{"in": "eth0", "src": client, "dst": service.vip, "proto": proto, "type": echo}]
    if kind < 0.17:
        return [{**common, "dport": 2222, "proto": "tcp", "flags": pick.choice(["S", "A", "R", "FA"])}]
    if kind < 0.22:
        return [{**common, "proto": "tcp", "ttl": 1}]
    return segments(draft, service, common)


def datagrams(draft: Draft, service: Service, common: Packet) -> list[Packet]:
    """One or two datagrams, often with an answer."""
    found = [{**common, "proto": "udp"} for _ in range(draft.random.randint(1, 2))]
    if service.method == "m" and draft.chance(0.7):
        found.insert(1, {**back(draft, service, common, 0), "proto": "udp"})
    return found


def segments(draft: Draft, service: Service, common: Packet) -> list[Packet]:
    """A TCP conversation; `common` has the client's addresses and ports."""
    pick, found = draft.random, []
    seq, ack = 1000, 0
    for letters, data in pick.choice(CONVERSATIONS):
        if letters == "SA" or letters[0] == "<":
            flags = letters.removeprefix("<")
            number = pick.randrange(len(service.servers))
            if service.method == "m" or draft.chance(0.5):
                answer = {"proto": "tcp", "flags": flags, "seq": 5000 if flags == "SA" else 5001, "ack": seq}
                found.append(back(draft, service, common, number) | answer)
                ack = 5001 if flags == "SA" else 5002
            continue
        packet: Packet = {**common, "proto": "tcp", "flags": letters, "seq": seq}
        if "A" in letters:
            packet["ack"] = ack
        if data:
            packet["payload"] = data
            packet["df"] = draft.chance(0.5)
        if draft.chance(0.03):
            packet["seq"] = (seq + 1_000_000) % 2**32
        found.append(packet)
        seq += data + ("S" in letters) + ("F" in letters)
    return found


def back(draft: Draft, service: Service, common: Packet, number: int) -> Packet:
    """Addresses and ports of what a real server answers: with LVS-NAT its own, otherwise the service's."""
    own: dict[str, Any] = {"src": common["dst"], "sport": common["dport"]}
    if service.method == "m":
        port = draft.random.choice([service.ports[number], service.ports[number], service.port])
        own = {"src": service.servers[number], "sport": port}
    return {"in": draft.inside, **own, "dst": common["src"], "dport": common["sport"]}
