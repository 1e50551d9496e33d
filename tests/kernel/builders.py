"""Directors and packets from short text, through the real readers.

A director stands between the outside network (eth0) and the real servers (eth1). In any text the names below stand
for their addresses, so that `-d VIP` and `CIP:40000>VIP:80` can be written. With family 6 they stand for IPv6
addresses; what is shown of these has a 6 at the end of its name.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lvsconf.gathering import Group
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import Outcomes, outcomes, replay
from lvsconf.model.host import Host
from lvsconf.packets.packet import parse_list
from lvsconf.snapshot import assemble
from lvsconf.source import Source

ADDRESSES = {
    "VIP": "192.0.2.100",
    "VIP2": "192.0.2.101",
    "CIP": "198.51.100.7",
    "CIP2": "203.0.113.9",
    "CIP3": "198.51.100.8",
    "RIP": "10.0.0.2",
    "RIP2": "10.0.0.3",
    "RIP3": "10.0.0.4",
    "DIP": "10.0.0.1",
    "EIP": "192.0.2.2",
    "GW": "192.0.2.1",
    "INNERGW": "10.0.0.250",
    "FAR": "198.18.0.5",
}
ADDRESSES6 = {
    "VIP": "2001:db8::100",
    "VIP2": "2001:db8::101",
    "CIP": "2001:db8:f::7",
    "CIP2": "2001:db8:e::9",
    "CIP3": "2001:db8:f::8",
    "RIP": "2001:db8:10::2",
    "RIP2": "2001:db8:10::3",
    "RIP3": "2001:db8:10::4",
    "DIP": "2001:db8:10::1",
    "EIP": "2001:db8::2",
    "GW": "2001:db8::1",
    "INNERGW": "2001:db8:10::250",
    "FAR": "2001:db8:99::5",
    "ELINK": "fe80::2",
    "DLINK": "fe80::1:1",
}
_NAMES = re.compile(r"\b(" + "|".join(sorted(ADDRESSES6, key=len, reverse=True)) + r")(6?)\b(?=(:\d)?)")
_KNOWN6 = re.compile(r"(?<![\da-f:])(" + "|".join(map(re.escape, ADDRESSES6.values())) + r")(?![\da-f:])")

STATES = {"INV": "INVALID", "NEW": "NEW", "EST": "ESTABLISHED", "REL": "RELATED", "UNT": "UNTRACKED"}
"""The user chains of a probe, each named after the ctstate that leads there."""

BUILT_IN = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}


def named(text: str, family: int = 4) -> str:
    """The text with every name replaced by its address; an IPv6 one is in brackets before a port."""

    def address(found: re.Match[str]) -> str:
        if family == 4 and not found[2]:
            return ADDRESSES[found[1]]
        return f"[{ADDRESSES6[found[1]]}]" if found[3] else ADDRESSES6[found[1]]

    return _NAMES.sub(address, text)


def shown(text: str) -> str:
    """The text with every known address replaced by its name."""
    back = {address: name for name, address in ADDRESSES.items()}
    back6 = {address: f"{name}6" for name, address in ADDRESSES6.items()}
    text = _KNOWN6.sub(lambda found: back6[found[0]], text)
    text = re.sub(r"\[(\w+)\](?=:\d)", r"\1", text)
    return re.sub(r"\d+\.\d+\.\d+\.\d+", lambda found: back.get(found[0], found[0]), text)


def iptables(rules: Iterable[str] = (), probe: Iterable[str] = (), family: int = 4) -> str:
    """A dump from lines `TABLE -A …`, `TABLE :CHAIN POLICY`, `TABLE`; tables in `probe` tell each packet's ctstate."""
    tables: dict[str, list[str]] = {}
    for line in rules:
        table, _, text = line.strip().partition(" ")
        tables.setdefault(table, []).extend([named(text.strip(), family)] if text.strip() else [])
    for table in probe:
        tables.setdefault(table, [])
    dump: list[str] = []
    for table, lines in tables.items():
        heads = {name: f":{name} ACCEPT [0:0]" for name in BUILT_IN[table]}
        heads |= {line.split()[0][1:]: f"{line} [0:0]" for line in lines if line.startswith(":")}
        body = [line for line in lines if not line.startswith(":")]
        if table in probe:
            heads |= {chain: f":{chain} - [0:0]" for chain in STATES}
            asking = [
                f"-A {name} -m conntrack --ctstate {state} -j {chain}"
                for name in BUILT_IN[table]
                for chain, state in STATES.items()
            ]
            body = asking + body
        dump += [f"*{table}", *heads.values(), *body, "COMMIT"]
    return "".join(f"{line}\n" for line in dump)


