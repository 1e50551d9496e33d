"""`ipvsadm -Ln`, its `--thresholds` and `--stats` forms, and /proc/net/ip_vs, which has its addresses in hex."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from lvsconf.extensions.addresses import parse_mask
from lvsconf.extensions.options import OptionError
from lvsconf.findings import Problem
from lvsconf.languages.endpoints import parse_endpoint
from lvsconf.languages.ipvsadm_checks import SCHEDULERS
from lvsconf.languages.ipvsadm_services import Key, OpenService, server_key
from lvsconf.model.ipvs import Address, Endpoint, FirewallMark, ForwardingMethod, RealServer, VirtualService
from lvsconf.source import Source, Span

NAME = "ipvsadm-listing"
EXPECTS = "the output of ipvsadm -Ln"

_TITLE = re.compile(r"^[ \t]*Prot LocalAddress:Port", re.MULTILINE)
_BANNER = re.compile(r"^[ \t]*IP Virtual Server version", re.MULTILINE)
_HEX = re.compile(r"(?P<v4>[0-9A-F]{8}):(?P<port4>[0-9A-F]{4})|\[(?P<v6>[0-9a-fA-F:.]+)\]:(?P<port6>[0-9A-F]{4})")
_PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132}
_METHODS = {
    "Masq": ForwardingMethod.NAT,
    "Route": ForwardingMethod.DR,
    "Tunnel": ForwardingMethod.TUN,
    # A real server on the director itself: the packet is passed up unchanged, whatever method was asked for.
    "Local": ForwardingMethod.DR,
}


def recognise(text: str) -> bool:
    """Whether this is one of ipvsadm's tables."""
    return bool(_TITLE.search(text) and (_BANNER.search(text) or "RemoteAddress:Port" in text))


