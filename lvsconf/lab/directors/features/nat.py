"""Address translation: SNAT, DNAT, MASQUERADE, REDIRECT and NETMAP around services and on their own."""

from __future__ import annotations

from lvsconf.lab.directors.draft import CLIENTS, GATEWAY, INSIDE, OUTSIDE, SERVERS, VIPS, Draft, Packet, Place

SHARE = 0.35
FLOWS = 6

PORTS = (":8080", ":80", ":443", ":5000-5003", ":40000-40001", ":30000-60000", ":1-65535")
TARGETS = {
    "dst": (*SERVERS, *SERVERS, *VIPS, *VIPS, OUTSIDE, "10.0.0.2-10.0.0.4", CLIENTS[0], "127.0.0.1"),
    "src": (INSIDE, INSIDE, OUTSIDE, *VIPS, "10.0.0.10-10.0.0.13", "192.0.2.200-192.0.2.220"),
}
ENDS = {"PREROUTING": "dst", "OUTPUT": "dst", "INPUT": "src", "POSTROUTING": "src"}


def settings(draft: Draft) -> None:
    """Most of what translation does to IPVS takes vs/conntrack."""
    if draft.chance(0.6):
        draft.sysctl["net.ipv4.vs.conntrack"] = 1


def rules(draft: Draft) -> None:
    """Rules in every chain of the nat table, most of them before and after routing."""
    for chain, most in (("PREROUTING", 3), ("INPUT", 1), ("OUTPUT", 2), ("POSTROUTING", 3)):
        for _ in range(draft.random.randint(0, most)):
            draft.rule("nat", _rule(draft, chain))


def matches(draft: Draft, place: Place) -> list[str]:
    """What only a translated connection has."""
    if place.family == 6 or place.table == "raw" or not draft.chance(0.15):
        return []
    pick = draft.random
    options = [
        "--ctstate DNAT",
        "--ctstate SNAT,INVALID",
        "! --ctstate DNAT,SNAT",
        "--ctstatus SEEN_REPLY",
        "--ctstatus ASSURED",
        "! --ctstatus CONFIRMED",
        "--ctdir REPLY",
        f"--ctorigdst {pick.choice(VIPS)}",
        f"--ctreplsrc {pick.choice(SERVERS)}",
        f"! --ctrepldst {INSIDE}",
        "--ctreplsrcport 8080",
        "--ctorigdstport 80",
    ]
    return [f"-m conntrack {pick.choice(options)}"]


def _rule(draft: Draft, chain: str) -> str:
    pick = draft.random
    service = draft.service()
    words, ported = [f"-A {chain}"], draft.chance(0.6)
    if draft.chance(0.25):
        words.append(f"-s {pick.choice([*CLIENTS, '10.0.0.0/24', '198.51.100.0/24'])}")
    if draft.chance(0.4):
        target = pick.choice([*VIPS, *SERVERS, "10.0.0.0/24", *CLIENTS, OUTSIDE])
        words.append(f"{pick.choice(['', '', '! '])}-d {target}")
    if draft.chance(0.25):
        device = pick.choice(["eth0", draft.inside, "lo"])
        words.append(f"-{'i' if chain in ('PREROUTING', 'INPUT') else 'o'} {device}")
    if ported:
        proto = service.proto
        words.append(f"-p {proto}")
        if draft.chance(0.6):
            words.append(f"-m {proto} --dport {pick.choice([service.port, service.port, 8081, 8080])}")
    if draft.chance(0.08):
        words.append("-m ipvs --ipvs")
    return " ".join([*words, _target(draft, chain, ported)])