def sysctl(words: Iterable[str]) -> str:
    """`vs.conntrack=1`, `ct.tcp_loose=0`, `eth1.rp_filter=1`, `ip_forward=0`, `six.conf.all.forwarding=0` in full."""
    lines = []
    for word in words:
        key, _, value = word.partition("=")
        prefix, dot, rest = key.partition(".")
        if prefix == "ct":
            full = f"net.netfilter.nf_conntrack_{rest}"
        elif prefix == "vs":
            full = f"net.ipv4.vs.{rest}"
        elif prefix == "six":
            full = f"net.ipv6.{rest}"
        else:
            full = f"net.ipv4.conf.{key}" if dot else f"net.ipv4.{key}"
        lines.append(f"{full} = {value}\n")
    return "".join(lines)


USUAL_SYSCTL = ("ip_forward=1", "all.rp_filter=0", "eth0.rp_filter=0", "eth1.rp_filter=0", "all.send_redirects=0")


def interface(name: str, index: int, addresses: Iterable[str], mtu: int) -> dict[str, Any]:
    """One entry of `ip -j address`; `addresses` have their prefix length."""
    loopback = name == "lo"
    found = []
    for text in addresses:
        address, _, length = named(text).partition("/")
        scope = "host" if address.startswith("127.") or address == "::1" else "global"
        six = ":" in address
        bits = int(length or (128 if six else 32))
        found.append({"family": "inet6" if six else "inet", "local": address, "prefixlen": bits, "scope": scope})
    return {
        "ifindex": index,
        "ifname": name,
        "flags": ["LOOPBACK", "UP", "LOWER_UP"] if loopback else ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
        "mtu": mtu,
        "operstate": "UNKNOWN" if loopback else "UP",
        "addr_info": found,
    }


def route(text: str, family: int = 4) -> dict[str, Any]:
    """A line of `ip route` as `ip -j route` prints it."""
    words = named(text, family).split()
    found: dict[str, Any] = {}
    if words[0] in ("local", "blackhole", "prohibit", "unreachable", "throw", "broadcast"):
        found["type"] = words.pop(0)
    found["dst"] = words.pop(0)
    keys = {"via": "gateway", "dev": "dev", "table": "table", "src": "prefsrc", "scope": "scope", "metric": "metric"}
    for option, value in zip(words[::2], words[1::2], strict=True):
        found[keys[option]] = int(value) if option == "metric" else value
    return found


def rule(text: str, family: int = 4) -> dict[str, Any]:
    """`100 from VIP fwmark 0x7 iif eth1 lookup 100` as `ip -j rule` prints it."""
    priority, *words = named(text, family).split()
    found: dict[str, Any] = {"priority": int(priority), "src": "all"}
    if words[0] == "not":
        found["not"] = None
        words.pop(0)
    if words[-1] in ("unreachable", "prohibit", "blackhole"):
        found["action"] = words.pop()
    keys = {"from": "src", "to": "dst", "fwmark": "fwmark", "iif": "iif", "lookup": "table"}
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option in ("from", "to"):
            value, _, length = value.partition("/")
            found |= {keys[option] + "len": int(length)} if length else {}
        if option == "fwmark":
            value, _, mask = value.partition("/")
            found |= {"fwmask": mask} if mask else {}
        found[keys[option]] = value
    return found


def network(
    outside: Iterable[str] = ("VIP/32", "VIP2/32"),
    inside: Iterable[str] = (),
    routes: Iterable[str] = (),
    policy: Iterable[str] = (),
    mtu: Mapping[str, int] | None = None,
    default: bool = True,
    one_nic: bool = False,
    family: int = 4,
) -> dict[str, str]:
    """Addresses, routes and policy rules. With `one_nic` the real servers' network is on eth0 too.

    With family 6 all that is given is about IPv6, and IPv4 is there beside it.
    """
    sizes = {"lo": 65536, "eth0": 1500, "eth1": 1500, **(mtu or {})}
    near = ["DIP/24", *inside]
    plan = {"lo": ["127.0.0.1/8"], "eth0": ["EIP/24", *outside, *(near if one_nic else ())]}
    if not one_nic:
        plan["eth1"] = near
    if family == 6:
        return _network6(outside, inside, routes, policy, sizes, default)
    links = [interface(name, index, addresses, sizes[name]) for index, (name, addresses) in enumerate(plan.items(), 1)]
    lines = ["default via GW dev eth0"] if default else []
    lines += ["192.0.2.0/24 dev eth0 scope link src EIP"]
    lines += [f"10.0.0.0/24 dev {'eth0' if one_nic else 'eth1'} scope link src DIP"]
    ordered = ["0 lookup local", *policy, "32766 lookup main", "32767 lookup default"]
    return {
        "ip-address.json": json.dumps(links),
        "ip-route.json": json.dumps([route(line) for line in [*lines, *routes]]),
        "ip-rule.json": json.dumps([rule(line) for line in ordered]),
    }


