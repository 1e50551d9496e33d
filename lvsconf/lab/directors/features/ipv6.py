"""IPv6 beside IPv4: addresses, services, rules, and most of the conversations."""

from __future__ import annotations

from lvsconf.lab.directors import base
from lvsconf.lab.directors.draft import Draft, Packet, Place, Service, Spot

SHARE = 0.25
FLOWS = 40
OUTSIDE, INSIDE = "2001:db8::2", "2001:db8:10::1"
GATEWAY, INNER_GATEWAY = "2001:db8::1", "2001:db8:10::250"
VIPS = ("2001:db8::100", "2001:db8::101")
CLIENTS = ("2001:db8:f::7", "2001:db8:e::9", "2001:db8::50")
SERVERS = ("2001:db8:10::2", "2001:db8:10::3", "2001:db8:10::4")
FAR_SERVER = "2001:db8:99::5"
"""A server behind a router, or behind a route that refuses."""
LINK_LOCAL = {"eth0": "fe80::2", "eth1": "fe80::1:1"}
MARK, MARKED_PORT = 9, 8000
SPOTS = (Spot("tcp", VIPS[0], 80), Spot("tcp", VIPS[1], 443), Spot("udp", VIPS[0], 53), Spot("udp", VIPS[1], 80))
STRAY_ADDRESSES = (
    *(*CLIENTS, *VIPS, *SERVERS, OUTSIDE, INSIDE, INNER_GATEWAY, FAR_SERVER, "2001:db8:77::1", "2600::1"),
    *("::", "::1", "ff02::1", "ff02::2", "ff05::2", "ff02::5", "ff0e::5", "ff01::1", "2001:db8::", "2001:db8:10::"),
    *("fe80::7", *LINK_LOCAL.values(), "fd00::7", "::ffff:198.51.100.7", "2002:c633:6407::1"),
)
ICMP_TYPES = (128, 129, 1, 2, 3, 4, 5, 100, 130, 135, 137, 139, 143, 160, 200)
ERRORS = ((1, 0), (1, 4), (2, 0), (3, 0), (4, 1), (4, 0), (100, 0), (137, 0))
HEADERS = 60
ADDRESS_TYPES = (
    *(
        "--dst-type LOCAL",
        "--dst-type ANYCAST",
        "--dst-type UNREACHABLE",
        "--dst-type MULTICAST",
        "! --dst-type UNICAST",
    ),
    *(
        "--src-type LOCAL",
        "! --src-type UNREACHABLE",
        "--src-type UNSPEC",
        "--src-type UNICAST --dst-type LOCAL,ANYCAST",
    ),
)
REVERSE_PATHS = ("", " --loose", " --invert", " --accept-local", " --validmark", " --validmark --loose")
ROUTE_KINDS = ("unicast", "unreachable", "prohibit", "blackhole")


def ground(draft: Draft) -> None:
    """Addresses on the same two interfaces, and routes."""
    pick, chance = draft.random, draft.chance
    draft.families.add(6)
    draft.clients[6], draft.servers[6], draft.own[6] = list(CLIENTS), list(SERVERS), [OUTSIDE, INSIDE]
    draft.address("lo", "::1/128")
    outside = [f"{OUTSIDE}/64", *(f"{vip}/128" for vip in VIPS)]
    pick.shuffle(outside)
    for address in [*outside, f"{LINK_LOCAL['eth0']}/64"]:
        draft.address("eth0", address)
    for address in (f"{INSIDE}/64", f"{LINK_LOCAL['eth1']}/64"):
        draft.address("eth1", address)
    if chance(0.3):
        for link in draft.links:
            for info in link["addr_info"]:
                if info["local"] in VIPS:
                    info["preferred_life_time"] = 0
    if chance(0.95):
        route = {"dst": "default", "gateway": GATEWAY, "dev": "eth0", "metric": 1024}
        draft.routes.append(route | ({"prefsrc": pick.choice([OUTSIDE, INSIDE, VIPS[0]])} if chance(0.15) else {}))
    if chance(0.4):
        kind = pick.choice(ROUTE_KINDS)
        hop = {"gateway": INNER_GATEWAY, "dev": "eth1"} if kind == "unicast" else {"type": kind, "dev": "lo"}
        draft.routes.append({"dst": "2001:db8:99::/64", "metric": 1024, **hop})
    if chance(0.2):
        draft.policy += _policy(draft)