@dataclass(slots=True)
class _Columns:
    """What the header says about the rows."""

    methods: bool = True
    thresholds: bool = False
    hexadecimal: bool = False
    tunnels: bool = False


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.services: dict[Key, OpenService] = {}
        self.current: OpenService | None = None
        self.columns = _Columns()
        self.problems: list[Problem] = []
        self.foreign = False
        self.number = 0
        self.span = source.span(1, 1, 1)

    def problem(self, code: str, message: str, span: Span | None = None) -> None:
        self.problems.append(Problem(code, message, span or self.span))

    def word_span(self, word: str) -> Span:
        column = self.source.lines[self.number - 1].find(word) + 1
        return self.source.span(self.number, column, column + len(word))

    def read(self) -> tuple[tuple[VirtualService, ...], tuple[Problem, ...]]:
        for number, text in enumerate(self.source.lines, 1):
            self.number = number
            words = text.split()
            if not words or words[:3] == ["IP", "Virtual", "Server"]:
                continue
            self.span = self.source.span(self.number, len(text) - len(text.lstrip()) + 1, len(text.rstrip()) + 1)
            if words[0] == "Prot":
                self._header(words)
            elif words[:2] == ["->", "RemoteAddress:Port"]:
                self._second_header(words, text)
            elif not self.columns.methods:
                continue  # reported with the header
            else:
                try:
                    self._row(words)
                except ValueError as error:
                    self.problem("LVS030", f"this row can't be read: {error}")
        return tuple(item.closed() for item in self.services.values()), tuple(self.problems)

    def _header(self, words: list[str]) -> None:
        self.columns.methods = "Scheduler" in words or "Uthreshold" in words
        self.columns.thresholds = "Uthreshold" in words or "Lthreshold" in words
        if not self.columns.methods:
            self.problem("LVS034", "a listing with counters only: it shows no schedulers and no forwarding methods")

    def _second_header(self, words: list[str], text: str) -> None:
        self.columns.thresholds = self.columns.thresholds or "Uthreshold" in words
        self.columns.tunnels = "TunnelInfo" in words
        # ipvsadm pads this column, the kernel's own listing does not.
        self.columns.hexadecimal = "RemoteAddress:Port Forward" in text

    def _row(self, words: list[str]) -> None:
        if words[0] == "->":
            self._server(words)
        elif words[0] in _PROTOCOLS:
            self.current = None
            address, port = self._endpoint(words[1] if len(words) > 1 else "")
            self._service(Endpoint(_PROTOCOLS[words[0]], address, port), words[2:])
        elif words[0] == "FWM":
            self.current = None
            text = words[1] if len(words) > 1 else ""
            rest = words[2:]
            family = 6 if rest[:1] == ["IPv6"] else 4
            mark = int(text, 16 if self.columns.hexadecimal else 10)
            self._service(FirewallMark(mark, family), rest[1:] if family == 6 else rest)
        else:
            raise ValueError(f"`{words[0][:40]}` starts neither a service nor a real server")

    def _endpoint(self, text: str) -> tuple[Address, int]:
        found = _HEX.fullmatch(text) if self.columns.hexadecimal or _bare_hex(text) else None
        if found is not None and found["v4"]:
            return IPv4Address(int(found["v4"], 16)), int(found["port4"], 16)
        if found is not None:
            return IPv6Address(found["v6"]), int(found["port6"], 16)
        address, port = parse_endpoint(text)
        return address, port or 0

    def _service(self, key: Key, words: list[str]) -> None:
        scheduler = "wlc"
        if words:
            scheduler, words = words[0], words[1:]
            if scheduler not in SCHEDULERS:
                self.problem("LVS035", f"`{scheduler}` is no scheduler of the kernel", self.word_span(scheduler))
        elif not self.columns.thresholds:
            raise ValueError("the row names no scheduler")
        persistent: int | None = None
        mask: int | None = None
        engine: str | None = None
        one_packet = False
        flags: tuple[str, ...] = ()
        while words:
            word, words = words[0], words[1:]
            if word == "persistent" and words:
                persistent, words = int(words[0]), words[1:]
            elif word == "mask" and words:
                mask, words = _mask(words[0], key), words[1:]
            elif word == "pe" and words:
                engine, words = words[0], words[1:]
            elif word == "ops":
                one_packet = True
            elif word.startswith("(") and word.endswith(")"):
                flags = tuple(sorted(word[1:-1].split(",")))
            else:
                self.problem("LVS035", f"`{word}` is nothing that Linux's IPVS has", self.word_span(word))
        service = VirtualService(key, scheduler, persistent, mask, one_packet, engine, flags, span=self.span)
        if key in self.services:
            raise ValueError(f"service {service.name} is listed twice")
        self.current = self.services[key] = OpenService(service)

    def _server(self, words: list[str]) -> None:
        if self.current is None:
            raise ValueError("no service that could be read stands above this real server")
        address, port = self._endpoint(words[1] if len(words) > 1 else "")
        if self.columns.thresholds:
            # --thresholds has Weight, two thresholds and connections where the methods usually stand.
            self._thresholds(RealServer(address, port, ForwardingMethod.DR, span=self.span), words[2:])
            return
        method = _METHODS.get(words[2]) if len(words) > 2 else None
        if method is None:
            name = words[2] if len(words) > 2 else ""
            place = self.word_span(name) if name else None
            self.problem("LVS035", f"`{name}` is no forwarding method of the kernel: Masq, Route, Tunnel, Local", place)
            self.foreign = True
            return
        if self.columns.tunnels:
            del words[3:4]
        weight = words[3] if len(words) > 3 else ""
        if not weight.isascii() or not weight.isdigit():
            raise ValueError("the row has no weight")
        for word in words[6:]:
            self.problem("LVS035", f"`{word}` is nothing that Linux's IPVS has", self.word_span(word))
        server = RealServer(address, port, method, int(weight[:12]), span=self.span)
        self.current.servers[server_key(server)] = server

    def _thresholds(self, server: RealServer, words: list[str]) -> None:
        numbers = [int(word) for word in words[:2] if word.isascii() and word.isdigit()]
        if len(numbers) < 2 or self.current is None:
            raise ValueError("the row has no thresholds")
        upper, lower = numbers
        self.current.servers[server_key(server)] = RealServer(
            server.address, server.port, server.method, upper=upper, lower=lower, span=self.span
        )


def _bare_hex(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9A-F]{8}:[0-9A-F]{4}", text))


def _mask(text: str, key: Key) -> int:
    if isinstance(key, Endpoint) and key.address.version == 6:
        return int(text)
    try:
        return parse_mask(text, 4)
    except OptionError as error:
        raise ValueError(str(error)) from None


def read(source: Source) -> tuple[tuple[VirtualService, ...] | None, tuple[Problem, ...]]:
    """The services; None when the listing carries no configuration, or one that Linux's IPVS does not know."""
    reader = _Reader(source)
    services, problems = reader.read()
    complete = reader.columns.methods and not reader.columns.thresholds and not reader.foreign
    return (services if complete else None), problems


Thresholds = Mapping[tuple[Key, tuple[str, int]], tuple[int, int]]


def read_thresholds(source: Source) -> tuple[Thresholds, tuple[Problem, ...]]:
    """`ipvsadm -Ln --thresholds`: upper and lower threshold of each real server."""
    services, problems = _Reader(source).read()
    table = {
        (service.key, server_key(server)): (server.upper, server.lower)
        for service in services
        for server in service.servers
    }
    return table, problems
