"""Writes a busy director as a snapshot: `python tests/bench/directors.py RULES FOLDER`. The same number gives the same.

One service for each RULES_OF_A_SERVICE rules, two services on a VIP, four for each customer. Half of the customers have
their rules in INPUT itself, the others in a chain of their own. One service in FAULTY has a fault, of the kinds FAULTS.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

RULES_OF_A_SERVICE = 50
FAULTY = 8
FAULTS = (
    "accepted nowhere",
    "accepted by state",
    "accepted as SYN",
    "accepted in FORWARD",
    "without weight",
    "without address",
    "answers stopped",
    "marked again",
    "marked late",
)
SHARES = {
    ("raw", "PREROUTING"): 2,
    ("mangle", "PREROUTING"): 5,
    ("mangle", "FORWARD"): 3,
    ("nat", "PREROUTING"): 8,
    ("nat", "POSTROUTING"): 3,
    ("filter", "INPUT"): 28,
    ("filter", "customers"): 22,
    ("filter", "FORWARD"): 14,
    ("filter", "networks"): 12,
    ("filter", "OUTPUT"): 3,
}
"""How the rules that are about no service are spread; customers and networks are groups of user chains."""

HOST, GATEWAY, INSIDE = "198.18.0.2", "198.18.0.1", "10.0.0.1"
TCP_PORTS = (80, 443, 25, 993, 8080, 5432)
UDP_PORTS = (53, 514, 5060, 123)


@dataclass(frozen=True, slots=True)
class Service:
    """One virtual service; `mark` is None where it has an address, and takes two ports where it has a mark."""

    number: int
    vip: str
    proto: str
    port: int
    method: str
    servers: tuple[str, ...]
    mark: int | None
    fault: str | None

    @property
    def customer(self) -> int:
        """Whose it is."""
        return self.number // 4

    @property
    def matches(self) -> str:
        """What a rule asks to be about its requests."""
        if self.mark is not None:
            return f"-d {self.vip}/32 -p tcp -m multiport --dports 8000,8443"
        return f"-d {self.vip}/32 -p {self.proto} -m {self.proto} --dport {self.port}"

    @property
    def name(self) -> str:
        """As ipvsadm takes it."""
        return f"-f {self.mark}" if self.mark is not None else f"-{self.proto[0]} {self.vip}:{self.port}"

    @property
    def server_port(self) -> int:
        """Where its real servers listen."""
        return 0 if self.mark is not None else self.port + 8000 * (self.method == "m")


@dataclass
class Director:
    """The parts of a director's configuration; `chains` has the rules by table and chain."""

    count: int
    pick: random.Random
    services: list[Service] = field(default_factory=list)
    chains: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, table: str, chain: str, rule: str) -> None:
        """One rule more."""
        self.chains.setdefault((table, chain), []).append(rule)

    def somebody(self) -> str:
        """An address that is neither the host's nor a real server's."""
        first = self.pick.choice((23, 45, 62, 81, 109, 151, 185, 212))
        return f"{first}.{self.pick.randrange(256)}.{self.pick.randrange(256)}.{self.pick.randrange(1, 255)}"

    @property
    def networks(self) -> int:
        """How many networks the real servers stand in."""
        return 1 + len(self.services) // 16


