"""One line: one invocation of ipvsadm, with its options read in the order in which ipvsadm reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lvsconf.extensions.addresses import show_host
from lvsconf.findings import Problem
from lvsconf.languages.ipvsadm import values
from lvsconf.languages.ipvsadm.legality import Fault, column_faults, tunnel_faults
from lvsconf.languages.ipvsadm.options import COMMANDS, OPTIONS, TUNNELS, Command
from lvsconf.languages.ipvsadm.popt import Found, options_of
from lvsconf.languages.ipvsadm.services import Key
from lvsconf.languages.lines import LineError, line_grammar
from lvsconf.languages.suggest import suggestion
from lvsconf.model.fields import SCTP, TCP, UDP
from lvsconf.model.ipvs import Address, Endpoint, FirewallMark, ForwardingMethod, SyncDaemon
from lvsconf.source import Source, Span

DEFAULT_SCHEDULER = "wlc"
DEFAULT_PERSISTENCE = 360
"""Seconds; what a bare `-p` gives. The man page says 300."""

HARMLESS = frozenset({"LVS033", "LVS037"})
"""Problems of what ipvsadm accepts all the same."""

_SETS: dict[str, tuple[str, bool | ForwardingMethod]] = {
    "ops": ("one_packet", True),
    "gatewaying": ("method", ForwardingMethod.DR),
    "ipip": ("method", ForwardingMethod.TUN),
    "masquerading": ("method", ForwardingMethod.NAT),
}
"""What the options without a value say."""


@dataclass(slots=True)
class Invocation:
    """What ipvsadm has gathered from a line. `family` is 0 until the service is known; ports are None if not given.

    `names` are the host names that stand for an address: what they stand for is unknown.
    """

    command: str
    span: Span
    places: dict[str, Span] = field(default_factory=dict)
    proto: int = 0
    family: int = 0
    address: Address | None = None
    port: int = 0
    mark: int = 0
    netmask: int | None = None
    scheduler: str = DEFAULT_SCHEDULER
    persistent: int | None = None
    one_packet: bool = False
    engine: str | None = None
    flags: tuple[str, ...] = ()
    flag_text: str = ""
    server: Address | None = None
    server_port: int | None = None
    early_port: int = 0
    method: ForwardingMethod = ForwardingMethod.DR
    weight: int = 1
    upper: int = 0
    lower: int = 0
    tunnel: str = "ipip"
    tunnel_port: int | None = None
    state: str = ""
    timeouts: tuple[int, ...] = ()
    daemon: dict[str, int | str | Address] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def place(self, *columns: str) -> Span:
        """Where the first of these options is given; the whole line when none is."""
        return next((self.places[column] for column in columns if column in self.places), self.span)

    @property
    def key(self) -> Key | None:
        """The service, None when it is not named by address or mark."""
        if self.mark:
            return FirewallMark(self.mark, self.family or 4)
        return None if self.address is None else Endpoint(self.proto, self.address, self.port)

    @property
    def checksum(self) -> str | None:
        """The tunnel's checksum option: nocsum, csum or remcsum."""
        return next((kind for kind in ("nocsum", "csum", "remcsum") if f"tun-{kind}" in self.places), None)

    def sync_daemon(self) -> SyncDaemon:
        """The daemon that `--start-daemon` starts."""
        given = {name.replace("-", "_"): value for name, value in self.daemon.items()}
        return SyncDaemon(self.state, span=self.span, **given)  # type: ignore[arg-type]


def _service(line: Invocation, text: str, proto: int) -> None:
    line.proto = proto
    line.address, port = values.endpoint(text, proto)
    line.port = port or 0
    line.family = line.address.version
    if line.family == 6:
        line.netmask = None  # parse_service sets it anew


def _mark(line: Invocation, text: str) -> None:
    line.family, line.proto, line.mark = 4, TCP, 0
    line.mark = values.mark(text)


def _ipv6(line: Invocation) -> None:
    if "service" not in line.places:
        raise ValueError("`-6` stands before the service: it has to follow -f")
    if not line.mark:
        raise ValueError("`-6` is for firewall marks (-f) only: an address shows its family")
    line.family, line.netmask = 6, None


def _persistent(line: Invocation, text: str | None) -> None:
    line.persistent = DEFAULT_PERSISTENCE
    if text is not None:
        line.persistent = values.number(text, 1, values.LONGEST_TIMEOUT, "a timeout in seconds")