def _network6(
    outside: Iterable[str],
    inside: Iterable[str],
    routes: Iterable[str],
    policy: Iterable[str],
    sizes: Mapping[str, int],
    default: bool,
) -> dict[str, str]:
    plan = {
        "lo": ["127.0.0.1/8", "::1/128"],
        "eth0": ["EIP/24", *(named(text, 6) for text in ("EIP/64", *outside, "ELINK/64"))],
        "eth1": ["DIP/24", *(named(text, 6) for text in ("DIP/64", *inside, "DLINK/64"))],
    }
    links = [interface(name, index, addresses, sizes[name]) for index, (name, addresses) in enumerate(plan.items(), 1)]
    lines = ["default via GW dev eth0 metric 1024"] if default else []
    near = (("2001:db8::", "eth0"), ("2001:db8:10::", "eth1"), ("fe80::", "eth0"), ("fe80::", "eth1"))
    lines += [f"{network}/64 dev {device} metric 256" for network, device in near]
    ipv4 = ["default via GW dev eth0", "192.0.2.0/24 dev eth0 scope link src EIP"]
    ipv4 += ["10.0.0.0/24 dev eth1 scope link src DIP"]
    ordered = ["0 lookup local", *policy, "32766 lookup main"]
    return {
        "ip-address.json": json.dumps(links),
        "ip-route.json": json.dumps([route(line) for line in ipv4]),
        "ip6-route.json": json.dumps([route(line, 6) for line in [*lines, *routes]]),
        **({"ip6-rule.json": json.dumps([rule(line, 6) for line in ordered])} if policy else {}),
    }


def sockets(listening: Iterable[str]) -> str:
    """`tcp 80`, `udp VIP:53` as lines of `ss -Hlntu`."""
    lines = []
    for text in listening:
        proto, _, place = named(text).partition(" ")
        place = place if ":" in place else f"0.0.0.0:{place}"
        state = "LISTEN" if proto == "tcp" else "UNCONN"
        lines.append(f"{proto} {state} 0 128 {place} 0.0.0.0:*\n")
    return "".join(lines)


def director(
    services: Iterable[str] = (),
    rules: Iterable[str] = (),
    settings: Iterable[str] = (),
    probe: Iterable[str] = (),
    listening: Iterable[str] = (),
    sets: Iterable[str] = (),
    family: int = 4,
    **ground: Any,
) -> dict[str, str]:
    """The files of a director's snapshot.

    `services` are lines of ipvsadm-save, `sets` of ipset save, `ground` is for `network`.
    """
    tables = {"iptables.rules": iptables(rules, probe, family)}
    if family == 6:
        tables = {"iptables.rules": "", "ip6tables.rules": tables["iptables.rules"]}
    keys = {word.partition("=")[0] for word in settings}
    usual = [*USUAL_SYSCTL, *(["six.conf.all.forwarding=1"] if family == 6 else [])]
    usual = [word for word in usual if word.partition("=")[0] not in keys]
    return {
        **network(family=family, **ground),
        **tables,
        **({"ipset.rules": "".join(f"{named(line)}\n" for line in sets)} if sets else {}),
        "ipvsadm.rules": "".join(f"{named(line, family)}\n" for line in services),
        "sysctl.conf": sysctl([*usual, *settings]),
        "sockets": sockets(listening),
        "uname": "6.1.0\n",
    }


def host_of(files: Mapping[str, str], *, faulty: bool = False, **options: Any) -> Host:
    """The host that the files describe; a text that is not understood whole is a fault of the test, unless meant."""
    group = Group("director", tuple(Source(f"director/{name}", text) for name, text in sorted(files.items())))
    found = assemble(group, **options)
    # A rule with the wrong number of directions for its set is loaded all the same.
    problems = [problem for problem in found.problems if problem.code not in ("LVS046", "LVS065")]
    assert bool(problems) is faulty, problems
    assert not found.unreadable, found.unreadable
    assert not found.ignored, found.ignored
    return found.host


def run(files: Mapping[str, str], packets: list[dict[str, Any]], **options: Any) -> list[Outcomes]:
    """What the engine says of each packet."""
    worlds = replay(Kernel(host_of(files, **options)), parse_list(packets))
    return outcomes(worlds, len(packets))


_END = r"(?:\[([\da-f:.]+)\]|([\d.]+)|([\da-f:.]+))"
_FLOW = re.compile(rf"{_END}(?::(\d+))?>{_END}(?::(\d+))?")
_PROTO = re.compile(r"(tcp|udp|icmp|\d+)(?::(\d+)(?:/(\d+))?)?")
_OPTIONS: dict[str, Callable[[str], Any]] = {
    "seq": int,
    "ack": int,
    "ttl": int,
    "payload": int,
    "rest": int,
    "type": int,
    "at": float,
    "in": str,
    "chunk": str,
    "text": lambda text: {"text": text.encode("ascii").decode("unicode_escape")},
}
_WITH_PORTS = ("tcp", "udp", 132, 136, 33)


