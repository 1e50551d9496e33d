"""SCTP services with whole and broken associations, and IPsec beside a service for its key exchange."""

from __future__ import annotations

from lvsconf.lab.directors.draft import SERVERS, VIPS, Draft, Packet, Service, Spot

SHARE = 0.2
FLOWS = 4
SPOT = Spot("sctp", VIPS[0], 3868)
ISAKMP = Spot("udp", VIPS[0], 500)
WHOLE = (">INIT <INIT_ACK >COOKIE_ECHO <COOKIE_ACK >DATA <SACK >SHUTDOWN <SHUTDOWN_ACK >SHUTDOWN_COMPLETE >INIT",
         ">INIT >COOKIE_ECHO >DATA >SHUTDOWN >SHUTDOWN_COMPLETE >INIT", ">INIT <ABORT >INIT")  # fmt: skip
CHUNKS = ("DATA", "INIT", "INIT_ACK", "SACK", "HEARTBEAT", "HEARTBEAT_ACK", "ABORT", "SHUTDOWN", "SHUTDOWN_ACK",
          "ERROR", "COOKIE_ECHO", "COOKIE_ACK", "SHUTDOWN_COMPLETE")  # fmt: skip


def services(draft: Draft) -> None:
    """One of SCTP, sometimes one for ISAKMP."""
    pick = draft.random
    for spot in [SPOT, ISAKMP][: pick.randint(1, 2)]:
        method = pick.choice(draft.methods)
        chosen = pick.sample(SERVERS, pick.randint(1, 3))
        port = pick.choice([spot.port, 9999]) if method == "m" and spot is SPOT else spot.port
        draft.serve(spot, method, [(server, port, pick.randint(0, 2)) for server in chosen], "-s lc")


def settings(draft: Draft) -> None:
    """What may open an association."""
    draft.sysctl["net.ipv4.vs.sloppy_sctp"] = int(draft.chance(0.3))


def rules(draft: Draft) -> None:
    """Rules on ports, chunks and states."""
    pick = draft.random
    for chain in ("INPUT", "FORWARD", "OUTPUT"):
        if draft.chance(0.4):
            kinds = ["", " -m sctp --dport 3868", f" -m sctp --chunk-types any {','.join(pick.sample(CHUNKS, 2))}"]
            state = pick.choice(["", f" -m conntrack --ctstate {pick.choice(['NEW', 'ESTABLISHED', 'INVALID'])}"])
            target = pick.choice(["ACCEPT", "ACCEPT", "LOG", "DROP"])
            draft.rule("filter", f"-A {chain} -p sctp{pick.choice(kinds)}{state} -j {target}", first=True)


def flow(draft: Draft, number: int) -> list[Packet]:
    """Chunks both ways."""
    pick = draft.random
    service = next(each for each in draft.services if each.proto == "sctp")
    client = pick.choice(draft.clients[4])
    if draft.chance(0.2):
        return _secured(draft, client)
    script = pick.choice(WHOLE).split()
    if draft.chance(0.4):
        script = [f"{pick.choice('>><')}{pick.choice(CHUNKS)}" for _ in range(pick.randint(2, 5))]
    common: Packet = {"in": "eth0", "src": client, "dst": service.vip, "proto": 132}
    common |= {"sport": 40000 + number, "dport": service.port}
    place = pick.randrange(len(service.servers))
    found = []
    for step in script:
        if step[0] == ">":
            found.append({**common, "chunk": step[1:]})
        elif service.method == "m" or draft.chance(0.5):
            found.append(_answer(draft, service, common, place) | {"chunk": step[1:]})
    return found


def _answer(draft: Draft, service: Service, common: Packet, place: int) -> Packet:
    source, port = service.vip, service.port
    if service.method == "m":
        source, port = service.servers[place], service.ports[place]
    ends = {"src": source, "dst": common["src"], "sport": port, "dport": common["sport"]}
    return {"in": draft.inside, "proto": 132, **ends}


def _secured(draft: Draft, client: str) -> list[Packet]:
    """The key exchange, then ESP both ways."""
    there: Packet = {"in": "eth0", "src": client, "dst": ISAKMP.vip}
    back: Packet = {"in": draft.inside, "src": draft.random.choice(SERVERS), "dst": client}
    return [
        {**there, "proto": "udp", "sport": 500, "dport": 500},
        *({**ends, "proto": draft.random.choice([50, 51]), "payload": 20} for ends in (there, back)),
    ]