def _netmask(line: Invocation, text: str) -> None:
    line.netmask = values.netmask(text, 6 if line.family == 6 else 4)


def _server(line: Invocation, text: str) -> None:
    line.early_port = line.port
    line.server, line.server_port = values.endpoint(text, line.proto)


def _scheduler(line: Invocation, text: str) -> None:
    line.scheduler = text or DEFAULT_SCHEDULER


def _tunnel(line: Invocation, text: str) -> None:
    if text not in TUNNELS:
        near = suggestion(text, TUNNELS)
        raise ValueError(f"there is no tunnel type `{text[:80]}`: {', '.join(TUNNELS)}" + (f"; {near}" if near else ""))
    line.tunnel = text


def _number(attribute: str, low: int, high: int, what: str) -> Callable[[Invocation, str], None]:
    return lambda line, text: setattr(line, attribute, values.number(text, low, high, what))


def _daemon(name: str, low: int, high: int) -> Callable[[Invocation, str], None]:
    def take(line: Invocation, text: str) -> None:
        line.daemon[name] = values.number(text, low, high, f"a {name}")

    return take


_TAKE: dict[str, Callable[[Invocation, str], None]] = {
    "tcp-service": lambda line, text: _service(line, text, TCP),
    "udp-service": lambda line, text: _service(line, text, UDP),
    "sctp-service": lambda line, text: _service(line, text, SCTP),
    "fwmark-service": _mark,
    "scheduler": _scheduler,
    "netmask": _netmask,
    "pe": lambda line, text: setattr(line, "engine", text or None),
    "sched-flags": lambda line, text: setattr(line, "flag_text", text),
    "real-server": _server,
    "weight": _number("weight", 0, values.INT_MAX, "a weight"),
    "u-threshold": _number("upper", 0, values.INT_MAX, "a threshold"),
    "l-threshold": _number("lower", 0, values.INT_MAX, "a threshold"),
    "tun-type": _tunnel,
    "tun-port": _number("tunnel_port", 1, 0xFFFF, "a port"),
    "mcast-interface": lambda line, text: line.daemon.__setitem__("interface", text[:15] or "eth0"),
    "mcast-group": lambda line, text: line.daemon.__setitem__("group", values.group(text)),
    "mcast-port": _daemon("port", 1, 0xFFFF),
    "mcast-ttl": _daemon("ttl", 1, 255),
    "syncid": _daemon("syncid", 0, 255),
    "sync-maxlen": _daemon("maxlen", 1, 65507),
}
"""What an option's value does; that of `-p` may be missing, `--set` has several."""


def refused(problems: Iterable[Problem]) -> list[Problem]:
    """The problems after which a line is not carried out."""
    return [problem for problem in problems if problem.code not in HARMLESS]


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
    # The reader of the file (config_stream.c) leaves the word out wherever it stands.
    found = list(options_of([word for word in line.words if word.text != "ipvsadm"]))
    return _Walk(source, number, span).read(found) if found else (None, [])


