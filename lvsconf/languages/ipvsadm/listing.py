"""`ipvsadm -L` with and without -n, `--thresholds`, `--tun-info` and the like; /proc/net/ip_vs with its hex addresses.

The kernel's own listing has real servers newest first, ipvsadm's is sorted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from lvsconf.findings import Problem
from lvsconf.languages.ipvsadm import values
from lvsconf.languages.ipvsadm.services import Key, OpenService, family_of, server_key
from lvsconf.languages.lines import one_problem
from lvsconf.languages.suggest import suggestion
from lvsconf.model.fields import PROTOCOLS, TCP
from lvsconf.model.ipvs import Address, Endpoint, FirewallMark, ForwardingMethod, RealServer, VirtualService
from lvsconf.source import Source, Span

NAME = "ipvsadm-listing"
EXPECTS = "the output of ipvsadm -Ln"

_TITLE = re.compile(r"^[ \t]*Prot LocalAddress:Port", re.MULTILINE)
_BANNER = re.compile(r"^[ \t]*IP Virtual Server version", re.MULTILINE)
_HEX = re.compile(r"(?P<v4>[0-9A-F]{8}):(?P<port4>[0-9A-F]{4})|\[(?P<v6>[0-9a-fA-F:.]+)\]:(?P<port6>[0-9A-F]{4})")
_PROTOCOLS = {PROTOCOLS[number].upper(): number for number in (6, 17, 132)}
_METHODS = {
    "Masq": ForwardingMethod.NAT,
    "Route": ForwardingMethod.DR,
    "Tunnel": ForwardingMethod.TUN,
    # A real server on the director itself: the packet is passed up unchanged, whatever method was asked for.
    "Local": ForwardingMethod.DR,
}
_CHECKSUMS = {"-c": "nocsum", "+c": "csum", "r+c": "remcsum"}
_JIFFIES = 250


@dataclass(frozen=True, slots=True)
class Listing:
    """The services; None when the listing carries no configuration, or one that Linux's IPVS does not know.

    `lost` are the lines that may hold what is not known, `assumed` is what was taken for granted.
    """

    services: tuple[VirtualService, ...] | None
    lost: frozenset[int] = frozenset()
    assumed: tuple[str, ...] = ()


def recognise(text: str) -> bool:
    """Whether this is one of ipvsadm's tables."""
    return bool(_TITLE.search(text) and (_BANNER.search(text) or "RemoteAddress:Port" in text))