def _policy(draft: Draft) -> list[dict[str, object]]:
    """One policy rule, with a table behind it or without."""
    pick = draft.random
    selector = pick.choice(
        [
            {"src": CLIENTS[0]},
            {"src": VIPS[0]},
            {"dst": VIPS[1]},
            {"fwmark": "0x7"},
            {"iif": pick.choice(["eth0", "eth1", "lo"])},
        ]
    )
    rule: dict[str, object] = {"family": 6, "priority": pick.choice([100, 32765]), "src": "all", **selector}
    if draft.chance(0.4):
        return [{**rule, "action": pick.choice(["unreachable", "prohibit", "blackhole"])}]
    route = pick.choice(
        [
            {"dst": "default", "gateway": INNER_GATEWAY, "dev": "eth1"},
            {"dst": "default", "type": "local", "dev": "lo"},
            {"dst": "2001:db8:f::/64", "type": "throw", "dev": "lo"},
            {"dst": "2001:db8:f::/64", "type": "unreachable", "dev": "lo"},
        ]
    )
    draft.routes.append({**route, "family": 6, "table": "100", "metric": 1024})
    return [{**rule, "table": "100"}]


def services(draft: Draft) -> None:
    """One to three services, some with tunnels to or from the other family; sometimes one for a mark."""
    pick, chance = draft.random, draft.chance
    for spot in pick.sample(SPOTS, pick.randint(1, 3)):
        method = pick.choice(draft.methods)
        known = [*SERVERS, *([FAR_SERVER] if chance(0.3) else []), *([INSIDE] if chance(0.15) else [])]
        if method == "i" and chance(0.4):
            known = draft.servers[4]
        chosen = pick.sample(known, pick.randint(1, min(3, len(known))))
        made = []
        for server in chosen:
            port = pick.choice([spot.port, 8080]) if method == "m" else spot.port
            made.append((server, port, 0 if chance(0.05) else pick.choice(base.WEIGHTS)))
        stays = f" -p 300{pick.choice(['', ' -M 64', ' -M 48'])}" if chance(0.2) else ""
        service = draft.serve(spot, method, made, f"-s {pick.choice(base.SCHEDULERS)}{stays}")
        # Rules and packets are of one family.
        service.servers = [server if ":" in server else SERVERS[0] for server in service.servers]
    if "i" in draft.methods and chance(0.2):
        draft.serve(Spot("tcp", "192.0.2.101", 8082), "i", [(SERVERS[0], 8082, 1)]).servers = [draft.servers[4][0]]
    if chance(0.2):
        method = pick.choice(draft.methods)
        port = 8080 if method == "m" else 0
        draft.ipvs += [f"-A -f {MARK} -6 -s rr", f"-a -f {MARK} -6 -r [{SERVERS[0]}]:{port} -{method} -w 1"]
        draft.marks[MARK] = Service("tcp", VIPS[0], MARKED_PORT, method, [SERVERS[0]], [8080])


def settings(draft: Draft) -> None:
    """Forwarding, and what IPVS makes of errors."""
    draft.sysctl["net.ipv6.conf.all.forwarding"] = int(draft.chance(0.85))
    draft.sysctl["net.ipv4.vs.schedule_icmp"] = int(draft.chance(0.15))
    if draft.chance(0.1):
        draft.sysctl["net.ipv6.conf.eth0.hop_limit"] = 99
    if draft.chance(0.1):
        draft.sysctl["net.ipv6.icmp.echo_ignore_all"] = 1