def _split(line: str) -> list[str]:
    """The words of a line; `text="…"` is one of them."""
    words = re.findall(r'text="[^"]*"|\S+', line)
    return [word.replace('"', "") if word.startswith("text=") else word for word in words]


class Packets:
    """Packets from short lines; sequence numbers go on from one line to the next.

    `> S` the client's SYN, `< SA` the real server's answer, `^ S EIP:5000>CIP:80` sent by the director itself. Words:
    flags (`-` for none), `udp`, `icmp:8/0`, `47` (a protocol), `A:port>B:port`, `seq=`, `ack=`, `ttl=`, `payload=`,
    `at=`, `in=`, `df`, `chunk=` (SCTP), `type=` (DCCP), `text="…"` (a payload that says something), and
    `about A:port>B:port PROTO …` for the packet that an ICMP error quotes, or that a tunnel carries.
    """

    def __init__(self, family: int = 4) -> None:
        self.family = family
        self.numbers: dict[int, dict[bool, int]] = {}

    def read(self, line: str) -> dict[str, Any]:
        """The JSON of one packet."""
        arrow, *words = _split(named(line, self.family))
        known = ADDRESSES6 if self.family == 6 else ADDRESSES
        back = arrow == "<"
        packet: dict[str, Any] = {"in": {">": "eth0", "<": "eth1", "^": None}[arrow]}
        place = (known["RIP"], 80, known["CIP"], 40000) if back else (known["CIP"], 40000, known["VIP"], 80)
        return packet | self._nested(words, place, back)

    def _nested(self, words: list[str], place: tuple[str, int, str, int], back: bool | None) -> dict[str, Any]:
        """A packet with what it quotes or carries; `back` is None for one that is not sent itself."""
        about = words.index("about") if "about" in words else len(words)
        packet = self._words(words[:about], place)
        if packet["proto"] == "tcp" and back is not None:
            self._count(packet, back)
        if about < len(words):
            packet["inner"] = self._nested(words[about + 1 :], place, None)
        return packet

    def _words(self, words: list[str], place: tuple[str, int, str, int]) -> dict[str, Any]:
        src, sport, dst, dport = place
        found: dict[str, Any] = {"proto": "tcp", "flags": "S"}
        options: dict[str, Any] = {}
        for word in words:
            key, equals, value = word.partition("=")
            if equals:
                options["payload" if key == "text" else key] = _OPTIONS[key](value)
            elif word == "df":
                options["df"] = True
            elif flow := _FLOW.fullmatch(word):
                src, dst = flow[1] or flow[2] or flow[3], flow[5] or flow[6] or flow[7]
                sport, dport = int(flow[4] or sport), int(flow[8] or dport)
            elif re.fullmatch(r"[FSRPAU]+|-", word):
                found = {"proto": "tcp", "flags": word.replace("-", "")}
            elif proto := _PROTO.fullmatch(word):
                name: str | int = int(proto[1]) if proto[1].isdigit() else proto[1]
                found = {"proto": name}
                if name == "icmp":
                    echo = 128 if self.family == 6 else 8
                    found |= {"type": int(proto[2] or echo), "code": int(proto[3] or 0)}
                    found["proto"] = "icmpv6" if self.family == 6 else name
            else:
                raise ValueError(f"{word!r} says nothing about a packet")
        ports = {"sport": sport, "dport": dport} if found["proto"] in _WITH_PORTS else {}
        return {"src": src, "dst": dst, **found, **ports, **options}

    def _count(self, packet: dict[str, Any], back: bool) -> None:
        """Fill in the numbers that were not given, and remember how far each side has come."""
        flags = packet["flags"]
        sides = self.numbers.setdefault(packet["dport" if back else "sport"], {False: 1000, True: 5000})
        given = "seq" in packet
        if "S" in flags and not given:
            sides[back] = 5000 if back else 1000
        packet.setdefault("seq", sides[back])
        if "A" in flags:
            packet.setdefault("ack", sides[not back])
        if not given or "S" in flags:
            payload = packet.get("payload", 0)
            length = (len(payload["text"]) if isinstance(payload, dict) else payload) + ("S" in flags) + ("F" in flags)
            sides[back] = (packet["seq"] + length) % 2**32


def packets(*lines: str) -> list[dict[str, Any]]:
    """The JSON of several packets."""
    reader = Packets()
    return [reader.read(line) for line in lines]


def address(name: str) -> int:
    """A named address as a number."""
    return int(ipaddress.ip_address(ADDRESSES[name]))
