"""Persistent services, also one for all ports of a VIP."""

from __future__ import annotations

from lvsconf.lab.directors.draft import SERVERS, VIPS, Draft, Service

SHARE = 0.3


def services(draft: Draft) -> None:
    """Make some services persistent; others stay as they are."""
    pick = draft.random
    for number, line in enumerate(draft.ipvs):
        if line.startswith("-A") and " -p " not in line and draft.chance(0.5):
            draft.ipvs[number] = f"{line} -p {pick.choice([60, 300])}"
    if draft.chance(0.4):
        method = pick.choice([letter for letter in draft.methods if letter != "i"] or draft.methods)
        draft.ipvs += [
            f"-A -t {VIPS[0]}:0 -s rr -p 60",
            f"-a -t {VIPS[0]}:0 -r {SERVERS[1]}:0 -{method} -w 1",
        ]
        # The conversation is with one of the ports.
        draft.services.append(Service("tcp", VIPS[0], 7000, method, [SERVERS[1]], [7000]))


def settings(draft: Draft) -> None:
    """What becomes of templates whose real server has no weight."""
    draft.sysctl["net.ipv4.vs.expire_quiescent_template"] = int(draft.chance(0.4))
