"""Address translation: SNAT, DNAT, MASQUERADE, REDIRECT and NETMAP around services and on their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lvsconf.lab.directors.draft import CLIENTS, GATEWAY, INSIDE, OUTSIDE, SERVERS, VIPS, Draft, Packet, Place
from lvsconf.lab.directors.features import ipv6

SHARE = 0.35
FLOWS = 6

PORTS = (":8080", ":80", ":443", ":5000-5003", ":40000-40001", ":30000-60000", ":1-65535")


@dataclass(frozen=True)
class Ground:
    """What a family calls the hosts; `targets` are what the ends are translated to, `networks` what NETMAP maps to.

    `mapped` is an inside address that only translation leads to, `echo` the protocol and types of a ping, `errors`
    ICMP types and codes.
    """

    clients: Sequence[str]
    servers: Sequence[str]
    vips: Sequence[str]
    outside: str
    inside: str
    gateway: str
    mapped: str
    near: str
    far: str
    targets: Mapping[str, Sequence[str]]
    networks: Sequence[str]
    echo: tuple[str, int, int]
    errors: Sequence[tuple[int, int]]


GROUNDS = {
    4: Ground(
        clients=CLIENTS,
        servers=SERVERS,
        vips=VIPS,
        outside=OUTSIDE,
        inside=INSIDE,
        gateway=GATEWAY,
        mapped="10.0.0.10",
        near="10.0.0.0/24",
        far="198.51.100.0/24",
        targets={
            "dst": (*SERVERS, *SERVERS, *VIPS, *VIPS, OUTSIDE, "10.0.0.2-10.0.0.4", CLIENTS[0], "127.0.0.1"),
            "src": (INSIDE, INSIDE, OUTSIDE, *VIPS, "10.0.0.10-10.0.0.13", "192.0.2.200-192.0.2.220"),
        },
        networks=("10.0.0.0/24", "10.0.0.0/29", "192.0.2.64/26"),
        echo=("icmp", 8, 0),
        errors=((3, 4), (3, 1), (11, 0), (5, 1)),
    ),
    6: Ground(
        clients=ipv6.CLIENTS,
        servers=ipv6.SERVERS,
        vips=ipv6.VIPS,
        outside=ipv6.OUTSIDE,
        inside=ipv6.INSIDE,
        gateway=ipv6.GATEWAY,
        mapped="2001:db8:10::a",
        near="2001:db8:10::/64",
        far="2001:db8:f::/64",
        targets={
            "dst": (
                *(*ipv6.SERVERS, *ipv6.SERVERS, *ipv6.VIPS, *ipv6.VIPS, ipv6.OUTSIDE, ipv6.CLIENTS[0]),
                *("2001:db8:10::2-2001:db8:10::4", "::1", ipv6.LINK_LOCAL["eth0"]),
            ),
            "src": (
                *(ipv6.INSIDE, ipv6.INSIDE, ipv6.OUTSIDE, *ipv6.VIPS),
                *("2001:db8:10::a-2001:db8:10::d", "2001:db8::200-2001:db8:0:1::3"),
            ),
        },
        networks=("2001:db8:10::/64", "2001:db8:10::/125", "2001:db8::40/122"),
        echo=("icmpv6", 128, 129),
        errors=((2, 0), (1, 4), (3, 0), (137, 0)),
    ),
}
ENDS = {"PREROUTING": "dst", "OUTPUT": "dst", "INPUT": "src", "POSTROUTING": "src"}


def settings(draft: Draft) -> None:
    """Most of what translation does to IPVS takes vs/conntrack."""
    if draft.chance(0.6):
        draft.sysctl["net.ipv4.vs.conntrack"] = 1


def rules(draft: Draft) -> None:
    """Rules in every chain of the nat table, most of them before and after routing."""
    for family in sorted(draft.families):
        for chain, most in (("PREROUTING", 3), ("INPUT", 1), ("OUTPUT", 2), ("POSTROUTING", 3)):
            for _ in range(draft.random.randint(0, most)):
                draft.rule("nat", _rule(draft, chain, GROUNDS[family]), family)


def matches(draft: Draft, place: Place) -> list[str]:
    """What only a translated connection has."""
    if place.table == "raw" or not draft.chance(0.15):
        return []
    pick, ground = draft.random, GROUNDS[place.family]
    options = [
        "--ctstate DNAT",
        "--ctstate SNAT,INVALID",
        "! --ctstate DNAT,SNAT",
        "--ctstatus SEEN_REPLY",
        "--ctstatus ASSURED",
        "! --ctstatus CONFIRMED",
        "--ctdir REPLY",
        f"--ctorigdst {pick.choice(ground.vips)}",
        f"--ctreplsrc {pick.choice(ground.servers)}",
        f"! --ctrepldst {ground.inside}",
        "--ctreplsrcport 8080",
        "--ctorigdstport 80",
    ]
    return [f"-m conntrack {pick.choice(options)}"]


def _rule(draft: Draft, chain: str, ground: Ground) -> str:
    pick = draft.random
    service = draft.service()
    words, ported = [f"-A {chain}"], draft.chance(0.6)
    if draft.chance(0.25):
        words.append(f"-s {pick.choice([*ground.clients, ground.near, ground.far])}")
    if draft.chance(0.4):
        target = pick.choice([*ground.vips, *ground.servers, ground.near, *ground.clients, ground.outside])
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
    return " ".join([*words, _target(draft, chain, ported, ground)])


def _target(draft: Draft, chain: str, ported: bool, ground: Ground) -> str:
    pick = draft.random
    end = ENDS[chain]
    to = pick.choice(ground.targets[end])
    ports = pick.choice(PORTS) if ported and draft.chance(0.35) else ""
    flags = pick.choice(["", "", "", "", "", " --random", " --persistent"])
    if ports and ":" in to:
        to = f"[{to}]"
    kind = pick.choice(["range"] * 6 + ["device"] * 3 + ["network"])
    if kind == "network":
        return f"-j NETMAP --to {pick.choice(ground.networks)}"
    if kind == "device" and chain != "INPUT":
        own = f" --to-ports {ports[1:]}" if ports else ""
        name = "MASQUERADE" if end == "src" else "REDIRECT"
        return f"-j {name}{own}{' --random' if 'random' in flags else ''}"
    return f"-j SNAT --to-source {to}{ports}{flags}" if end == "src" else f"-j DNAT --to-destination {to}{ports}{flags}"


def flow(draft: Draft, number: int) -> list[Packet]:
    """A conversation whose answers come from where a translation may have sent it, and errors about it."""
    pick = draft.random
    service = draft.service()
    ground = GROUNDS[service.family]
    port = pick.choice([service.port, service.port, 8081, 8080, 22])
    sport = pick.choice([40000 + number, 40000 + number, 40000, 600, 300])
    inside, outside = draft.inside, "eth0"
    kind = pick.choice(["in", "in", "out", "own"])
    if kind == "in":
        came, src, dst = (
            outside,
            pick.choice(ground.clients),
            pick.choice([service.vip, ground.outside, *ground.servers]),
        )
        back, ends, targets = inside, [*ground.servers, *service.servers], [src, src, ground.inside, ground.mapped]
    elif kind == "out":
        came, src, dst = (
            inside,
            pick.choice(ground.servers),
            pick.choice([*ground.clients, ground.gateway, service.vip]),
        )
        back, ends, targets = outside, [dst, dst, *ground.clients], [src, *[ground.outside] * 2, *ground.vips]
    else:
        came, src = None, pick.choice([ground.inside, ground.outside])
        dst = pick.choice([service.vip, *ground.servers, *ground.clients])
        if dst in ground.servers:
            back, ends, targets = inside, [*ground.servers], [src, ground.inside]
        else:
            back, ends, targets = outside, [dst], [src, *ground.vips]
    end, target = pick.choice(ends), pick.choice(targets)
    icmp, request, reply = ground.echo
    if draft.chance(0.1):
        word = pick.choice([0x00010001, 0x00070001])
        asks = {"in": came, "src": src, "dst": dst, "proto": icmp, "type": request, "rest": word}
        return [asks, {"in": back, "src": end, "dst": target, "proto": icmp, "type": reply, "rest": word}, asks]
    proto = "udp" if service.proto == "udp" or draft.chance(0.2) else "tcp"
    ports = {"sport": pick.choice([port, port, service.port, 8080]), "dport": sport}
    go: Packet = {"in": came, "src": src, "dst": dst, "proto": proto, "sport": sport, "dport": port}
    come: Packet = {"in": back, "src": end, "dst": target, "proto": proto, **ports}
    found = [go, come, dict(go), dict(come)] if proto == "udp" else _talk(draft, go, come)
    if draft.chance(0.15):
        found.append({**found[0], "ttl": 1})
    if draft.chance(0.25):
        kind_code = pick.choice(ground.errors)
        inner = {"src": target, "dst": end, "proto": proto, "sport": sport, "dport": come["sport"]}
        error = {"in": back, "src": end, "dst": target, "proto": icmp, "inner": inner}
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
