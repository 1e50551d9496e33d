"""Tunnels of type GUE and GRE, and ICMP errors about their outer packets."""

from __future__ import annotations

from lvsconf.lab.directors.draft import INNER_GATEWAY, INSIDE, Draft, Packet

SHARE = 0.2
FLOWS = 3
METHODS = ("i",)
PORTS = (6080, 5555)


def services(draft: Draft) -> None:
    """Some of the tunnels are not of type ipip."""
    pick = draft.random
    for number, line in enumerate(draft.ipvs):
        if line.startswith("-a") and " -i " in line and "[" not in line and draft.chance(0.8):
            gue = f"--tun-type gue --tun-port {pick.choice(PORTS)} --tun-{pick.choice(['nocsum', 'csum', 'remcsum'])}"
            gre = f"--tun-type gre --tun-{pick.choice(['nocsum', 'csum'])}"
            draft.ipvs[number] = f"{line} {pick.choice([gue, gre])}"


def rules(draft: Draft) -> None:
    """Rules that tell a tunnel's packets."""
    pick = draft.random
    words = ["-p 47", "-p 4", *(f"-p udp -m udp --dport {port}" for port in PORTS)]
    for table, chain in (("filter", "OUTPUT"), ("mangle", "POSTROUTING")):
        if draft.chance(0.4):
            state = pick.choice(["", " -m conntrack --ctstate NEW", " -m conntrack --ctstate RELATED"])
            draft.rule(table, f"-A {chain} {pick.choice(words)}{state} -j {pick.choice(['ACCEPT', 'LOG'])}", first=True)


def flow(draft: Draft, number: int) -> list[Packet]:
    """A client's datagram or SYN, an error about its outer packet, and a longer packet."""
    pick = draft.random
    served = [each for each in draft.of(("tcp", "udp"), 4) if each.method == "i"]
    if not served:
        return []
    service = pick.choice(served)
    packet: Packet = {"in": "eth0", "src": pick.choice(draft.clients[4]), "dst": service.vip}
    packet |= {"proto": service.proto, "sport": 40000 + number, "dport": service.port, "df": draft.chance(0.7)}
    # As the tunnel may be, or may not.
    outer: Packet = {"src": INSIDE, "dst": pick.choice(service.servers), "df": packet["df"]}
    outer |= {"inner": {key: value for key, value in packet.items() if key != "in"}}
    kinds: list[Packet] = [{"proto": 47}, {"proto": 4}]
    kinds += [{"proto": "udp", "sport": 50000, "dport": port} for port in PORTS]
    told = {"type": 3, "code": pick.choice([4, 4, 1]), "rest": pick.choice([1300, 600, 100])}
    error: Packet = {"in": draft.inside, "src": INNER_GATEWAY, "dst": INSIDE, "proto": "icmp", **told}
    longer = {**packet, "payload": pick.choice([1200, 1400, 1428, 1440, 1452])}
    if service.proto == "tcp":
        longer |= {"flags": "A", "seq": 1001}
    return [packet, {**error, "inner": {**outer, **pick.choice(kinds)}}, longer]
