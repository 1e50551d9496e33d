"""SIP services that persist by Call-ID, with packets both ways."""

from __future__ import annotations

from lvsconf.lab.directors.draft import SERVERS, VIPS, Draft, Packet, Spot

SHARE = 0.1
FLOWS = 5
SPOT = Spot("udp", VIPS[0], 5060)
MESSAGES = (
    "x\r\nCall-ID: {}\r\n",
    "x\r\ni:{}\n",
    "x\r\n i: {}\r\n",
    "x\r\nVia: y\r\nCALL-ID :\t{}@z\r\n",
    "x\r\ni: {}",
)


def services(draft: Draft) -> None:
    """One, with or without one-packet scheduling and persistence."""
    pick = draft.random
    method = "m" if "m" in draft.methods and draft.chance(0.7) else pick.choice(draft.methods)
    words = pick.choice(["-p 60", "-p 60 -o", "-p 60 -M 255.255.255.0", ""])
    draft.serve(
        SPOT, method, [(server, 5060, 1) for server in SERVERS[: pick.randint(1, 3)]], f"-s rr {words} --pe sip"
    )


def flow(draft: Draft, number: int) -> list[Packet]:
    """Messages of a few calls."""
    pick = draft.random
    found: list[Packet] = []
    for _ in range(pick.randint(2, 6)):
        text = pick.choice([MESSAGES[0], pick.choice(MESSAGES)]).format(pick.choice(["one", "two"]))
        client, port = (
            pick.choice([each for each in draft.clients[4] if "." in each]),
            pick.choice([5060, 5061 + number]),
        )
        packet: Packet = {"proto": "udp", "payload": {"text": text}}
        if draft.chance(0.6):
            found.append({"in": "eth0", "src": client, "dst": SPOT.vip, "sport": port, "dport": 5060, **packet})
        else:
            ends = {"src": pick.choice(SERVERS), "dst": client, "sport": 5060, "dport": port}
            found.append({"in": draft.inside, **ends, **packet})
    return found
