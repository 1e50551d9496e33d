"""ldirectord.cf: what it makes of the IPVS table while every real server is up.

ldirectord ends at the first line that it does not take, with nothing done. The lines below are read all the same: once
the line is mended they count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lvsconf.extensions.addresses import parse_host
from lvsconf.extensions.options import OptionError
from lvsconf.findings import Problem
from lvsconf.languages import ipvsadm_checks
from lvsconf.languages.ldirectord.servers import Real, UnresolvedError, fallback_of, port_of, real_of, virtual_of
from lvsconf.languages.ldirectord.values import Directive, directives, value_of
from lvsconf.languages.lines import Line, LineError, line_grammar
from lvsconf.languages.repeats import said_once
from lvsconf.languages.suggest import suggestion
from lvsconf.model.ipvs import Address, Endpoint, FirewallMark, ForwardingMethod, RealServer, VirtualService
from lvsconf.source import Source, Span

SCHEDULER = "wrr"

_PROTOCOLS = {"tcp": 6, "udp": 17}
_OLD = {
    "connecttimeout": "use `checktimeout` and `negotiatetimeout`",
    "timeout": "use `checktimeout` and `negotiatetimeout`",
}

Key = Endpoint | FirewallMark


@dataclass(slots=True)
class _Value:
    """The value of a directive and where it stands."""

    text: str
    span: Span


@dataclass(slots=True)
class _Section:
    """A `virtual` and the lines that belong to it."""

    family: int
    span: Span
    value: _Value
    directives: dict[str, _Value] = field(default_factory=dict)
    reals: list[_Value] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What an ldirectord.cf says. `gaps` are the places where services may be missing or have more in them."""

    services: tuple[VirtualService, ...]
    gaps: tuple[Span, ...]
    directives: int


def read(source: Source) -> tuple[Configuration, tuple[Problem, ...]]:
    """The configuration, and what is wrong with it."""
    reader = _Reader(source)
    reader.read()
    problems = tuple(
        said_once(
            sorted(reader.problems, key=lambda problem: (problem.span, problem.code)),
            lambda problem: " is no value for " in problem.message,
        )
    )
    return Configuration(tuple(reader.services.values()), tuple(sorted(set(reader.gaps))), reader.count), problems


def belongs_to_virtual(text: str) -> bool:
    """Whether a line goes on with the `virtual` above it: four blanks or a tab, and something after them."""
    return bool(re.match(r" {4,}.", text.replace("\t", "    ")))


