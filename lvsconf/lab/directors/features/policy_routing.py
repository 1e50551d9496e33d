"""Policy rules by mark and by source, odd routes, no default route, VIPs on no interface."""

from __future__ import annotations

from lvsconf.lab.directors.draft import INNER_GATEWAY, REMOTE, VIPS, Draft, Spot

SHARE = 0.25


def ground(draft: Draft) -> None:
    """Rules and routes; now and then the VIPs are taken away."""
    pick = draft.random
    draft.far_vip = draft.chance(0.25)
    if draft.far_vip:
        for link in draft.links:
            link["addr_info"] = [info for info in link["addr_info"] if info["local"] not in VIPS]
    if draft.chance(0.2):
        draft.routes = [route for route in draft.routes if route["dst"] != "default" or ":" in route.get("gateway", "")]
    kind = pick.choice(["via", "via", "blackhole", "prohibit", "unreachable", "none"])
    if kind == "via":
        draft.routes.append({"dst": "198.18.0.0/16", "gateway": INNER_GATEWAY, "dev": draft.inside})
    elif kind != "none":
        draft.routes.append({"type": kind, "dst": "198.18.0.0/16"})
    if draft.far_vip or draft.chance(0.4):
        draft.policy.append({"priority": 100, "src": "all", "fwmark": "0x7", "table": "100"})
        draft.routes.append({"type": "local", "dst": "default", "dev": "lo", "table": "100", "scope": "host"})
    if draft.chance(0.3):
        draft.policy.append({"priority": 200, "src": VIPS[0], "table": "200"})
        draft.routes.append({"dst": "default", "gateway": "192.0.2.200", "dev": "eth0", "table": "200"})


def services(draft: Draft) -> None:
    """A real server that a router leads to, or nothing."""
    if draft.chance(0.5):
        draft.serve(Spot("tcp", VIPS[1], 8443), draft.random.choice(draft.methods), [(REMOTE, 8443, 1)])