class _Walk:
    def __init__(self, source: Source, number: int, span: Span) -> None:
        self.source, self.number, self.span = source, number, span
        self.problems: list[Problem] = []

    def problem(self, code: str, message: str, found: Found | None = None, help_: str = "") -> None:
        place = self.span if found is None else self.source.span(self.number, *found.at)
        self.problems.append(Problem(code, message, place, help=help_))

    def read(self, found: list[Found]) -> tuple[Invocation | None, list[Problem]]:
        """Every option in turn; the arguments belong to `--set`."""
        command = self._command(found)
        if command is None:
            return None, self.problems
        line = Invocation(command.option.name if command.option else "", self.span)
        arguments: list[Found] = []
        for each in found:
            if each is command:
                self._take_state(line, each)
            elif each.fault:
                self.problem("LVS030", each.fault, each, each.help)
            elif each.option is None:
                arguments.append(each)
            elif isinstance(each.option, Command):
                self.problem("LVS032", "one line holds two commands", each)
            else:
                self._take(line, each)
        self._arguments(line, arguments)
        self._flags(line)
        if not refused(self.problems):
            self._faults(column_faults(line.command, line.places))
        if line.command in ("add-server", "edit-server") and not refused(self.problems):
            self._faults(tunnel_faults(line.tunnel, line.method, line.places))
        return line, self.problems

    def _command(self, found: list[Found]) -> Found | None:
        """The command, which has to be the first option."""
        first = next((each for each in found if each.option is not None or each.fault), None)
        command = next((each for each in found if isinstance(each.option, Command)), None)
        if first is not None and first.fault:
            names = [word for name in COMMANDS for word in COMMANDS[name].words]
            self.problem("LVS030", first.fault, first, suggestion(first.text, names) or first.help)
        elif command is None:
            self.problem("LVS030", "this line names no command such as -A or -a")
        elif first is not command:
            self.problem("LVS032", f"the command `{command.text}` has to stand before the options", command)
        if command is not None and command.option in (COMMANDS["help"], COMMANDS["version"], COMMANDS["restore"]):
            self.problem("LVS032", f"`{command.text}` ends the loading: nothing below is loaded", command)
        return command

    def _take_state(self, line: Invocation, found: Found) -> None:
        if line.command in ("start-daemon", "stop-daemon"):
            line.state = found.value or ""
            if line.state not in ("master", "backup"):
                near = suggestion(line.state, ("master", "backup"))
                self.problem("LVS032", f"{line.state[:80]!r} is neither master nor backup", found, near)

    def _take(self, line: Invocation, found: Found) -> None:
        option = found.option
        if option is None:
            return
        place = self.source.span(self.number, *found.at)
        try:
            if option.column in line.places and option.column:
                self.problem("LVS032", f"`{found.text}` is one too many: {_only_one(option.column)}", found)
            elif option.name == "persistent":
                _persistent(line, found.value)
            elif option.name == "ipv6":
                _ipv6(line)
            elif option.name in _SETS:
                setattr(line, *_SETS[option.name])
            elif option.name in _TAKE:
                _TAKE[option.name](line, found.value or "")
        except values.HostName as name:
            self.problem("LVS036", str(name), found, "save with `ipvsadm-save -n`, which prints addresses")
            line.names.append(found.value or "")
        except ValueError as error:
            self.problem("LVS032", str(error), found)
        line.places.setdefault(option.column or option.name, place)
        if option.name == "netmask" and line.family != 6:
            self._odd_mask(line, found)

    def _odd_mask(self, line: Invocation, found: Found) -> None:
        mask = 0xFFFFFFFF if line.netmask is None else line.netmask
        bits = mask.bit_count()
        if mask == (0xFFFFFFFF << (32 - bits)) & 0xFFFFFFFF:
            return
        text = found.value or ""
        length = int(text) if text.isascii() and text.isdigit() and int(text[:3]) <= 32 else None
        meant = "" if length is None else f"a /{length} is {show_host(0xFFFFFFFF << (32 - length) & 0xFFFFFFFF, 4)}"
        self.problem("LVS037", f"ipvsadm takes this for the mask {show_host(mask, 4)}, which has gaps", found, meant)

    def _arguments(self, line: Invocation, arguments: list[Found]) -> None:
        if line.command == "set":
            taken, arguments = arguments[:3], arguments[3:]
            if len(taken) < 3:
                self.problem("LVS032", "`--set` wants three timeouts: TCP, TCP after a FIN, UDP; 0 keeps one")
            try:
                line.timeouts = tuple(
                    values.number(each.text, 0, values.LONGEST_TIMEOUT, "a timeout in seconds") for each in taken
                )
            except ValueError as error:
                self.problem("LVS032", str(error))
        if arguments:
            first = arguments[0]
            hint = "only the bare word `ipvsadm` may lead a line" if first.text.endswith("/ipvsadm") else ""
            self.problem("LVS032", f"`{first.text[:80]}` belongs to no option", first, hint)

    def _flags(self, line: Invocation) -> None:
        """The flags are looked at last, when the scheduler is known."""
        try:
            line.flags = values.flags(line.flag_text, line.scheduler)
        except ValueError as error:
            self.problems.append(Problem("LVS032", str(error), line.place("sched-flags")))

    def _faults(self, faults: Iterable[Fault]) -> None:
        self.problems += (Problem("LVS032", message, place or self.span) for message, place in faults)


def _only_one(column: str) -> str:
    words = [option.words[0] for option in OPTIONS.values() if option.column == column]
    return f"it may be given once only ({', '.join(words)})" if len(words) > 1 else "it may be given once only"
