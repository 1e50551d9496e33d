"""Random directors with features that stay the same, whatever features are added."""

from __future__ import annotations

from lvsconf.lab.directors import Director, draw

USUAL = (
    *("fwmark", "icmp_errors", "local_clients", "local_server"),
    *("lvs_dr", "lvs_nat", "lvs_tun", "persistence"),
)
ODD = (*USUAL, "one_nic", "policy_routing", "strays")


def usual(seed: int) -> Director:
    """A director as many are."""
    return draw(seed, USUAL)


def odd(seed: int) -> Director:
    """A director on stranger ground, with packets from everywhere."""
    return draw(seed, ODD, always=("strays",))
