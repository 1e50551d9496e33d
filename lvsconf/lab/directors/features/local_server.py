"""A real server that is the director itself (LocalNode), with nobody who listens."""

from __future__ import annotations

from lvsconf.lab.directors.draft import INSIDE, Draft, Spot

SHARE = 0.1


def services(draft: Draft) -> None:
    """A further service with the director's inside address behind it."""
    pick = draft.random
    method = pick.choice(draft.methods)
    spot = Spot("tcp", "192.0.2.100", 8081)
    servers = [(INSIDE, pick.choice([8081, 8080]) if method == "m" else 8081, 1)]
    if draft.chance(0.3):
        servers.append((draft.servers[4][0], 8081, 1))
    draft.serve(spot, method, servers)