def matches(draft: Draft, place: Place) -> list[str]:
    """Matches that only IPv6 has."""
    if place.family != 6 or not draft.chance(0.1):
        return []
    told = [
        "-m hl --hl-eq 64",
        "-m hl --hl-lt 64",
        "-m hl ! --hl-eq 63",
        "-m frag --fragfirst",
        "-m frag",
        "-m hbh",
        "-m dst ! --dst-len 4",
        "-m rt --rt-type 0",
        "-m ipv6header --header route --soft",
        "-m ipv6header ! --header frag --soft",
        "-m ipv6header --header none",
        "-m ipv6header --header prot",
        "-m ipv6header ! --header prot --soft",
        "-m ah --ahspi 1:5",
        *(f"-m addrtype {option}" for option in draft.random.sample(ADDRESS_TYPES, 2)),
    ]
    if place.chain in ("PREROUTING", "INPUT", "FORWARD"):
        told += ["-m eui64", "-m addrtype --dst-type LOCAL,UNREACHABLE --limit-iface-in"]
    if place.chain == "PREROUTING" and place.table in ("raw", "mangle"):
        told += [f"-m rpfilter{option}" for option in REVERSE_PATHS]
    return [draft.random.choice(told)]


def targets(draft: Draft, place: Place) -> list[str]:
    """Refusals and hop limits of IPv6."""
    if place.family != 6:
        return []
    if place.table == "filter":
        told = ("icmp6-no-route", "icmp6-addr-unreachable", "icmp6-policy-fail", "icmp6-reject-route", "tcp-reset")
        return [f"-j REJECT --reject-with {draft.random.choice(told)}"]
    return ["-j HL --hl-set 77"] if place.table == "mangle" else []


def rules(draft: Draft) -> None:
    """Mark what the service for a mark is for."""
    if MARK in draft.marks and draft.chance(0.85):
        place = draft.random.choice(["PREROUTING", "INPUT"])
        told = (
            f"-A {place} -d {VIPS[0]}/128 -p tcp -m tcp --dport {MARKED_PORT} -j MARK --set-xmark {MARK:#x}/0xffffffff"
        )
        draft.rule("mangle", told, 6)


def flow(draft: Draft, number: int) -> list[Packet]:
    """A conversation with a service, often with an error in it; packets of the director's own; or anything at all."""
    kind = draft.random.random()
    if kind < 0.12:
        return _own(draft, number)
    if kind < 0.4:
        return _stray(draft, number)
    known = [*draft.of(("tcp", "udp"), 6), *([draft.marks[MARK]] if MARK in draft.marks else [])]
    return _conversation(draft, draft.random.choice(known), number)


def _conversation(draft: Draft, service: Service, number: int) -> list[Packet]:
    pick, chance = draft.random, draft.chance
    client, sport = pick.choice(CLIENTS), 40000 + number
    common: Packet = {"in": "eth0", "src": client, "dst": service.vip, "sport": sport, "dport": service.port}
    kind = pick.random()
    if kind < 0.08:
        return [{"in": "eth0", "src": client, "dst": service.vip, "proto": "icmpv6", "type": 128}]
    if kind < 0.14:
        return [{**common, "proto": "tcp", "ttl": pick.choice([1, 2])}]
    talk = base.datagrams if service.proto == "udp" else base.segments
    found = talk(draft, service, common)
    if chance(0.35):
        found.insert(pick.randint(1, len(found)), _error(draft, service, client, sport))
    return found


