"""keepalived.conf: what it makes of the IPVS table and of addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lvsconf.findings import Problem
from lvsconf.languages.keepalived.checks import check
from lvsconf.languages.keepalived.expansion import Expander
from lvsconf.languages.keepalived.groups import Group, read_group
from lvsconf.languages.keepalived.services import ServiceReader
from lvsconf.languages.keepalived.settling import Settling
from lvsconf.languages.keepalived.tree import Statement, Tree
from lvsconf.languages.keepalived.vrrp import VrrpReader
from lvsconf.model.ipvs import VirtualService
from lvsconf.model.vrrp import Vrrp
from lvsconf.source import Source, Span

_ROUTES = ("virtual_routes", "static_routes", "virtual_rules", "static_rules")
_NOTHING: Mapping[str, Source] = {}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a keepalived.conf says.

    `services` are those of a director whose real servers are all up. `included` are the names of the files it takes in.
    `gaps` are the places where services may be missing or have more in them. `routes` counts the routes and rules that
    it adds. `has_services` tells a file without a service from one whose services are all dropped.
    """

    services: tuple[VirtualService, ...]
    vrrp: Vrrp
    included: frozenset[str]
    gaps: tuple[Span, ...]
    routes: int
    statements: int
    has_services: bool


def read(source: Source, others: Mapping[str, Source] = _NOTHING) -> tuple[Configuration, tuple[Problem, ...]]:
    """The configuration in `source` and in those of `others` that it includes; and what is wrong with it."""
    expander, tree = Expander(others), Tree()
    top = tree.read(expander.read(source))
    problems = [*expander.problems, *tree.problems, *check(top)]
    reader = VrrpReader()
    vrrp = reader.read(top)
    services, gaps = _services(top, problems)
    problems += reader.problems
    problems.sort(key=lambda problem: (problem.span.file != source.name, problem.span, problem.code))
    lost = [problem.span for problem in problems if problem.code == "LVS050"]
    gaps = [*expander.missing, *gaps, *tree.passed_over, *lost]
    routes = sum(len(block.body) for each in (top, *top.body) for block in each.body if block.name in _ROUTES)
    configuration = Configuration(
        services,
        vrrp,
        frozenset(expander.included),
        tuple(sorted(set(gaps))),
        routes,
        len(top.body),
        any(each.name == "virtual_server" for each in top.body),
    )
    return configuration, tuple(dict.fromkeys(problems))


def _services(top: Statement, problems: list[Problem]) -> tuple[tuple[VirtualService, ...], list[Span]]:
    groups: dict[str, Group] = {}
    for each in top.body:
        if each.name == "virtual_server_group" and each.usable:
            group, wrong = read_group(each)
            groups.setdefault(group.name, group)
            problems += wrong
    settling = Settling(groups)
    gaps: list[Span] = []
    for each in top.body:
        if each.name != "virtual_server":
            continue
        if each.condition is not None:
            gaps.append(each.span)
            continue
        reader = ServiceReader()
        virtual = reader.read(each)
        problems += reader.problems
        if virtual is not None:
            settling.add(virtual)
        elif not each.known:
            gaps.append(each.span)
    problems += settling.problems
    return tuple(settling.services.values()), [*gaps, *settling.gaps]