def read(source: Source) -> tuple[Listing, tuple[Problem, ...]]:
    """The services of a listing."""
    reader = _Reader(source)
    services, problems = reader.read()
    columns = reader.columns
    complete = columns.methods and not columns.thresholds and not reader.foreign
    assumed = []
    if columns.hexadecimal and any(service.persistent is not None for service in services):
        assumed.append(f"the kernel's listing tells persistence in jiffies, {_JIFFIES} of them a second")
    servers = (server for service in services for server in service.servers)
    if not columns.tunnels and any(server.method is ForwardingMethod.TUN for server in servers):
        assumed.append("tunnels are of type ipip (ipvsadm -Ln --tun-info would tell)")
    return Listing(services if complete else None, frozenset(reader.lost), tuple(assumed)), problems


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
        self.lost: set[int] = set()
        self.foreign = False
        self.unnamed = False
        self.number = 0
        self.span = source.span(1, 1, 1)

    def problem(self, code: str, message: str, span: Span | None = None, help_: str = "") -> None:
        self.problems.append(Problem(code, message, span or self.span, help=help_))

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
                before = len(self.problems)
                try:
                    self._row(words)
                except values.HostName as name:
                    self.lost.add(number)
                    self.problem("LVS036", str(name), self.word_span(words[1]), "list with -n, which prints addresses")
                except ValueError as error:
                    self.lost.add(number)
                    self.problem("LVS030", f"this row can't be read: {error}")
                self.problems[before:] = one_problem(self.problems[before:])
        if self.columns.hexadecimal:
            for item in self.services.values():
                item.servers = dict(reversed(item.servers.items()))
        return tuple(item.closed() for item in self.services.values()), tuple(self.problems)

    def _header(self, words: list[str]) -> None:
        self.columns.methods = "Scheduler" in words or "Uthreshold" in words
        self.columns.thresholds = "Uthreshold" in words or "Lthreshold" in words
        if not self.columns.methods:
            self.problem("LVS034", "a listing with counters only: it shows no forwarding methods")

    def _second_header(self, words: list[str], text: str) -> None:
        self.columns.thresholds = self.columns.thresholds or "Uthreshold" in words
        self.columns.tunnels = "TunnelInfo" in words
        # ipvsadm pads this column, the kernel's own listing does not.
        self.columns.hexadecimal = "RemoteAddress:Port Forward" in text

    def _row(self, words: list[str]) -> None:
        if words[0] == "->":
            if self.current is not None:
                self._server(words, self.current)
            elif not self.unnamed:
                raise ValueError("no service that could be read stands above this real server")
            return
        self.current, self.unnamed = None, False
        text = words[1] if len(words) > 1 else ""
        if words[0] in _PROTOCOLS:
            proto = _PROTOCOLS[words[0]]
            try:
                address, port = self._endpoint(text, proto)
            except values.HostName:
                self.unnamed = True
                raise
            self._service(Endpoint(proto, address, port), words[2:])
        elif words[0] == "FWM":
            rest = words[2:]
            family = 6 if rest[:1] == ["IPv6"] else 4
            self._service(FirewallMark(self._mark(text), family), rest[1:] if family == 6 else rest)
        else:
            near = suggestion(words[0], (*_PROTOCOLS, "FWM"))
            raise ValueError(f"`{words[0][:40]}` starts neither a service nor a real server{near and '; '}{near}")

    def _mark(self, text: str) -> int:
        if self.columns.hexadecimal:
            return int(text, 16)
        # ipvsadm prints a mark as a signed number.
        found = values.number(text, -values.INT_MAX - 1, values.INT_MAX, "a firewall mark")
        return found & values.UINT_MAX

    def _endpoint(self, text: str, proto: int) -> tuple[Address, int]:
        found = _HEX.fullmatch(text) if self.columns.hexadecimal or _bare_hex(text) else None
        if found is not None and found["v4"]:
            return IPv4Address(int(found["v4"], 16)), int(found["port4"], 16)
        if found is not None:
            return IPv6Address(found["v6"]), int(found["port6"], 16)
        address, port = values.endpoint(text, proto)
        if port is None:
            raise ValueError(f"{text[:80]!r} has no port")
        return address, port

    def _service(self, key: Key, words: list[str]) -> None:
        scheduler = "wlc"
        if words:
            scheduler, words = words[0], words[1:]
            if scheduler not in (*values.SCHEDULERS, values.NO_SCHEDULER):
                near = suggestion(scheduler, values.SCHEDULERS)
                self.problem("LVS035", f"`{scheduler}` is no scheduler of the kernel", self.word_span(scheduler), near)
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
                persistent, words = self._seconds(words[0]), words[1:]
                if self.columns.hexadecimal and words:
                    mask, words = _hex_mask(words[0], key), words[1:]
            elif word == "mask" and words:
                mask, words = values.netmask(words[0], family_of(key)), words[1:]
            elif word == "pe" and words:
                engine, words = words[0], words[1:]
            elif word == "ops":
                one_packet = True
            elif word.startswith("(") and word.endswith(")"):
                flags = tuple(filter(None, word[1:-1].split(",")))
            else:
                self.problem("LVS035", f"`{word}` is nothing that Linux's IPVS has", self.word_span(word))
        service = VirtualService(key, scheduler, persistent, mask, one_packet, engine, flags, span=self.span)
        if key in self.services:
            raise ValueError(f"service {service.name} is listed twice")
        self.current = self.services[key] = OpenService(service)

    def _seconds(self, text: str) -> int:
        found = values.number(text, 0, values.UINT_MAX, "a timeout")
        return found // _JIFFIES if self.columns.hexadecimal else found

    def _server(self, words: list[str], service: OpenService) -> None:
        address, port = self._endpoint(words[1] if len(words) > 1 else "", service.service.proto or TCP)
        server = RealServer(address, port, ForwardingMethod.DR, span=self.span)
        if self.columns.thresholds:
            # --thresholds has two thresholds and connections where method and weight usually stand.
            self._thresholds(server, words[2:], service)
            return
        method = _METHODS.get(words[2]) if len(words) > 2 else None
        if method is None:
            name = words[2] if len(words) > 2 else ""
            place = self.word_span(name) if name else None
            self.problem("LVS035", f"`{name}` is no forwarding method of the kernel: {', '.join(_METHODS)}", place)
            self.foreign = True
            return
        tunnel = words.pop(3) if self.columns.tunnels and len(words) > 3 else ""
        weight = words[3] if len(words) > 3 else ""
        if not weight.isascii() or not weight.isdigit():
            raise ValueError("the row has no weight")
        for word in words[6:]:
            self.problem("LVS035", f"`{word}` is nothing that Linux's IPVS has", self.word_span(word))
        kind, tunnel_port, checksum = _tunnel(tunnel) if method is ForwardingMethod.TUN else ("ipip", None, None)
        server = RealServer(
            address,
            port,
            method,
            int(weight[:12]),
            tunnel=kind,
            tunnel_port=tunnel_port,
            tunnel_checksum=checksum,
            span=self.span,
        )
        service.servers[server_key(server)] = server

    def _thresholds(self, server: RealServer, words: list[str], service: OpenService) -> None:
        numbers = [int(word) for word in words[:2] if word.isascii() and word.isdigit() and len(word) < 12]
        if len(numbers) < 2:
            raise ValueError("the row has no thresholds")
        upper, lower = numbers
        service.servers[server_key(server)] = RealServer(
            server.address, server.port, server.method, upper=upper, lower=lower, span=self.span
        )


def _bare_hex(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9A-F]{8}:[0-9A-F]{4}", text))


def _hex_mask(text: str, key: Key) -> int:
    """The kernel prints both as if they were IPv4 masks; the prefix length of IPv6 comes out with its bytes swapped."""
    found = int(text, 16)
    return int.from_bytes(found.to_bytes(4, "big"), "little") if family_of(key) == 6 else found


def _tunnel(text: str) -> tuple[str, int | None, str | None]:
    """`ipip`, `gue:6080:+c`, `gre:-c`; without the column the type is not known and counts as ipip."""
    kind, *rest = text.split(":")
    checksum = _CHECKSUMS.get(rest[-1]) if rest else None
    port = int(rest[0]) if len(rest) > 1 and rest[0].isascii() and rest[0].isdigit() else None
    return kind or "ipip", port, checksum
