"""An FTP service with and without ip_vs_ftp: passive and active transfers."""

from __future__ import annotations

from lvsconf.lab.directors.draft import SERVERS, VIPS, Draft, Packet, Spot

SHARE = 0.15
FLOWS = 4
SPOT = Spot("tcp", VIPS[1], 21)


def services(draft: Draft) -> None:
    """Mostly by LVS-NAT, sometimes persistent."""
    method = "m" if "m" in draft.methods and draft.chance(0.8) else draft.random.choice(draft.methods)
    words = "-s rr -p 60" if method != "m" or draft.chance(0.2) else "-s rr"
    draft.serve(SPOT, method, [(server, 21, 1) for server in SERVERS[: draft.random.randint(1, 2)]], words)
    draft.modules.append("ip_vs_ftp" if draft.chance(0.8) else "ip_vs")


def flow(draft: Draft, number: int) -> list[Packet]:
    """A control connection with one transfer."""
    pick = draft.random
    client, port = pick.choice([each for each in draft.clients[4] if "." in each]), 43000 + number
    server = pick.choice(SERVERS[:2])
    there: Packet = {"in": "eth0", "src": client, "dst": SPOT.vip, "proto": "tcp"}
    back: Packet = {"in": draft.inside, "src": server, "dst": client, "proto": "tcp"}
    control = {"sport": 40000 + number, "dport": 21}
    answer = {"sport": 21, "dport": 40000 + number}
    found: list[Packet] = [
        {**there, **control, "flags": "S"},
        {**back, **answer, "flags": "SA", "seq": 5000, "ack": 1001},
        {**there, **control, "flags": "A", "seq": 1001, "ack": 5001},
    ]
    data = 45000 + number
    pair = f"{data >> 8},{data & 255}"
    if draft.chance(0.5):
        extended = draft.chance(0.4)
        text = "EPSV\r\n" if extended else "PASV\r\n"
        told = f"({server.replace('.', ',')},{pair})." if not extended else f"(|||{data}|)"
        reply = f"{229 if extended else 227} Entering Passive Mode {told}\r\n"
        found += [
            {**there, **control, "flags": "PA", "seq": 1001, "ack": 5001, "payload": {"text": text}},
            {**back, **answer, "flags": "PA", "seq": 5001, "ack": 1007, "payload": {"text": reply}},
            {**there, "sport": port, "dport": data, "flags": "S"},
            {**back, "sport": data, "dport": port, "flags": "SA", "seq": 9000, "ack": 1001},
            {**there, **control, "flags": "A", "seq": 1007, "ack": 5001 + len(reply) + pick.choice([0, 3, 2])},
        ]
    else:
        text = f"PORT {client.replace('.', ',')},{pair}\r\n" if draft.chance(0.6) else f"EPRT |1|{client}|{data}|\r\n"
        found += [
            {**there, **control, "flags": "PA", "seq": 1001, "ack": 5001, "payload": {"text": text}},
            {**back, "sport": 20, "dport": data, "flags": "S", "seq": 9000},
            {**there, "sport": data, "dport": 20, "flags": "SA", "seq": 3000, "ack": 9001},
            {**back, "sport": 20, "dport": data, "flags": "A", "seq": 9001, "ack": 3001},
        ]
    return found
