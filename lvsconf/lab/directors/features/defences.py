"""What IPVS does against too much: drop_packet, secure_tcp, and thresholds of real servers."""

from __future__ import annotations

from lvsconf.lab.directors.draft import Draft

SHARE = 0.2


def services(draft: Draft) -> None:
    """Upper and lower thresholds, small enough to be reached."""
    pick = draft.random
    for number, line in enumerate(draft.ipvs):
        if line.startswith("-a") and draft.chance(0.4):
            upper = pick.randint(1, 3)
            lower = pick.randint(0, upper)
            draft.ipvs[number] = f"{line} -x {upper} -y {lower}"


def settings(draft: Draft) -> None:
    """The modes that do not depend on memory, and those that do nothing as long as there is some."""
    pick = draft.random
    draft.sysctl |= {
        "net.ipv4.vs.am_droprate": pick.choice([0, 1, 2, 3, 3, 5]),
        "net.ipv4.vs.drop_packet": pick.choice([0, 3, 3]),
        "net.ipv4.vs.secure_tcp": pick.choice([0, 1, 2, 3, 3]),
    }
