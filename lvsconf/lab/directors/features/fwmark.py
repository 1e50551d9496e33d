"""A service for a firewall mark, and rules that set the mark."""

from __future__ import annotations

from lvsconf.lab.directors import base
from lvsconf.lab.directors.draft import SERVERS, VIPS, Draft, Packet, Service

SHARE = 0.25
FLOWS = 4
MARK, PORT = 7, 8000


def services(draft: Draft) -> None:
    """The service of mark 7."""
    method = draft.random.choice(draft.methods)
    draft.ipvs += [
        f"-A -f {MARK} -s rr",
        f"-a -f {MARK} -r {SERVERS[0]}:{8080 if method == 'm' else 0} -{method} -w 1",
    ]
    draft.marks[MARK] = Service("tcp", VIPS[0], PORT, method, [SERVERS[0]], [8080])


def rules(draft: Draft) -> None:
    """Mark what goes to port 8000, mostly."""
    if draft.chance(0.85):
        place = draft.random.choice(["PREROUTING", "INPUT"])
        text = f"-A {place} -d {VIPS[0]}/32 -p tcp -m tcp --dport {PORT} -j MARK --set-xmark {MARK:#x}/0xffffffff"
        draft.rule("mangle", text)


def flow(draft: Draft, number: int) -> list[Packet]:
    """A client of the marked port."""
    service = draft.marks[MARK]
    client = draft.random.choice(draft.clients[4])
    common: Packet = {"in": "eth0", "src": client, "dst": VIPS[0], "sport": 40000 + number, "dport": PORT}
    return base.segments(draft, service, common)
