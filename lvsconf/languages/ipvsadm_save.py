"""`ipvsadm-save -n`: one ipvsadm command per line, as `ipvsadm -R` reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lvsconf.findings import Problem
from lvsconf.languages import ipvsadm_checks as checks
from lvsconf.languages.endpoints import parse_endpoint, show_endpoint
from lvsconf.languages.ipvsadm_options import COMMAND_NAMES, Found, options_of
from lvsconf.languages.ipvsadm_services import Key, OpenService, server_key, service_name
from lvsconf.languages.lines import LineError, line_grammar, one_problem
from lvsconf.model.ipvs import Endpoint, FirewallMark, ForwardingMethod, RealServer, VirtualService
from lvsconf.source import Source, Span

NAME = "ipvsadm"
EXPECTS = "the output of ipvsadm-save -n"

DEFAULT_SCHEDULER = "wlc"
DEFAULT_PERSISTENCE = 360
"""What a bare `-p` gives; the man page says 300."""

_COMMAND = re.compile(
    r"^[ \t]*(?:\S*ipvsadm[ \t]+)?(?:-[AEa][ \t]*-?-?[tuf]|--add-ser\w+|-[Cc]\b|-D\b|"
    r"-[Aae][ \t]+--(?:tcp|udp|sctp|fwmark)-service)",
    re.MULTILINE,
)
_PROTOCOLS = {"tcp-service": 6, "udp-service": 17, "sctp-service": 132}
_METHODS = {
    "gatewaying": ForwardingMethod.DR,
    "ipip": ForwardingMethod.TUN,
    "masquerading": ForwardingMethod.NAT,
}
_SERVICE_COMMANDS = ("add-service", "edit-service", "delete-service")
_SERVER_COMMANDS = ("add-server", "edit-server", "delete-server")
_NOT_A_TABLE = ("zero", "save", "list", "restore", "set", "start-daemon", "stop-daemon")
"""Commands that leave the services as they are."""


def recognise(text: str) -> bool:
    """Whether this is a list of ipvsadm commands."""
    return bool(_COMMAND.search(text)) and not re.search(r"^#!", text)


def read(source: Source) -> tuple[tuple[VirtualService, ...], tuple[Problem, ...]]:
    """The services in the order of the file, and what could not be understood."""
    reader = _Reader(source)
    return reader.read()


@dataclass(slots=True)
class Invocation:
    """One line as ipvsadm sees it."""

    command: str
    span: Span
    options: dict[str, Found] = field(default_factory=dict)

    def value(self, name: str) -> str | None:
        """The value of an option, None when it is not given."""
        found = self.options.get(name)
        return None if found is None else found.value


def read_line(source: Source, number: int) -> tuple[Invocation | None, list[Problem]]:
    """One line as an invocation; None when it is empty, or when what it does can't be told."""
    text = source.lines[number - 1]
    try:
        line = line_grammar("ipvsadm").parse(text)
    except LineError as error:
        span = source.span(number, error.column, error.end_column)
        return None, [Problem("LVS030", f"this line can't be read: {error}", span)]
    if line is None:
        return None, []
    span = source.span(number, line.words[0].column, line.words[-1].end_column)
    if line.rule == "comment":
        return None, [Problem("LVS031", "a comment makes `ipvsadm -R` stop here: nothing below is loaded", span)]
    problems: list[Problem] = []
    words = tuple(word for word in line.words if word.kind == "WORD")
    command: str | None = None
    options: dict[str, Found] = {}
    for found in options_of(words):
        place = source.span(number, *found.columns)
        if found.name is None:
            problems.append(Problem("LVS030", found.message, place, help=found.help))
        elif found.name in COMMAND_NAMES:
            if command is not None:
                problems.append(Problem("LVS032", "one line holds two commands", place))
            command = command or found.name
            options.setdefault(found.name, found)
        elif found.name in options:
            problems.append(Problem("LVS032", f"`{found.words[0].text}` is given twice", place))
        else:
            options[found.name] = found
    if command is None:
        if not problems:
            problems.append(Problem("LVS030", "this line names no command such as -A or -a", span))
        return None, list(one_problem(problems))
    return Invocation(command, span, options), list(one_problem(problems))


