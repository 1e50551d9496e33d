"""From the text of a cluster file to the text of everything that is built from it. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lvsconf.compile import firewall, hosts, listings, rules, scripts, services, settings
from lvsconf.compile.plan import Plan, PlannedServer, plan
from lvsconf.findings import Problem
from lvsconf.languages.cluster import read
from lvsconf.source import Source


@dataclass(frozen=True, slots=True)
class Built:
    """The files by their path below the output directory; none when there are problems."""

    files: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def build(source: Source) -> Built:
    """Everything that a cluster file stands for, or why it is refused."""
    reading = read(source)
    if reading.cluster is None:
        return Built(problems=reading.problems)
    planned = plan(reading.cluster)
    if planned.plan is None:
        return Built(problems=planned.problems)
    files = _director(planned.plan)
    for server in planned.plan.servers:
        files |= _realserver(planned.plan, server)
    return Built(dict(sorted(files.items())))


def _director(found: Plan) -> dict[str, str]:
    host = hosts.director(found)
    tables = firewall.director(found)
    return _below(
        host.name,
        {
            "director.sh": scripts.director(found, host, tables),
            "iptables.rules": rules.restore_file(tables),
            "ipvsadm.rules": services.restore_file(found),
            "sysctl.conf": settings.file(settings.director(found)),
            **listings.files(host),
        },
    )


def _realserver(found: Plan, server: PlannedServer) -> dict[str, str]:
    host = hosts.realserver(server)
    tables = firewall.realserver(server)
    return _below(
        host.name,
        {
            "realserver.sh": scripts.realserver(found, host, tables),
            "iptables.rules": rules.restore_file(tables),
            # present and empty: a real server is known to have no services of its own
            "ipvsadm.rules": "",
            "sysctl.conf": settings.file(settings.realserver(server)),
            **listings.files(host),
        },
    )


def _below(name: str, files: Mapping[str, str]) -> dict[str, str]:
    return {f"{name}/{file}": text for file, text in files.items()}
