"""A director while it is being drawn: what the features fill in, and the files of a snapshot it becomes."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

Packet = dict[str, Any]

VIPS = ("192.0.2.100", "192.0.2.101")
OUTSIDE, INSIDE = "192.0.2.2", "10.0.0.1"
"""The director's own addresses on its two networks, which are /24."""
GATEWAY, INNER_GATEWAY = "192.0.2.1", "10.0.0.250"
CLIENTS = ("198.51.100.7", "203.0.113.9", "192.0.2.50")
SERVERS = ("10.0.0.2", "10.0.0.3", "10.0.0.4")
REMOTE = "198.18.0.5"
"""A server behind the inside network, reached by a router or by no route at all."""

CHAINS = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}
RULE_FILES = {4: "iptables.rules", 6: "ip6tables.rules"}
PROTO_LETTERS = {"tcp": "-t", "udp": "-u", "sctp": "--sctp-service"}


class Place(NamedTuple):
    """Where a rule stands: family 4 or 6, the table, and a built-in chain or one of the user's."""

    family: int
    table: str
    chain: str


class Spot(NamedTuple):
    """Where a virtual service may be."""

    proto: str
    vip: str
    port: int


@dataclass
class Service:
    """A virtual service; `servers` are the addresses of its real servers, `ports` what port each of them serves."""

    proto: str
    vip: str
    port: int
    method: str
    servers: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)

    @property
    def family(self) -> int:
        """4 or 6."""
        return family_of(self.vip)


def family_of(text: str) -> int:
    """4 or 6, by an address or a network."""
    return 6 if ":" in text else 4


