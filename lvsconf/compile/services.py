"""The IPVS table of the director, as `ipvsadm-save -n` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from lvsconf.compile.plan import Plan, PlannedDestination, PlannedService
from lvsconf.compile.quoting import Word, plain
from lvsconf.compile.templates import render
from lvsconf.model.ipvs import ForwardingMethod

_LETTERS = {6: "-t", 17: "-u"}


def restore_file(plan: Plan) -> str:
    """The text that `ipvsadm -R` reads. A plan without services gives an empty one."""
    lines = (line for service in plan.services for line in _service(service))
    return render("ipvsadm.rules.j2", lines=tuple(lines))


def _service(service: PlannedService) -> Iterator[tuple[Word, ...]]:
    key = f"{_LETTERS[service.proto]} {service.vip}:{service.port}"
    yield _words(f"-A {key} -s {service.scheduler}", *_persistence(service), *(["-o"] if service.one_packet else []))
    for destination in service.destinations:
        yield _words(f"-a {key}", *_destination(service, destination))


def _persistence(service: PlannedService) -> Iterator[str]:
    found = service.persistence
    if found:
        yield f"-p {found.timeout}"
        if found.prefix != 32:
            yield f"-M {IPv4Network((0, found.prefix)).netmask}"


def _destination(service: PlannedService, destination: PlannedDestination) -> Iterator[str]:
    yield f"-r {destination.address}:{destination.port} -{service.method.value} -w {destination.weight}"
    if service.method is ForwardingMethod.TUN:
        yield "--tun-type ipip"


def _words(*parts: str) -> tuple[Word, ...]:
    return tuple(plain(word) for part in parts for word in part.split())