def _target(draft: Draft, chain: str, ported: bool) -> str:
    pick = draft.random
    end = ENDS[chain]
    to = pick.choice(TARGETS[end])
    ports = pick.choice(PORTS) if ported and draft.chance(0.35) else ""
    flags = pick.choice(["", "", "", "", "", " --random", " --persistent"])
    kind = pick.choice(["range"] * 6 + ["device"] * 3 + ["network"])
    if kind == "network":
        return f"-j NETMAP --to {pick.choice(['10.0.0.0/24', '10.0.0.0/29', '192.0.2.64/26'])}"
    if kind == "device" and chain != "INPUT":
        own = f" --to-ports {ports[1:]}" if ports else ""
        name = "MASQUERADE" if end == "src" else "REDIRECT"
        return f"-j {name}{own}{' --random' if 'random' in flags else ''}"
    return f"-j SNAT --to-source {to}{ports}{flags}" if end == "src" else f"-j DNAT --to-destination {to}{ports}{flags}"


def flow(draft: Draft, number: int) -> list[Packet]:
    """A conversation whose answers come from where a translation may have sent it, and errors about it."""
    pick = draft.random
    service = draft.service()
    if service.family == 6:
        return []
    port = pick.choice([service.port, service.port, 8081, 8080, 22])
    sport = pick.choice([40000 + number, 40000 + number, 40000, 600, 300])
    inside, outside = draft.inside, "eth0"
    kind = pick.choice(["in", "in", "out", "own"])
    if kind == "in":
        came, src, dst = outside, pick.choice(CLIENTS), pick.choice([service.vip, OUTSIDE, *SERVERS])
        back, ends, targets = inside, [*SERVERS, *service.servers], [src, src, INSIDE, "10.0.0.10"]
    elif kind == "out":
        came, src, dst = inside, pick.choice(SERVERS), pick.choice([*CLIENTS, GATEWAY, service.vip])
        back, ends, targets = outside, [dst, dst, *CLIENTS], [src, OUTSIDE, OUTSIDE, *VIPS]
    else:
        came, src, dst = None, pick.choice([INSIDE, OUTSIDE]), pick.choice([service.vip, *SERVERS, *CLIENTS])
        back, ends, targets = (inside, [*SERVERS], [src, INSIDE]) if dst in SERVERS else (outside, [dst], [src, *VIPS])
    end, target = pick.choice(ends), pick.choice(targets)
    if draft.chance(0.1):
        word = pick.choice([0x00010001, 0x00070001])
        asks = {"in": came, "src": src, "dst": dst, "proto": "icmp", "type": 8, "rest": word}
        return [asks, {"in": back, "src": end, "dst": target, "proto": "icmp", "type": 0, "rest": word}, asks]
    proto = "udp" if service.proto == "udp" or draft.chance(0.2) else "tcp"
    ports = {"sport": pick.choice([port, port, service.port, 8080]), "dport": sport}
    go: Packet = {"in": came, "src": src, "dst": dst, "proto": proto, "sport": sport, "dport": port}
    come: Packet = {"in": back, "src": end, "dst": target, "proto": proto, **ports}
    found = [go, come, dict(go), dict(come)] if proto == "udp" else _talk(draft, go, come)
    if draft.chance(0.15):
        found.append({**found[0], "ttl": 1})
    if draft.chance(0.25):
        kind_code = pick.choice([(3, 4), (3, 1), (11, 0), (5, 1)])
        inner = {"src": target, "dst": end, "proto": proto, "sport": sport, "dport": come["sport"]}
        error = {"in": back, "src": end, "dst": target, "proto": "icmp", "inner": inner}
        found.append({**error, "type": kind_code[0], "code": kind_code[1]})
    return found


def _talk(draft: Draft, go: Packet, come: Packet) -> list[Packet]:
    found: list[Packet] = []
    seq, ack = 1000, 0
    stories = (["S", "<SA", "A", "PA", "FA"], ["S", "S", "<SA", "A"], ["S", "<RA"], ["A", "PA", "<A"], ["S"])
    for flags in draft.random.choice(stories):
        if flags[0] == "<":
            found.append({**come, "flags": flags[1:], "seq": 5000, "ack": seq})
            ack = 5001
            continue
        length = 20 if "P" in flags else 0
        packet = {**go, "flags": flags, "seq": seq, "payload": length}
        found.append({**packet, "ack": ack} if "A" in flags else packet)
        seq += length + ("S" in flags) + ("F" in flags)
    return found