def director(count: int, seed: int = 1) -> dict[str, str]:
    """A snapshot with `count` rules: file names and their texts."""
    made = Director(count, random.Random(seed))
    made.services = [_service(made.pick, number) for number in range(max(1, count // RULES_OF_A_SERVICE))]
    for service in made.services:
        _admit(made, service)
        _mark(made, service)
        _answer(made, service)
    _enter_chains(made)
    _fill(made)
    return {"iptables.rules": _dump(made), "ipvsadm.rules": _table(made), **_network(made)}


def _service(pick: random.Random, number: int) -> Service:
    fault = FAULTS[number // FAULTY % len(FAULTS)] if number % FAULTY == FAULTY // 2 else None
    marked = number % 10 == 3 or (fault is not None and fault.startswith("marked"))
    proto = "udp" if number % 6 == 5 and fault is None and not marked else "tcp"
    method = pick.choice("gmi")
    if fault == "answers stopped" or fault in ("accepted by state", "accepted as SYN"):
        method = "m" if fault == "answers stopped" else "g"
    ports = TCP_PORTS if proto == "tcp" else UDP_PORTS
    network = 1 + number // 16
    servers = tuple(
        f"10.{network >> 8}.{network & 255}.{10 + number % 16 * 4 + place}" for place in range(pick.randrange(2, 5))
    )
    vip = number // 2
    return Service(
        number,
        f"198.18.{1 + vip // 200}.{10 + vip % 200}",
        proto,
        ports[number % 2 + pick.randrange(len(ports) // 2) * 2],
        "g" if marked else method,
        servers,
        100 + number if marked else None,
        fault,
    )


def _admit(made: Director, service: Service) -> None:
    """The rules that let its clients in, and those that keep some out."""
    home = _home(service.customer)
    for _ in range(made.pick.randrange(3)):
        made.add("filter", home, f"-s {made.somebody()}/32 {service.matches} -j DROP")
    if service.fault == "accepted nowhere":
        return
    if service.fault == "accepted in FORWARD":
        home = "FORWARD"
    words = {
        "accepted by state": " -m state --state NEW,ESTABLISHED",
        "accepted as SYN": " --tcp-flags FIN,SYN,RST,ACK SYN",
    }
    asked = words.get(service.fault or "", "")
    noted = f' -m comment --comment "customer {service.customer}"' if made.pick.random() < 0.4 else ""
    made.add("filter", home, f"{service.matches}{asked}{noted} -j ACCEPT")


def _home(customer: int) -> str:
    """The chain with a customer's rules."""
    return "INPUT" if customer % 2 else f"CUST-{customer}"


def _mark(made: Director, service: Service) -> None:
    if service.mark is None:
        return
    chain = "FORWARD" if service.fault == "marked late" else "PREROUTING"
    made.add("mangle", chain, f"{service.matches} -j MARK --set-xmark {service.mark:#x}/0xffffffff")
    if service.fault == "marked again":
        made.add(
            "mangle", chain, f"-d {service.vip}/32 -p tcp -m tcp --dport 8000:8999 -j MARK --set-xmark 0x1/0xffffffff"
        )


def _answer(made: Director, service: Service) -> None:
    """FORWARD lets the answers of LVS-NAT out."""
    if service.method == "m" and service.fault != "answers stopped":
        for server in service.servers:
            made.add(
                "filter",
                "FORWARD",
                f"-s {server}/32 -p {service.proto} -m {service.proto} --sport {service.server_port} -j ACCEPT",
            )


def _enter_chains(made: Director) -> None:
    """The jumps to the user chains, and how those end."""
    customers: dict[int, list[str]] = {}
    for service in made.services:
        if _home(service.customer) != "INPUT":
            customers.setdefault(service.customer, []).append(service.vip)
    for customer, vips in customers.items():
        for vip in dict.fromkeys(vips):
            made.add("filter", "INPUT", f"-d {vip}/32 -j {_home(customer)}")
        made.chains.setdefault(("filter", _home(customer)), [])
    for network in range(1, made.networks + 1):
        made.add("filter", "FORWARD", f"-d 10.{network >> 8}.{network & 255}.0/24 -j NET-{network}")
        made.add("filter", f"NET-{network}", f"-s 10.0.0.0/24 -p tcp -m tcp --dport {22 + network % 2} -j ACCEPT")


def _fill(made: Director) -> None:
    """Rules about everything else, in between, until there are enough."""
    heads, tails = _ends()
    wanted = made.count - sum(map(len, (*heads.values(), *tails.values(), *made.chains.values())))
    groups = {
        ("filter", "customers"): [key for key in made.chains if key[1].startswith("CUST-")],
        ("filter", "networks"): [key for key in made.chains if key[1].startswith("NET-")],
    }
    places = made.pick.choices(list(SHARES), list(SHARES.values()), k=max(0, wanted))
    said = {(key, _asked(rule)) for key, rules in made.chains.items() for rule in rules}
    for place in places:
        key = made.pick.choice(groups.get(place) or [place if place[1].isupper() else ("filter", "INPUT")])
        rule = _rule(made, *place, key[1])
        while (key, _asked(rule)) in said:
            # Nobody writes what is there already.
            rule = _rule(made, *place, key[1])
        said.add((key, _asked(rule)))
        made.chains.setdefault(key, []).append(rule)
    for rules in made.chains.values():
        made.pick.shuffle(rules)
        _in_order(rules)
    for (table, chain), rules in made.chains.items():
        # What is marked again is so behind the first mark.
        again = [rule for rule in rules if "--set-xmark 0x1/" in rule]
        made.chains[table, chain] = [*(rule for rule in rules if rule not in again), *again]
    for key, rules in heads.items():
        made.chains[key] = [*rules, *made.chains.get(key, [])]
    for key, rules in tails.items():
        made.chains.setdefault(key, []).extend(rules)


def _asked(rule: str) -> str:
    """What a rule asks for, without what it does."""
    return rule.partition(" -j ")[0]


def _in_order(rules: list[str]) -> None:
    """Exceptions come first, and who is kept out of a VIP before what lets the others in."""
    rules.sort(key=lambda rule: not rule.endswith("-j RETURN"))
    places: dict[str, list[int]] = {}
    for place, rule in enumerate(rules):
        if found := re.search(r"-d (198\.18\.[1-9]\d*\.\d+)/32 .*-j (DROP|ACCEPT|CUST-\d+)$", rule):
            places.setdefault(found[1], []).append(place)
    for mine in places.values():
        ordered = sorted((rules[place] for place in mine), key=lambda rule: not rule.endswith("-j DROP"))
        for place, rule in zip(mine, ordered, strict=True):
            rules[place] = rule


def _ends() -> tuple[dict[tuple[str, str], list[str]], dict[tuple[str, str], list[str]]]:
    """The first and the last rules of the built-in chains."""
    established = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    heads = {
        ("filter", "INPUT"): [
            "-i lo -j ACCEPT",
            "-m set --match-set blocked src -j DROP",
            established,
            "-s 10.0.0.0/24 -i eth1 -p tcp -m tcp --dport 22 -j ACCEPT",
            "-p icmp -m icmp --icmp-type 8 -j ACCEPT",
        ],
        ("filter", "FORWARD"): [established],
        ("filter", "OUTPUT"): ["-o lo -j ACCEPT", established],
        ("nat", "POSTROUTING"): [],
    }
    tails = {
        ("filter", "INPUT"): ['-m limit --limit 5/min -j LOG --log-prefix "input: "'],
        ("filter", "FORWARD"): [
            '-m limit --limit 5/min -j LOG --log-prefix "forward: "',
            "-j REJECT --reject-with icmp-port-unreachable",
        ],
        ("nat", "POSTROUTING"): [f"-s 10.0.0.0/8 ! -d 10.0.0.0/8 -o eth0 -j SNAT --to-source {HOST}"],
    }
    return heads, tails


def _rule(made: Director, table: str, group: str, chain: str) -> str:
    """A rule of a place, about somebody; a network's chain has rules about its own hosts."""
    pick, service = made.pick, made.pick.choice(made.services)
    proto = pick.choice(("tcp", "tcp", "udp"))
    network = int(chain[4:]) if group == "networks" else 1 + pick.randrange(made.networks)
    return pick.choice(_KINDS[table][group]).format(
        s=made.somebody(),
        o=f"198.19.{pick.randrange(256)}.{pick.randrange(1, 255)}",
        h=f"10.{network >> 8}.{network & 255}.{pick.randrange(80, 250)}",
        x=proto,
        p=pick.randrange(1, 10000),
        q=pick.randrange(10000, 65536),
        b=pick.randrange(256),
        c=pick.randrange(16, 32),
        v=service.matches,
        n=pick.randrange(100000),
        k=pick.choice(("allowed", "blocked", "partners")),
    )


_KINDS: dict[str, dict[str, list[str]]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())


def _dump(made: Director) -> str:
    built_in = {
        "raw": ("PREROUTING", "OUTPUT"),
        "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
        "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
        "filter": ("INPUT", "FORWARD", "OUTPUT"),
    }
    lines = ["# Generated by iptables-save v1.8.9 on Sun Nov 22 07:30:00 2026"]
    for table, names in built_in.items():
        chains = {chain: rules for (home, chain), rules in made.chains.items() if home == table}
        closed = {"INPUT", "FORWARD"} if table == "filter" else ()
        lines += [f"*{table}", *(f":{name} {'DROP' if name in closed else 'ACCEPT'} [0:0]" for name in names)]
        user = [name for name in chains if name not in names]
        lines += [f":{name} - [0:0]" for name in user]
        lines += [f"-A {name} {rule}" for name in (*names, *user) for rule in chains.get(name, ())]
        lines += ["COMMIT"]
    return "\n".join((*lines, "# Completed on Sun Nov 22 07:30:01 2026", ""))


def _table(made: Director) -> str:
    lines = []
    for service in made.services:
        lines.append(f"-A {service.name} -s {('rr', 'wlc', 'sh', 'wrr')[service.number % 4]}")
        weight = 0 if service.fault == "without weight" else 1
        for server in service.servers:
            lines.append(f"-a {service.name} -r {server}:{service.server_port} -{service.method} -w {weight}")
    return "\n".join((*lines, ""))


def _network(made: Director) -> dict[str, str]:
    """Addresses, routes, settings, sets; VIPs stand on eth0, some of the servers' networks behind a router."""
    absent = {service.vip for service in made.services if service.fault == "without address"}
    vips = dict.fromkeys(service.vip for service in made.services if service.vip not in absent)
    addresses = {
        "lo": [("127.0.0.1", 8)],
        "eth0": [(HOST, 24), *((vip, 32) for vip in vips)],
        "eth1": [(INSIDE, 24)],
    }
    listed = [
        {
            "ifindex": index,
            "ifname": name,
            "flags": ["UP", "LOWER_UP"],
            "mtu": 1500,
            "addr_info": [{"family": "inet", "local": text, "prefixlen": length} for text, length in mine],
        }
        for index, (name, mine) in enumerate(addresses.items(), 1)
    ]
    policy = [
        {"priority": priority, "src": "all", "table": table}
        for priority, table in ((0, "local"), (32766, "main"), (32767, "default"))
    ]
    settings = {"ip_forward": 1, "conf.all.rp_filter": 0, "conf.eth0.rp_filter": 0, "conf.eth1.rp_filter": 0}
    settings |= {"conf.all.send_redirects": 0, "vs.conntrack": 0, "vs.expire_nodest_conn": 1}
    sets = [
        f"create {name} hash:ip family inet hashsize 1024 maxelem 65536" for name in ("allowed", "blocked", "partners")
    ]
    sets += [
        f"add {made.pick.choice(('allowed', 'blocked', 'partners'))} {made.somebody()}" for _ in range(made.count // 20)
    ]
    return {
        "ip-address.json": json.dumps(listed),
        "ip-route.json": json.dumps(list(_routes(made, addresses))),
        "ip-rule.json": json.dumps(policy),
        "sysctl.conf": "".join(f"net.ipv4.{key} = {value}\n" for key, value in settings.items()),
        "ipset.rules": "\n".join((*sets, "")),
        "sockets": "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n",
        "uname": "6.1.0-18-amd64\n",
    }


def _routes(made: Director, addresses: dict[str, list[tuple[str, int]]]) -> Iterator[dict[str, Any]]:
    yield {"dst": "default", "gateway": GATEWAY, "dev": "eth0", "flags": []}
    for network, device, source in (("198.18.0.0/24", "eth0", HOST), ("10.0.0.0/24", "eth1", INSIDE)):
        yield {"dst": network, "dev": device, "protocol": "kernel", "scope": "link", "prefsrc": source, "flags": []}
    for network in range(1, made.networks + 1):
        place = {"dst": f"10.{network >> 8}.{network & 255}.0/24", "dev": "eth1", "flags": []}
        yield {**place, "scope": "link"} if network % 3 else {**place, "gateway": "10.0.0.254"}
    for device, mine in addresses.items():
        for text, _ in mine:
            yield {"type": "local", "dst": text, "dev": device, "table": "local", "scope": "host", "flags": []}
    yield {"type": "local", "dst": "127.0.0.0/8", "dev": "lo", "table": "local", "scope": "host", "flags": []}


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in director(int(sys.argv[1])).items():
        (folder / file).write_text(text)
