"""Conntrack helpers for FTP and TFTP: routed, translated or balanced flows, and what they expect."""

from __future__ import annotations

from lvsconf.lab.directors.draft import OUTSIDE, SERVERS, VIPS, Draft, Packet, Place, Spot

SHARE = 0.15
FLOWS = 6
FTP, TFTP = Spot("tcp", VIPS[0], 21), Spot("udp", VIPS[0], 69)


def services(draft: Draft) -> None:
    """Sometimes both are balanced, by LVS-NAT mostly."""
    for spot in (FTP, TFTP):
        if draft.chance(0.5):
            method = "m" if "m" in draft.methods else draft.random.choice(draft.methods)
            draft.serve(spot, method, [(SERVERS[0], spot.port, 1)])
    draft.modules += [name for name in ("ip_vs_ftp", "nf_nat_ftp", "nf_nat_tftp") if draft.chance(0.5)] or ["ip_vs"]


def matches(draft: Draft, place: Place) -> list[str]:
    """The helper's name, and the bit of what it expected."""
    if place.family != 4 or place.table == "raw" or draft.chance(0.7):
        return []
    name = draft.random.choice(["ftp", "tftp", '""', "sip"])
    return draft.random.choice([["-m", "helper", "--helper", name], ["-m", "conntrack", "--ctstatus", "EXPECTED"]])


def rules(draft: Draft) -> None:
    """Who gets a helper, and whose flows are translated."""
    for chain in ("PREROUTING", "OUTPUT"):
        draft.rule("raw", f"-A {chain} -p tcp --dport 21 -j CT --helper ftp", first=True)
        draft.rule("raw", f"-A {chain} -p udp --dport 69 -j CT --helper tftp", first=True)
    draft.rule("filter", "-A FORWARD -m conntrack --ctstate RELATED -j ACCEPT", first=draft.chance(0.5))
    if draft.chance(0.4):
        draft.rule("nat", f"-A PREROUTING -d {OUTSIDE} -p tcp --dport 21 -j DNAT --to-destination {SERVERS[1]}")
        draft.rule("nat", f"-A PREROUTING -d {OUTSIDE} -p udp --dport 69 -j DNAT --to-destination {SERVERS[1]}")


def flow(draft: Draft, number: int) -> list[Packet]:
    """A request, what it says, and a connection that may be the one expected."""
    pick = draft.random
    client = pick.choice([each for each in draft.clients[4] if "." in each])
    target, server = pick.choice([(VIPS[0], SERVERS[0]), (OUTSIDE, SERVERS[1]), (SERVERS[1], SERVERS[1])])
    there: Packet = {"in": "eth0", "src": client, "dst": target}
    back: Packet = {"in": draft.inside, "src": server, "dst": client}
    own, data = 40000 + number, 45000 + number
    if draft.chance(0.3):
        opcode = pick.choice(["\0\1", "\0\2", "\0\3"])
        request = {**there, "proto": "udp", "sport": own, "dport": 69, "payload": {"text": f"{opcode}boot\0"}}
        answer = {**back, "proto": "udp", "sport": data, "dport": own, "payload": 20}
        return [request, answer, {**there, "proto": "udp", "sport": own, "dport": data}]
    there, back = there | {"proto": "tcp"}, back | {"proto": "tcp"}
    control, answering = there | {"sport": own, "dport": 21}, back | {"sport": 21, "dport": own}
    hello, user = "220 x\r\n", "USER x\r\n"
    found = [
        {**control, "flags": "S"},
        {**answering, "flags": "SA", "seq": 5000, "ack": 1001},
        {**answering, "flags": "PA", "seq": 5001, "ack": 1001, "payload": {"text": hello}},
        {**control, "flags": "PA", "seq": 1001, "ack": 5008, "payload": {"text": user}},
    ]
    pair = f"{data >> 8},{data & 255}"
    if draft.chance(0.5):
        said = pick.choice([f"227 ({server.replace('.', ',')},{pair})\r\n", f"229 x (|||{data}|)\r\n", "227 1,2\r\n"])
        found.append({**answering, "flags": "PA", "seq": 5008, "ack": 1009, "payload": {"text": said}})
        found.append({**there, "sport": 43000, "dport": data, "flags": "S"})
        found.append({**back, "sport": data, "dport": 43000, "flags": "SA", "seq": 1, "ack": 1001})
    else:
        where = pick.choice([client, client, SERVERS[2]])
        said = pick.choice([f"PORT {where.replace('.', ',')},{pair}\r\n", f"EPRT |1|{where}|{data}|\r\n"])
        found.append({**control, "flags": "PA", "seq": 1009, "ack": 5008, "payload": {"text": said}})
        found.append({**back, "sport": 20, "dport": data, "flags": "S"})
        found.append({**there, "sport": data, "dport": 20, "flags": "SA", "seq": 1, "ack": 1001})
    return found
