"""Both networks on one interface."""

from __future__ import annotations

from lvsconf.lab.directors.draft import Draft

SHARE = 0.12


def ground(draft: Draft) -> None:
    """Move what eth1 has to eth0."""
    inside = next(link for link in draft.links if link["ifname"] == "eth1")
    outside = next(link for link in draft.links if link["ifname"] == "eth0")
    draft.links.remove(inside)
    for number, link in enumerate(draft.links, 1):
        link["ifindex"] = number
    outside["addr_info"] += inside["addr_info"]
    outside["mtu"] = 1500
    draft.inside = "eth0"
    for route in draft.routes:
        if route.get("dev") == "eth1":
            route["dev"] = "eth0"


def finish(draft: Draft) -> None:
    """Nothing arrives on an interface that is not there."""
    for packet in draft.packets:
        if packet["in"] == "eth1":
            packet["in"] = "eth0"