def parsed(text: str) -> Line | None:
    """One line as the grammar sees it; raises LineError. A carriage return is part of it."""
    return line_grammar("ldirectord").parse(text)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.services: dict[Key, VirtualService] = {}
        self.gaps: list[Span] = []
        self.count = 0
        self._section: _Section | None = None
        self._outside: dict[str, _Value] = {}

    def _problem(self, code: str, message: str, span: Span, help_text: str = "") -> None:
        self.problems.append(Problem(code, message, span, help=help_text))

    def read(self) -> None:
        raw = self.source.text.split("\n")
        for number in range(1, len(self.source.lines) + 1):
            text = raw[number - 1]
            if self._section is not None and not re.match(r"\s*#", text) and not belongs_to_virtual(text):
                self._finish()
            self._line(number, text)
        last = self._section.span if self._section is not None else None
        if last is not None and last.line == len(self.source.lines):
            # read_config goes back to the line that ended the section, and that is this one.
            message = "a `virtual` in the last line is read twice, and refused as a duplicate"
            self._problem("LVS056", message, last, "add its real servers, or an empty line")
        self._finish()

    def _line(self, number: int, text: str) -> None:
        inside = self._section is not None and belongs_to_virtual(text)
        try:
            line = parsed(text)
        except LineError as error:
            place = self.source.span(number, error.column, error.end_column)
            self._problem("LVS056", f"this line can't be read: {error}", place)
            return
        if line is None:
            if inside:
                message = "a line of blanks alone can't stand in a `virtual`"
                self._problem("LVS056", message, self.source.span(number), "leave it empty, or take it out")
            return
        if line.rule == "comment":
            return
        self.count += 1
        first = line.words[0]
        name = first.text.strip(" \t")
        key = self.source.span(number, first.end_column - len(name), first.end_column)
        value, span = self._value(line, number, inside=inside)
        if first.kind == "INDENTED" and not inside:
            message = f"`{name[:80]}` is indented, but no `virtual` stands above it"
            self._problem("LVS056", message, key, "an empty line ends a `virtual`")
            return
        if not inside and name in ("virtual", "virtual6"):
            self._section = _Section(6 if name == "virtual6" else 4, span, _Value(value or "", span))
            return
        self._directive(name, key, None if line.rule == "bare" else value, span, inside=inside)

    def _value(self, line: Line, number: int, *, inside: bool) -> tuple[str | None, Span]:
        """The text after `=`, and the line without what follows it. In a `virtual` a `#` begins a comment anywhere."""
        first = line.words[0]
        word = line.find("VALUE")
        text = word.text if word is not None else ""
        if inside and "#" in text:
            text = text[: text.index("#")]
        if inside:
            text = text.replace("\t", "    ")
        start = first.end_column - len(first.text.strip(" \t"))
        end = word.column + len(word.text.rstrip()) if word is not None else line.words[-1].end_column
        return (text if line.find("EQUAL") else None), self.source.span(number, start, max(end, first.end_column))

    # -- directives --------------------------------------------------------------------------------------------------

    def _directive(self, name: str, key: Span, value: str | None, span: Span, *, inside: bool) -> None:
        known = directives().get(name)
        if known is None or not (known.inside if inside else known.outside):
            self._unknown(name, key, inside=inside)
            return
        if value is None:
            if name == "supervised":
                return
            self._problem("LVS056", f"expected `{name} = …`", key)
            return
        if known.kind == "fallback" and self._section is not None:
            wanted = "fallback6" if self._section.family == 6 else "fallback"
            if name != wanted:
                self._problem("LVS056", f"`{name}` can't stand here", key, f"use `{wanted}`")
                return
        if known.kind == "real":
            self._real(name, _Value(value, span), key)
            return
        try:
            found = value_of(known, value, inside=inside)
        except ValueError as error:
            self._problem("LVS056", f"{self._shown(known, value)} is no value for `{name}`", span, str(error))
            return
        if name == "checkcount":
            self._problem("LVS057", "`checkcount` is going to be taken out of ldirectord", key, "use `failurecount`")
        settings = self._section.directives if self._section is not None and inside else self._outside
        settings[name] = _Value(found, span)

    @staticmethod
    def _shown(directive: Directive, value: str) -> str:
        return "this" if directive.secret or not value.strip() else f"`{value.strip()[:80]}`"

    def _unknown(self, name: str, key: Span, *, inside: bool) -> None:
        where = "in a `virtual`" if inside else "outside of a `virtual`"
        if name in _OLD:
            self._problem("LVS056", f"`{name}` is no longer taken", key, _OLD[name])
        elif name in directives():
            self._problem("LVS056", f"`{name}` can't stand {where}", key)
        else:
            fitting = [each.name for each in directives().values() if (each.inside if inside else each.outside)]
            near = suggestion(name, [*fitting, *(() if inside else ("virtual", "virtual6"))])
            self._problem("LVS056", f"ldirectord knows no `{name[:80]}` {where}", key, near)

    def _real(self, name: str, value: _Value, key: Span) -> None:
        if self._section is None:
            return
        if (name == "real6") is not (self._section.family == 6):
            wanted = "real6" if self._section.family == 6 else "real"
            self._problem("LVS056", f"`{name}` can't stand here", key, f"use `{wanted}`")
            return
        self._section.reals.append(value)

    # -- services ----------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        section, self._section = self._section, None
        if section is None:
            return
        try:
            service = self._service(section)
        except UnresolvedError as error:
            self._problem("LVS054", f"{error}: the service is not known", section.span)
            self.gaps.append(section.span)
            return
        except ValueError as error:
            self._problem("LVS056", str(error), section.span)
            self.gaps.append(section.span)
            return
        if service.key in self.services:
            self._problem("LVS056", f"the service {service.name} is there already", section.span)
            return
        for message in ipvsadm_checks.service_faults(service):
            self._problem("LVS057", f"ipvsadm refuses this service: {message}", section.span)
        self.services[service.key] = service

    def _service(self, section: _Section) -> VirtualService:
        key = self._key(section)
        settings = section.directives
        persistent = int(settings["persistent"].text[:10]) if "persistent" in settings else None
        netmask = self._netmask(section)
        if netmask is not None and persistent is None:
            message = "`netmask` counts with `persistent` only: ldirectord leaves it out"
            self._problem("LVS057", message, settings["netmask"].span)
            netmask = None
        one_packet = settings["ops"].text == "yes" if "ops" in settings else False
        if one_packet and not (isinstance(key, Endpoint) and key.proto == _PROTOCOLS["udp"]):
            self._problem("LVS057", "`ops` counts for UDP only: ldirectord leaves it out", settings["ops"].span)
            one_packet = False
        flags = settings["schedflags"].text.split()[0].split(",") if "schedflags" in settings else []
        off = "checktype" in settings and settings["checktype"].text == "off"
        servers = tuple(self._servers(section, key))
        sorry = self._fallback(section, key)
        return VirtualService(
            key,
            settings["scheduler"].text if "scheduler" in settings else SCHEDULER,
            persistent,
            netmask,
            one_packet,
            None,
            tuple(sorted(flags)),
            () if off else servers,
            None if off else sorry,
            section.span,
        )

    def _key(self, section: _Section) -> Key:
        found = virtual_of(section.value.text, section.family)
        protocol = section.directives.get("protocol")
        if isinstance(found, int):
            if protocol is not None and protocol.text != "fwm":
                self._problem("LVS056", "a firewall mark has the protocol `fwm`", protocol.span)
            if re.match(r"[0-9]+\.", section.value.text):
                message = f"without a port this is the firewall mark {found}, not an address"
                self._problem("LVS057", message, section.span)
            return FirewallMark(found, section.family)
        address, port = found
        name = "udp" if port in ("53", "domain") else "tcp"
        if protocol is not None:
            if protocol.text == "fwm":
                self._problem("LVS056", "the protocol of an address and port is `tcp` or `udp`", protocol.span)
            else:
                name = protocol.text
        return Endpoint(_PROTOCOLS[name], address, port_of(port, name))

    def _netmask(self, section: _Section) -> int | None:
        given = section.directives.get("netmask")
        if given is None:
            return None
        if section.family == 6:
            if not re.fullmatch(r"[0-9]{1,3}", given.text) or not 1 <= int(given.text) <= 128:
                self._problem("LVS056", f"`{given.text[:80]}` is no prefix length from 1 to 128", given.span)
                return None
            return int(given.text)
        if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+", given.text):
            self._problem("LVS056", f"`{given.text[:80]}` is no mask such as 255.255.255.0", given.span)
            return None
        try:
            return parse_host(given.text, 4)
        except OptionError as error:
            self._problem("LVS057", f"ipvsadm refuses this mask: {error}", given.span)
            return None

    def _servers(self, section: _Section, key: Key) -> Iterator[RealServer]:
        seen: set[tuple[Address, int]] = set()
        for value in section.reals:
            try:
                real = real_of(value.text, section.family)
            except UnresolvedError as error:
                self._problem("LVS054", f"{error}: the real server is not known", value.span)
                self.gaps.append(value.span)
                continue
            except ValueError as error:
                self._problem("LVS056", str(error), value.span)
                continue
            told: set[str] = set()  # what holds for each address of a range is said once
            for server in self._each(real, key, value.span):
                place = (server.address, server.port)
                faults = [f"ipvsadm refuses this real server: {each}" for each in self._faults(key, server)]
                if place in seen:
                    faults = [f"{server.address} {server.port} is in this service already: ipvsadm refuses it"]
                if faults and not told:
                    self._problem("LVS057", faults[0], value.span)
                told.update(faults)
                if place not in seen:
                    seen.add(place)
                    yield server

    @staticmethod
    def _faults(key: Key, server: RealServer) -> Iterator[str]:
        return ipvsadm_checks.server_faults(key, server, {})

    def _each(self, real: Real, key: Key, span: Span) -> Iterator[RealServer]:
        port = real.port
        if isinstance(key, Endpoint) and real.method is not ForwardingMethod.NAT:
            # ipvsadm takes the service's port without a word.
            if port not in (0, key.port):
                message = f"port {port} is ignored: with {real.method.name} packets keep port {key.port}"
                self._problem("LVS057", message, span)
            port = key.port
        for address in real.addresses:
            yield RealServer(address, port, real.method, real.weight, real.upper, real.lower, span=span)

    def _fallback(self, section: _Section, key: Key) -> RealServer | None:
        name = "fallback6" if section.family == 6 else "fallback"
        own = section.directives.get(name)
        if own is None and not isinstance(key, Endpoint):
            return None  # the global one is for TCP and UDP
        given = own or self._outside.get(name)
        if given is None:
            return None
        try:
            address, port, method = fallback_of(given.text, section.family)
            protocol = {6: "tcp", 17: "udp"}[key.proto] if isinstance(key, Endpoint) else ""
            number = port_of(port, protocol) if port is not None else None
        except UnresolvedError as error:
            self._problem("LVS054", f"{error}: the fallback is not known", given.span)
            return None
        except ValueError as error:
            if not any(problem.span == given.span and problem.code == "LVS056" for problem in self.problems):
                self._problem("LVS056", str(error), given.span)
            return None
        own_port = key.port if isinstance(key, Endpoint) else 0
        if number is None or (isinstance(key, Endpoint) and method is not ForwardingMethod.NAT):
            number = own_port
        return RealServer(address, number, method, span=given.span)