def _error(draft: Draft, service: Service, client: str, sport: int) -> Packet:
    """From the client's side or from the real server's."""
    pick = draft.random
    kind, code = pick.choice(ERRORS)
    error: Packet = {"proto": "icmpv6", "type": kind, "code": code, "rest": 1400}
    inner: Packet = {"proto": service.proto, "payload": pick.choice([4, 4, 1100])}
    if draft.chance(0.5):
        inner |= {"src": service.vip, "dst": client, "sport": service.port, "dport": sport}
        return error | {"in": "eth0", "src": pick.choice([client, GATEWAY]), "dst": service.vip, "inner": inner}
    at = pick.randrange(len(service.servers))
    server = service.servers[at] if ":" in service.servers[at] else SERVERS[0]
    own, port = (server, service.ports[at]) if service.method == "m" else (service.vip, service.port)
    inner |= {"src": client, "dst": own, "sport": sport, "dport": port}
    return error | {"in": draft.inside, "src": pick.choice([server, INNER_GATEWAY]), "dst": client, "inner": inner}


def _own(draft: Draft, number: int) -> list[Packet]:
    """What the director sends itself, and often an answer."""
    pick = draft.random
    service = pick.choice(draft.of(("tcp", "udp"), 6))
    server = service.servers[0] if ":" in service.servers[0] else SERVERS[0]
    src, dst = pick.choice([INSIDE, OUTSIDE]), pick.choice([*CLIENTS, server, service.vip])
    proto, sport = pick.choice(["tcp", "udp"]), 5555 + number
    sent: Packet = {"in": None, "src": src, "dst": dst, "proto": proto, "sport": sport, "dport": service.port}
    if draft.chance(0.5):
        return [sent]
    answer = {"in": draft.inside, "src": dst, "dst": src, "proto": proto, "sport": service.port, "dport": sport}
    if dst == service.vip:
        answer |= {"src": server, "sport": service.ports[0]}
    elif dst in CLIENTS:
        answer["in"] = "eth0"
    return [sent, answer | ({"flags": "SA", "seq": 5000, "ack": 1001} if proto == "tcp" else {})]


def _stray(draft: Draft, number: int) -> list[Packet]:
    """Packets between any two addresses."""
    pick = draft.random
    here = pick.choice(["eth0", "eth0", "eth1"])
    src, dst = pick.choice(STRAY_ADDRESSES), pick.choice([*STRAY_ADDRESSES, *VIPS, *VIPS, *VIPS])
    if draft.chance(0.6):
        src = pick.choice(CLIENTS if here == "eth0" else SERVERS)
    if dst in LINK_LOCAL.values():
        # Of the other interface's address nobody on this link is a neighbour.
        dst = LINK_LOCAL[here]
    service = pick.choice(draft.of(("tcp", "udp"), 6))
    protocols: list[str | int] = ["tcp", "tcp", "udp", "icmpv6", 47, 59, 1]
    proto = pick.choice(protocols)
    common: Packet = {"in": here, "src": src, "dst": dst, "proto": proto}
    if draft.chance(0.1):
        common["ttl"] = pick.choice([1, 2])
    if proto == "icmpv6":
        found = [{**common, "type": pick.choice(ICMP_TYPES), "code": pick.choice([0, 0, 1])}]
        return found + ([{**common, "src": dst, "dst": src, "type": 129}] if draft.chance(0.2) and dst != "::" else [])
    if proto not in ("tcp", "udp"):
        return [{**common, "payload": pick.choice([0, 8])}]
    common |= {
        "sport": pick.choice([41000 + number, 20]),
        "dport": pick.choice([service.port, service.port, 8080, 22, 8000]),
    }
    if proto == "udp":
        return [{**common, "payload": pick.choice([4, 1300, 1400, 1452])} for _ in range(pick.randint(1, 2))]
    flags = pick.sample(["S", "SA", "A", "FA", "R", "RA", ""], pick.randint(1, 3))
    common["payload"] = pick.choice([0, 0, 1300, 1440])
    return [{**common, "flags": letters, "seq": 1000, "ack": 1001} for letters in flags]


def finish(draft: Draft) -> None:
    """No packet is too long for the link that it arrives on."""
    sizes = {link["ifname"]: link["mtu"] for link in draft.links}
    for packet in draft.packets:
        room = sizes.get(packet["in"], 1500) - HEADERS
        if ":" in packet["src"] and packet.get("payload", 0) > room:
            packet["payload"] = room
