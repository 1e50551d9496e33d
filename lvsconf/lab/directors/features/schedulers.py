"""Every scheduler that a kernel of Debian has, with its flags, and one-packet scheduling."""

from __future__ import annotations

import re

from lvsconf.lab.directors.draft import Draft, Packet

SHARE = 0.3
FLOWS = 4
NAMES = ("sh", "dh", "mh", "lblc", "lblcr", "fo", "ovf", "sed", "nq")


def services(draft: Draft) -> None:
    """Other schedulers for some services; port and fallback for those that hash."""
    pick = draft.random
    for number, line in enumerate(draft.ipvs):
        if not line.startswith("-A") or draft.chance(0.3):
            continue
        name = pick.choice(NAMES)
        words = f"-s {name}"
        if name in ("sh", "mh") and draft.chance(0.6):
            words += (
                f" -b {','.join(f'{name}-{flag}' for flag in pick.sample(['fallback', 'port'], pick.randint(1, 2)))}"
            )
        if " -u " in line and " -p " not in line and draft.chance(0.3):
            words += " -o"
        draft.ipvs[number] = re.sub(r"-s \S+", words, line)


def settings(draft: Draft) -> None:
    """What else may open a connection."""
    for key in ("sloppy_tcp", "schedule_icmp"):
        draft.sysctl[f"net.ipv4.vs.{key}"] = int(draft.chance(0.3))


def flow(draft: Draft, number: int) -> list[Packet]:
    """Several clients of one service, one after the other."""
    pick = draft.random
    service = draft.service()
    clients = draft.clients[service.family]
    common: Packet = {"in": "eth0", "dst": service.vip, "proto": service.proto, "dport": service.port}
    return [
        {**common, "src": pick.choice(clients), "sport": 42000 + 10 * number + step}
        for step in range(pick.randint(2, 5))
    ]
