"""The scripts that put a host in place: they load the files beside them and can put back what was there."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Interface
from typing import Any

from lvsconf.compile.firewall import TUNNEL
from lvsconf.compile.hosts import Host
from lvsconf.compile.plan import Plan
from lvsconf.compile.quoting import Word, comment, shell
from lvsconf.compile.rules import Table
from lvsconf.compile.templates import render


def director(plan: Plan, host: Host, tables: Iterable[Table]) -> str:
    """The text of director.sh."""
    schedulers = sorted({service.scheduler for service in plan.services})
    modules = ["nf_conntrack", "ip_vs", *(f"ip_vs_{scheduler}" for scheduler in schedulers)]
    words = tuple(shell(module) for module in modules)
    return render("director.sh.j2", modules=words, **_common(plan, host, tables))


def realserver(plan: Plan, host: Host, tables: Iterable[Table]) -> str:
    """The text of realserver.sh."""
    tunnel = any(device.name == TUNNEL for device in host.devices)
    name = shell(TUNNEL) if tunnel else None
    return render("realserver.sh.j2", tunnel=name, **_common(plan, host, tables))


def _common(plan: Plan, host: Host, tables: Iterable[Table]) -> dict[str, Any]:
    own = ((address, device.name) for device in host.devices for address in device.own if not address.ip.is_loopback)
    return {
        "host": shell(host.name),
        "title": comment(host.name),
        "cluster": comment(plan.cluster),
        "own": _addresses(own),
        "added": _addresses(host.added),
        "routes": tuple((shell(via.destination), shell(via.device), shell(via.gateway)) for via in host.routes),
        "tables": tuple(shell(table.name) for table in tables),
    }


def _addresses(found: Iterable[tuple[IPv4Interface, str]]) -> tuple[tuple[Word, Word], ...]:
    return tuple((shell(address), shell(device)) for address, device in found)
