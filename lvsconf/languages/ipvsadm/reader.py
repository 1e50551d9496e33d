"""The commands of a file, carried out in order."""

from __future__ import annotations

from lvsconf.findings import Problem
from lvsconf.languages.endpoints import show_endpoint
from lvsconf.languages.ipvsadm import refusals
from lvsconf.languages.ipvsadm.invocation import Invocation, read_line, refused
from lvsconf.languages.ipvsadm.services import Key, OpenService, Tables, family_of, server_key, service_name
from lvsconf.languages.lines import one_problem
from lvsconf.model.ipvs import (
    FirewallMark,
    ForwardingMethod,
    RealServer,
    SyncDaemon,
    Timeouts,
    VirtualService,
)
from lvsconf.source import Source, Span

_LOSSES = ("LVS030", "LVS031", "LVS036")
"""Problems after which something may be there that is not known."""


def read(source: Source) -> tuple[Tables, tuple[Problem, ...]]:
    """What the commands leave behind, services in the order of the file, and what could not be understood."""
    return _Reader(source).read()


def service_of(key: Key, line: Invocation) -> VirtualService:
    """The service that `-A` or `-E` describes."""
    return VirtualService(
        key=key,
        scheduler=line.scheduler,
        persistent=line.persistent,
        netmask=line.netmask,
        one_packet=line.one_packet,
        engine=line.engine,
        flags=line.flags,
        span=line.span,
    )


def server_of(key: Key, line: Invocation) -> RealServer | None:
    """The real server of a command, None when its address is not known."""
    if line.server is None:
        return None
    if (
        not isinstance(key, FirewallMark)
        and line.method is not ForwardingMethod.NAT
        and line.command != "delete-server"
    ):
        port = key.port  # direct routing and tunnels can't change it; ipvsadm takes the service's without a word
    else:
        port = line.early_port if line.server_port is None else line.server_port
    return RealServer(
        address=line.server,
        port=port,
        method=line.method,
        weight=line.weight,
        upper=line.upper,
        lower=line.lower,
        tunnel=line.tunnel,
        tunnel_port=line.tunnel_port,
        tunnel_checksum=line.checksum,
        span=line.span,
    )


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.services: dict[Key, OpenService] = {}
        self.timeouts: Timeouts | None = None
        self.daemons: dict[str, SyncDaemon] | None = None
        self.problems: list[Problem] = []
        self.lost: set[int] = set()
        self.unnamed = False

    def problem(self, message: str, span: Span, code: str = "LVS032") -> None:
        self.problems.append(Problem(code, message, span))

    def read(self) -> tuple[Tables, tuple[Problem, ...]]:
        for number in range(1, len(self.source.lines) + 1):
            line, problems = read_line(self.source, number)
            before = len(self.problems)
            if line is not None:
                self._apply(line)
            # What a line would do is beside the point while its words are not understood.
            told = problems if refused(problems) else [*problems, *self.problems[before:]]
            self.problems[before:] = one_problem(refused(told) or told)
            if any(problem.code in _LOSSES for problem in problems):
                self.lost.add(number)
        tables = Tables(
            tuple(service.closed() for service in self.services.values()),
            self.timeouts,
            None if self.daemons is None else tuple(self.daemons.values()),
            frozenset(self.lost),
        )
        return tables, tuple(sorted(self.problems, key=lambda problem: problem.span))

    def _apply(self, line: Invocation) -> None:
        if line.command == "clear":
            self.services.clear()
        elif line.command in ("add-service", "edit-service", "delete-service"):
            self._service(line)
        elif line.command in ("add-server", "edit-server", "delete-server"):
            self._server(line)
        elif line.command in ("zero", "list"):
            self._known(line)
        elif line.command == "set" and len(line.timeouts) == 3:
            old = self.timeouts or Timeouts()
            tcp, fin, udp = line.timeouts
            self.timeouts = Timeouts(tcp or old.tcp, fin or old.tcp_fin, udp or old.udp)
        elif line.command in ("start-daemon", "stop-daemon"):
            self._daemon(line)

    def _known(self, line: Invocation) -> OpenService | None:
        """The service that a command is about; a problem when it is not there."""
        key = line.key
        if key is None:
            return None
        found = self.services.get(key)
        # With a service whose name is unknown, any may be there.
        if found is None and not self.unnamed:
            self.problem(f"there is no service {service_name(key)}", line.place("service"))
        return found

    def _service(self, line: Invocation) -> None:
        key = line.key
        if key is None:
            self.unnamed = self.unnamed or bool(line.names)
            return
        if line.command == "delete-service":
            if self._known(line) is not None:
                del self.services[key]
            return
        service = service_of(key, line)
        for message, columns in refusals.service_faults(service):
            self.problem(message, line.place(*columns))
        if line.command == "edit-service":
            existing = self._known(line)
            if existing is not None:
                existing.service = service
        elif key in self.services:
            self.problem(f"service {service_name(key)} exists already", line.place("service"))
        else:
            self.services[key] = OpenService(service)

    def _server(self, line: Invocation) -> None:
        key, service = line.key, self._known(line)
        server = None if key is None else server_of(key, line)
        if key is None or server is None:
            return
        self._ignored_port(line, server)
        name, shown = server_key(server), show_endpoint(server.address, server.port)
        place = line.place("server")
        if line.command == "delete-server":
            if service is not None and service.servers.pop(name, None) is None:
                self.problem(f"{shown} is not in service {service_name(key)}", place)
            return
        for message, columns in refusals.server_faults(key, server):
            self.problem(message, line.place(*columns))
        self._mixed(line, key, server)
        if service is None:
            return
        if line.command == "edit-server":
            if name not in service.servers:
                self.problem(f"{shown} is not in service {service_name(key)}", place)
                return
        elif name in service.servers:
            self.problem(f"{shown} is in service {service_name(key)} already", place)
            return
        else:
            fault = refusals.not_unicast(server.address)
            if fault:
                self.problem(fault, place)
        service.servers[name] = server

    def _ignored_port(self, line: Invocation, server: RealServer) -> None:
        given = line.server_port
        if given is None or given == server.port:
            return
        message = f"port {given} is ignored: with {server.method.name} packets keep port {server.port}"
        self.problem(message, line.place("server"), "LVS033")

    def _mixed(self, line: Invocation, key: Key, server: RealServer) -> None:
        """The synchronisation protocol has no place for a real server of the other family (ip_vs_genl_set_cmd)."""
        if self.daemons and server.method is ForwardingMethod.TUN and server.address.version != family_of(key):
            self.problem(
                "while a sync daemon runs, a real server has its service's address family", line.place("server")
            )

    def _daemon(self, line: Invocation) -> None:
        if line.state not in ("master", "backup"):
            return
        running = {} if self.daemons is None else self.daemons
        if line.command == "stop-daemon":
            if running.pop(line.state, None) is None and self.daemons is not None:
                self.problem(f"no {line.state} sync daemon is running", line.span)
        elif line.state in running:
            self.problem(f"a {line.state} sync daemon runs already", line.span)
        else:
            for service in self.services.values():
                for server in service.servers.values():
                    if server.address.version != family_of(service.service.key):
                        self.problem(
                            "no sync daemon starts while a real server has another family than its service", line.span
                        )
                        return
            running[line.state] = line.sync_daemon()
        self.daemons = running
