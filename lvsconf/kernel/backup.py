"""Whether a director directs at all (include/net/ip_vs.h, sysctl_backup_only)."""

from __future__ import annotations

from lvsconf.kernel.world import World
from lvsconf.model.host import Role

KEY = "net.ipv4.vs.backup_only"


def directs(world: World) -> list[tuple[bool, World]]:
    """One branch for each answer: with KEY set, none of what IPVS does to requests happens while a backup daemon runs.

    Where nothing is known of daemons, KEY is what makes one likely.
    """
    host, settings = world.kernel.host, world.kernel.settings
    if host.daemons is not None:
        if not any(daemon.state == "backup" for daemon in host.daemons):
            return [(True, world)]
        return [(not only, there) for only, there in world.setting(KEY)]
    if not settings.listed(KEY) or host.role is Role.MASTER:
        return [(True, world)]
    choices = [(0, "no sync daemon runs as backup"), (1, "a sync daemon runs as backup")]
    return [(not runs, there) for runs, there in world.settle("backup daemon", choices)]