@dataclass
class Draft:
    """All lists are in load order; addresses by family where both may play a part."""

    seed: int
    random: Random
    features: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    families: set[int] = field(default_factory=lambda: {4})
    places: list[Spot] = field(default_factory=list)
    clients: dict[int, list[str]] = field(default_factory=dict)
    servers: dict[int, list[str]] = field(default_factory=dict)
    own: dict[int, list[str]] = field(default_factory=dict)
    links: list[dict[str, Any]] = field(default_factory=list)
    routes: list[dict[str, Any]] = field(default_factory=list)
    policy: list[dict[str, Any]] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    marks: dict[int, Service] = field(default_factory=dict)
    """By firewall mark, what stands behind it and which packets get the mark."""
    ipvs: list[str] = field(default_factory=list)
    tables: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)
    lines: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    sets: list[str] = field(default_factory=list)
    sysctl: dict[str, int | str] = field(default_factory=dict)
    sockets: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    inside: str = "eth1"
    """The interface towards the real servers."""
    lenient: bool = False
    """Whether no rule drops anything."""
    far_vip: bool = False
    """Whether the VIPs are on no interface."""

    # -- drawing ---------------------------------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        """True in so many cases."""
        return self.random.random() < share

    def has(self, name: str) -> bool:
        """Whether a feature takes part."""
        return name in self.features

    def service(self, protos: Iterable[str] = ("tcp", "udp")) -> Service:
        """One of the services with these protocols, of which there is always one."""
        return self.random.choice(self.of(protos))

    def of(self, protos: Iterable[str], family: int | None = None) -> list[Service]:
        """The services with these protocols, of one family if it is given."""
        wanted = tuple(protos)
        return [each for each in self.services if each.proto in wanted and family in (None, each.family)]

    # -- filling in ------------------------------------------------------------------------------------------------

    def link(self, name: str, addresses: Iterable[str], mtu: int = 1500) -> dict[str, Any]:
        """Add an interface; addresses as `10.0.0.1/24`."""
        loopback = name == "lo"
        made: dict[str, Any] = {
            "ifindex": len(self.links) + 1,
            "ifname": name,
            "flags": ["LOOPBACK", "UP", "LOWER_UP"] if loopback else ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
            "mtu": 65536 if loopback else mtu,
            "operstate": "UNKNOWN" if loopback else "UP",
            "addr_info": [],
        }
        self.links.append(made)
        for text in addresses:
            self.address(name, text)
        return made

    def address(self, name: str, text: str) -> None:
        """Give an interface a further address, as `10.0.0.1/24`, and the route to its network."""
        link = next(link for link in self.links if link["ifname"] == name)
        spoken = ipaddress.ip_interface(text)
        family, length = ("inet6" if spoken.version == 6 else "inet"), spoken.network.prefixlen
        scope = "host" if name == "lo" and spoken.is_loopback else "global"
        link["addr_info"].append({"family": family, "local": str(spoken.ip), "prefixlen": length, "scope": scope})
        if length < spoken.max_prefixlen and name != "lo":
            near: dict[str, Any] = {"dst": str(spoken.network), "dev": name, "protocol": "kernel"}
            near |= {"scope": "link", "prefsrc": str(spoken.ip)} if spoken.version == 4 else {"metric": 256}
            self.routes.append(near)

    def serve(self, spot: Spot, method: str, servers: Sequence[tuple[str, int, int]], words: str = "-s rr") -> Service:
        """Add a virtual service; `servers` are address, port, weight; `words` what ipvsadm -A is told besides."""
        place = f"{PROTO_LETTERS[spot.proto]} {_bracketed(spot.vip)}:{spot.port}"
        self.ipvs.append(f"-A {place} {words}")
        made = Service(spot.proto, spot.vip, spot.port, method)
        self.services.append(made)
        for address, port, weight in servers:
            self.ipvs.append(f"-a {place} -r {_bracketed(address)}:{port} -{method} -w {weight}")
            made.servers.append(address)
            made.ports.append(port)
        return made

    def table(self, name: str, family: int = 4) -> dict[str, str]:
        """The chains of a table with their policies (`-` for a user's); from now on the table is loaded."""
        self.lines.setdefault((family, name), [])
        return self.tables.setdefault((family, name), dict.fromkeys(CHAINS[name], "ACCEPT"))

    def rule(self, table: str, text: str, family: int = 4, *, first: bool = False) -> None:
        """Add a rule `-A CHAIN …`, before all others of its table if it is to be `first`."""
        self.table(table, family)
        lines = self.lines[family, table]
        lines.insert(0 if first else len(lines), text)

    # -- the result ------------------------------------------------------------------------------------------------

    def texts(self) -> dict[str, str]:
        """The files of the snapshot."""
        rules = {name: self._dump(family) for family, name in RULE_FILES.items() if family in self.families}
        found = {
            "ip-address.json": json.dumps(self.links),
            **self._routing(),
            **rules,
            "ipvsadm.rules": "".join(f"{line}\n" for line in self.ipvs),
            "sysctl.conf": "".join(f"{key} = {value}\n" for key, value in self.sysctl.items()),
            "sockets": "".join(f"{line}\n" for line in self.sockets),
            "uname": "6.1.0\n",
        }
        if self.sets:
            found["ipset.rules"] = "".join(f"{line}\n" for line in self.sets)
        if self.modules:
            found["modules"] = "".join(f"{name} 16384 0\n" for name in self.modules)
        return found | self.files

    def _dump(self, family: int) -> str:
        out: list[str] = []
        for table in CHAINS:
            if (family, table) in self.tables:
                heads = [f":{name} {policy} [0:0]" for name, policy in self.tables[family, table].items()]
                out += [f"*{table}", *heads, *self.lines[family, table], "COMMIT"]
        return "".join(f"{line}\n" for line in out)

    def _routing(self) -> dict[str, str]:
        """Routes and policy rules by family. Rules that nobody has changed are not told: listing them changes nothing,
        but a kernel to which they are given anew checks sources in full (net/ipv4/fib_rules.c, fib_has_custom_rules).
        """
        found: dict[str, str] = {}
        for family, prefix in ((4, "ip-"), (6, "ip6-")):
            if family not in self.families:
                continue
            routes = [{k: v for k, v in route.items() if k != "family"} for route in self.routes if _of(route, family)]
            found[f"{prefix}route.json"] = json.dumps(routes)
            policy = [{k: v for k, v in rule.items() if k != "family"} for rule in self.policy if _of(rule, family)]
            if policy:
                usual = [{"priority": 32766, "src": "all", "table": "main"}]
                usual += [{"priority": 32767, "src": "all", "table": "default"}] if family == 4 else []
                first = {"priority": 0, "src": "all", "table": "local"}
                found[f"{prefix}rule.json"] = json.dumps([first, *policy, *usual])
        return found


def _of(item: dict[str, Any], family: int) -> bool:
    """By what it says of its family, or else by its addresses."""
    texts = [str(item.get(key, "")) for key in ("dst", "gateway", "src", "prefsrc")]
    told: int = item.get("family") or (6 if any(":" in text for text in texts) else 4)
    return told == family


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