def key_of(options: Mapping[str, Found]) -> Key | None:
    """The service that an invocation names; raises ValueError with what is wrong."""
    given = [name for name in (*_PROTOCOLS, "fwmark-service") if name in options]
    if not given:
        return None
    if len(given) > 1:
        raise ValueError("one command names two services")
    text = options[given[0]].value or ""
    if given[0] == "fwmark-service":
        if not text.isascii() or not text.isdigit() or not 0 < int(text[:12]) <= 0xFFFFFFFF:
            raise ValueError(f"{text[:80]!r} is not a firewall mark: a number above 0")
        return FirewallMark(int(text), 6 if "ipv6" in options else 4)
    proto = _PROTOCOLS[given[0]]
    address, port = parse_endpoint(text, proto)
    return Endpoint(proto, address, port or 0)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.services: dict[Key, OpenService] = {}
        self.problems: list[Problem] = []

    def problem(self, code: str, message: str, span: Span) -> None:
        self.problems.append(Problem(code, message, span))

    def read(self) -> tuple[tuple[VirtualService, ...], tuple[Problem, ...]]:
        for number in range(1, len(self.source.lines) + 1):
            invocation, problems = read_line(self.source, number)
            before = len(self.problems)
            if invocation is not None:
                try:
                    self._apply(invocation)
                except ValueError as error:
                    self.problem("LVS032", str(error), invocation.span)
            # What a line would do is beside the point while its words are not understood.
            self.problems[before:] = problems or one_problem(self.problems[before:])
        closed = tuple(service.closed() for service in self.services.values())
        return closed, tuple(sorted(self.problems, key=lambda problem: problem.span))

    def _apply(self, line: Invocation) -> None:
        if line.command == "clear":
            self.services.clear()
        elif line.command in _SERVICE_COMMANDS:
            self._service(line)
        elif line.command in _SERVER_COMMANDS:
            self._server(line)
        elif line.command not in _NOT_A_TABLE:
            raise ValueError(f"`--{line.command}` has no place in a file of rules")

    def _service(self, line: Invocation) -> None:
        key = key_of(line.options)
        if key is None:
            raise ValueError("the command names no service: -t, -u, --sctp-service or -f")
        existing = self.services.get(key)
        if line.command == "delete-service":
            if existing is None:
                raise ValueError(f"there is no service {service_name(key)} to delete")
            del self.services[key]
            return
        service = service_of(key, line)
        for message in checks.service_faults(service):
            self.problem("LVS032", message, line.span)
        if line.command == "edit-service":
            if existing is None:
                raise ValueError(f"there is no service {service_name(key)} to edit")
            existing.service = service
        elif existing is not None:
            raise ValueError(f"service {service_name(key)} exists already: the command is refused")
        else:
            self.services[key] = OpenService(service)

    def _server(self, line: Invocation) -> None:
        key = key_of(line.options)
        if key is None:
            raise ValueError("the command names no service: -t, -u, --sctp-service or -f")
        service = self.services.get(key)
        if service is None:
            raise ValueError(f"there is no service {service_name(key)} for this real server")
        server, given_port = server_of(key, line)
        if given_port is not None and given_port != server.port:
            self.problem(
                "LVS033",
                f"port {given_port} is ignored: with {server.method.name} packets keep port {server.port}",
                line.span,
            )
        for message in checks.server_faults(key, server, line.options):
            self.problem("LVS032", message, line.span)
        name = server_key(server)
        existing = name in service.servers
        if line.command == "add-server":
            if existing:
                raise ValueError(f"{show_endpoint(server.address, server.port)} is in this service already")
            service.servers[name] = server
        elif not existing:
            raise ValueError(f"{show_endpoint(server.address, server.port)} is not in this service")
        elif line.command == "edit-server":
            service.servers[name] = server
        else:
            del service.servers[name]


def service_of(key: Key, line: Invocation) -> VirtualService:
    """The service that `-A` or `-E` describes; raises ValueError."""
    persistent = None
    if "persistent" in line.options:
        text = line.value("persistent")
        persistent = DEFAULT_PERSISTENCE if text is None else _number(text, "a timeout in seconds")
    mask = line.value("netmask")
    return VirtualService(
        key=key,
        scheduler=line.value("scheduler") or DEFAULT_SCHEDULER,
        persistent=persistent,
        netmask=None if mask is None else checks.netmask(mask, key),
        one_packet="ops" in line.options,
        engine=line.value("pe"),
        flags=tuple(sorted((line.value("sched-flags") or "").split(","))) if "sched-flags" in line.options else (),
        span=line.span,
    )


def server_of(key: Key, line: Invocation) -> tuple[RealServer, int | None]:
    """The real server of a command, and the port that was written; raises ValueError."""
    text = line.value("real-server")
    if text is None:
        raise ValueError("the command names no real server (-r)")
    proto = key.proto if isinstance(key, Endpoint) else 6
    address, port = parse_endpoint(text, proto)
    if text.startswith("[") and port is None:
        raise ValueError(f"ipvsadm refuses {text!r}: an address in brackets needs a port")
    methods = [method for name, method in _METHODS.items() if name in line.options]
    if len(methods) > 1:
        raise ValueError("a real server has one forwarding method")
    method = methods[0] if methods else ForwardingMethod.DR
    weight = line.value("weight")
    server = RealServer(
        address=address,
        port=port or 0,
        method=method,
        weight=1 if weight is None else _number(weight, "a weight"),
        upper=_number(line.value("u-threshold") or "0", "a threshold"),
        lower=_number(line.value("l-threshold") or "0", "a threshold"),
        tunnel=line.value("tun-type") or "ipip",
        tunnel_port=_number(line.value("tun-port") or "", "a port") if "tun-port" in line.options else None,
        tunnel_checksum=next((name[4:] for name in checks.CHECKSUMS if name in line.options), None),
        span=line.span,
    )
    if isinstance(key, FirewallMark):
        return server, None
    if port is None:
        return replace(server, port=key.port), None
    if method is ForwardingMethod.NAT:
        return server, port
    # Direct routing and tunnels can't change the port; ipvsadm takes the service's without a word.
    return replace(server, port=key.port), port


def _number(text: str, what: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > 0x7FFFFFFF:
        raise ValueError(f"{text[:80]!r} is not {what}")
    return int(text)
