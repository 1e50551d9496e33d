"""Random directors and conversations, for comparing the engine with a real kernel."""

from __future__ import annotations

import ipaddress
import json
import random
from pathlib import Path
from typing import Any

VIPS = ("192.0.2.100", "192.0.2.101")
OUTSIDE, INSIDE = ("192.0.2.2", 24), ("10.0.0.1", 24)
GATEWAY = "192.0.2.1"
CLIENTS = ("198.51.100.7", "203.0.113.9", "192.0.2.50")
SERVERS = ("10.0.0.2", "10.0.0.3", "10.0.0.4")
STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")


def interface(name: str, index: int, addresses: list[tuple[str, int]], mtu: int = 1500) -> dict[str, Any]:
    """One entry of `ip -j address`."""
    loopback = name == "lo"
    return {
        "ifindex": index,
        "ifname": name,
        "flags": ["LOOPBACK", "UP", "LOWER_UP"] if loopback else ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
        "mtu": 65536 if loopback else mtu,
        "operstate": "UNKNOWN" if loopback else "UP",
        "addr_info": [
            {"family": "inet", "local": address, "prefixlen": prefix, "scope": "host" if loopback else "global"}
            for address, prefix in addresses
        ],
    }


def network(vips: tuple[str, ...], mtu: int) -> dict[str, list[dict[str, Any]]]:
    """Addresses, routes and rules of a director with an outside and an inside interface."""
    addresses = [
        interface("lo", 1, [("127.0.0.1", 8)]),
        interface("eth0", 2, [OUTSIDE, *((vip, 32) for vip in vips)]),
        interface("eth1", 3, [INSIDE], mtu),
    ]
    routes: list[dict[str, Any]] = [{"dst": "default", "gateway": GATEWAY, "dev": "eth0", "flags": []}]
    for device, (address, prefix) in (("eth0", OUTSIDE), ("eth1", INSIDE)):
        span = ipaddress.ip_interface(f"{address}/{prefix}").network
        routes.append({"dst": str(span), "dev": device, "protocol": "kernel", "scope": "link", "prefsrc": address})
    rules = [
        {"priority": 0, "src": "all", "table": "local"},
        {"priority": 32766, "src": "all", "table": "main"},
        {"priority": 32767, "src": "all", "table": "default"},
    ]
    return {"ip-address.json": addresses, "ip-route.json": routes, "ip-rule.json": rules}


class Director:
    """One random director and the packets to send through it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.services: list[tuple[str, str, int, str, list[str]]] = []
        self.marks: list[str] = []
        self.ipvs = self._services()
        self.sysctl = self._sysctl()
        self.mtu = self.random.choice([1500, 1500, 1500, 1400])
        self.rules = self._rules()
        self.packets = self._packets()

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def _services(self) -> str:
        pick, lines = self.random, []
        wanted = pick.sample(
            [("t", VIPS[0], 80), ("t", VIPS[1], 443), ("u", VIPS[0], 53), ("t", VIPS[1], 80)], pick.randint(1, 3)
        )
        for letter, vip, port in wanted:
            method = pick.choice("mmggi")
            scheduler = pick.choice(["rr", "wrr", "lc", "wlc", "sed", "nq", "fo"])
            persistent = " -p 300" if self.chance(0.2) else ""
            lines.append(f"-A -{letter} {vip}:{port} -s {scheduler}{persistent}")
            chosen = pick.sample(SERVERS, pick.randint(1, 3))
            if method == "m" and self.chance(0.15):
                chosen = ["10.0.0.1"]
            for server in chosen:
                own = pick.choice([port, 8080]) if method == "m" else port
                weight = pick.choice([1, 1, 2, 0 if self.chance(0.2) else 1])
                lines.append(f"-a -{letter} {vip}:{port} -r {server}:{own} -{method} -w {weight}")
            self.services.append((letter, vip, port, method, chosen))
        if self.chance(0.25):
            method = pick.choice("mgi")
            lines.append("-A -f 7 -s rr")
            lines.append(f"-a -f 7 -r {SERVERS[0]}:{8080 if method == 'm' else 0} -{method} -w 1")
            self.marks.append(method)
        return "\n".join(lines) + "\n"

    def _sysctl(self) -> dict[str, int]:
        pick = self.random
        forward = int(self.chance(0.85))
        values = {
            "net.ipv4.vs.conntrack": int(self.chance(0.45)),
            "net.ipv4.ip_forward": forward,
            "net.ipv4.vs.snat_reroute": int(self.chance(0.8)),
            "net.ipv4.vs.sloppy_tcp": int(self.chance(0.1)),
            "net.ipv4.vs.expire_nodest_conn": int(self.chance(0.2)),
            "net.ipv4.vs.expire_quiescent_template": int(self.chance(0.3)),
            "net.ipv4.vs.conn_reuse_mode": pick.choice([1, 1, 1, 0, 2, 3]),
            "net.ipv4.vs.nat_icmp_send": int(self.chance(0.1)),
            "net.ipv4.vs.pmtu_disc": int(self.chance(0.9)),
            "net.netfilter.nf_conntrack_tcp_loose": int(self.chance(0.85)),
            "net.netfilter.nf_conntrack_tcp_be_liberal": int(self.chance(0.1)),
        }
        accept_local, filtered = int(self.chance(0.3)), pick.choice([0, 0, 0, 1, 2])
        for device in ("all", "eth0", "eth1"):
            values[f"net.ipv4.conf.{device}.rp_filter"] = filtered if device == "all" else 0
            values[f"net.ipv4.conf.{device}.accept_local"] = accept_local if device == "eth1" else 0
            values[f"net.ipv4.conf.{device}.send_redirects"] = int(device != "all" and self.chance(0.5))
        return values

    def _matches(self, chain: str) -> list[str]:
        pick, words = self.random, []
        letter, vip, port, _, servers = pick.choice(self.services)
        proto = {"t": "tcp", "u": "udp"}[letter]
        if self.chance(0.2):
            words.append(f"-s {pick.choice([*CLIENTS, '10.0.0.0/24', '198.51.100.0/24', vip])}")
        if self.chance(0.3):
            words.append(f"{pick.choice(['', '! '])}-d {pick.choice([vip, vip, *servers, '10.0.0.0/24', *CLIENTS])}")
        if chain in ("PREROUTING", "INPUT", "FORWARD") and self.chance(0.2):
            words.append(f"-i {pick.choice(['eth0', 'eth1', 'eth+', 'lo'])}")
        if chain in ("OUTPUT", "FORWARD", "POSTROUTING") and self.chance(0.2):
            words.append(f"-o {pick.choice(['eth0', 'eth1', 'lo'])}")
        kind = pick.choice(["none", "none", "proto", "port", "port", "flags", "icmp", "multiport"])
        if kind == "proto":
            words.append(f"-p {pick.choice(['tcp', 'udp', 'icmp', '4'])}")
        elif kind == "port":
            option, value = pick.choice(["dport", "dport", "sport"]), pick.choice([port, 8080, "1024:65535"])
            words.append(f"-p {proto} -m {proto} --{option} {value}")
        elif kind == "multiport":
            words.append(f"-p {proto} -m multiport --{pick.choice(['dports', 'sports', 'ports'])} {port},8080,53")
        elif kind == "flags":
            words.append(
                pick.choice(
                    [
                        "-p tcp -m tcp --syn",
                        "-p tcp -m tcp ! --syn",
                        "-p tcp -m tcp --tcp-flags FIN FIN",
                        "-p tcp -m tcp --tcp-flags RST,ACK RST",
                    ]
                )
            )
        elif kind == "icmp":
            words.append(
                pick.choice(
                    [
                        "-p icmp -m icmp --icmp-type 8",
                        "-p icmp -m icmp --icmp-type 3",
                        "-p icmp -m icmp --icmp-type any",
                    ]
                )
            )
        if self.chance(0.5):
            states = ",".join(pick.sample(STATES, pick.randint(1, 3)))
            words.append(
                pick.choice(
                    [
                        f"-m state --state {states}",
                        f"-m conntrack --ctstate {states}",
                        f"-m conntrack ! --ctstate {states}",
                    ]
                )
            )
        if self.chance(0.1):
            words.append(f"-m mark {pick.choice(['', '! '])}--mark {pick.choice(['0x7', '0x1/0x1'])}")
        if self.chance(0.05):
            words.append('-m comment --comment "a comment"')
        return words

    def _target(self, table: str, chain: str, users: list[str]) -> str:
        pick = self.random
        if table == "raw":
            return pick.choice(["-j CT --notrack", "-j NOTRACK", "-j ACCEPT", "-j RETURN"])
        if table == "mangle":
            return pick.choice(
                [
                    "-j MARK --set-xmark 0x7/0xffffffff",
                    "-j MARK --set-xmark 0x7/0xffffffff",
                    "-j MARK --or-mark 0x1",
                    "-j ACCEPT",
                    "-j RETURN",
                    "-j DROP",
                ]
            )
        if table == "nat":
            return pick.choice(["-j ACCEPT", "-j RETURN", ""])
        choices = [
            "-j ACCEPT",
            "-j ACCEPT",
            "-j ACCEPT",
            "-j DROP",
            "-j DROP",
            "-j RETURN",
            "-j LOG",
            "",
            "-j REJECT --reject-with icmp-port-unreachable",
            "-j REJECT --reject-with icmp-host-prohibited",
        ]
        choices += [f"-{pick.choice('jjg')} {name}" for name in users] * 2
        return pick.choice(choices)

    def _rules(self) -> str:
        pick, out = self.random, []
        chains = {
            "raw": ["PREROUTING", "OUTPUT"],
            "mangle": ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
            "nat": ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
            "filter": ["INPUT", "FORWARD", "OUTPUT"],
        }
        for table, names in chains.items():
            share = {"raw": 0.25, "mangle": 0.4, "nat": 0.4, "filter": 1.0}[table]
            if not self.chance(share):
                continue
            out.append(f"*{table}")
            for name in names:
                policy = "DROP" if table == "filter" and self.chance(0.3) else "ACCEPT"
                out.append(f":{name} {policy} [0:0]")
            users = ["U0", "U1"] if table == "filter" and self.chance(0.5) else []
            out += [f":{name} - [0:0]" for name in users]
            for name in names:
                for _ in range(pick.randint(0, 4 if table == "filter" else 2)):
                    out.append(self._rule(table, name, users))
            for depth, name in enumerate(users):
                for _ in range(pick.randint(0, 3)):
                    out.append(self._rule(table, name, users[depth + 1 :]))
            if table == "mangle" and self.marks and self.chance(0.8):
                place = pick.choice(["PREROUTING", "INPUT"])
                out.append(f"-A {place} -d {VIPS[0]}/32 -p tcp -m tcp --dport 8000 -j MARK --set-xmark 0x7/0xffffffff")
            out.append("COMMIT")
        return "\n".join(out) + "\n"

    def _rule(self, table: str, chain: str, users: list[str]) -> str:
        words = [f"-A {chain}", *self._matches(chain), self._target(table, chain, users)]
        text = " ".join(word for word in words if word)
        if "tcp-reset" in text and "-p tcp" not in text:
            text = text.replace("tcp-reset", "icmp-port-unreachable")
        return text

    def _packets(self) -> list[dict[str, Any]]:
        pick, packets = self.random, []
        for number in range(pick.randint(1, 4)):
            packets += self._flow(number)
        return packets[:14]

    def _flow(self, number: int) -> list[dict[str, Any]]:
        pick = self.random
        letter, vip, port, method, servers = pick.choice(self.services)
        client = pick.choice(CLIENTS)
        sport = 40000 + number
        common: dict[str, Any] = {"in": "eth0", "src": client, "dst": vip, "sport": sport, "dport": port}
        if self.marks and self.chance(0.3):
            common.update(dst=VIPS[0], dport=8000)
            letter = "t"
        if letter == "u" or self.chance(0.05):
            found = [{**common, "proto": "udp"} for _ in range(pick.randint(1, 2))]
            if method == "m" and self.chance(0.7):
                found.insert(
                    1, {"in": "eth1", "src": servers[0], "dst": client, "proto": "udp", "sport": port, "dport": sport}
                )
            return found
        if self.chance(0.1):
            return [{"in": "eth0", "src": client, "dst": vip, "proto": "icmp", "type": 8}]
        if self.chance(0.08):
            return [{**common, "dport": 2222, "proto": "tcp", "flags": pick.choice(["S", "A", "R", "FA"])}]
        if self.chance(0.06):
            return [{**common, "proto": "tcp", "ttl": 1}]
        if self.chance(0.08):
            return [
                {
                    "in": None,
                    "src": pick.choice(["10.0.0.1", "192.0.2.2"]),
                    "dst": pick.choice([client, servers[0], vip]),
                    "proto": pick.choice(["tcp", "udp"]),
                    "sport": 5555,
                    "dport": port,
                }
            ]
        found = []
        seq, ack = 1000, 0
        for flags, data in pick.choice(
            [
                [("S", 0), ("SA", 0), ("A", 0), ("PA", 50), ("FA", 0)],
                [("S", 0), ("A", 0), ("PA", 50), ("FA", 0), ("R", 0)],
                [("S", 0), ("S", 0), ("R", 0), ("A", 0)],
                [("S", 0), ("SA", 0), ("A", 0), ("RA", 0), ("S", 0)],
                [("A", 0), ("PA", 10), ("FA", 0)],
                [("S", 0), ("SA", 0), ("A", 0), ("FA", 0), ("FA*", 0), ("A", 0), ("S", 0)],
                [("S", 0), ("PA", 1460)],
            ]
        ):
            if flags in ("SA", "FA*"):
                server = pick.choice(servers)
                reply = {
                    "in": "eth1",
                    "src": server if method == "m" else vip,
                    "dst": client,
                    "proto": "tcp",
                    "sport": pick.choice([port, 8080]) if method == "m" else port,
                    "dport": sport,
                    "flags": flags[:2],
                    "seq": 5000 if flags == "SA" else 5001,
                    "ack": seq,
                }
                if method == "m" or self.chance(0.5):
                    found.append(reply)
                    ack = 5001 if flags == "SA" else 5002
                continue
            packet = {**common, "proto": "tcp", "flags": flags, "seq": seq}
            if "A" in flags:
                packet["ack"] = ack
            if data:
                packet["payload"] = data
                packet["df"] = self.chance(0.5)
            if self.chance(0.03):
                packet["seq"] = (seq + 1_000_000) % 2**32
            found.append(packet)
            seq += data + ("S" in flags) + ("F" in flags)
        if self.chance(0.15):
            found.append(self._icmp_error(client, vip, port, sport, method, servers))
        return found

    def _icmp_error(
        self, client: str, vip: str, port: int, sport: int, method: str, servers: list[str]
    ) -> dict[str, Any]:
        pick = self.random
        kind, code = pick.choice([(3, 4), (3, 1), (11, 0), (5, 1)])
        if self.chance(0.5):
            inner = {"src": vip, "dst": client, "proto": "tcp", "sport": port, "dport": sport}
            return {
                "in": "eth0",
                "src": pick.choice([client, "192.0.2.1"]),
                "dst": vip,
                "proto": "icmp",
                "type": kind,
                "code": code,
                "inner": inner,
            }
        inner = {
            "src": client,
            "dst": servers[0] if method == "m" else vip,
            "proto": "tcp",
            "sport": sport,
            "dport": port,
        }
        return {
            "in": "eth1",
            "src": servers[0],
            "dst": client,
            "proto": "icmp",
            "type": kind,
            "code": code,
            "inner": inner,
        }

    def snapshot_network(self) -> dict[str, list[dict[str, Any]]]:
        """Addresses, routes and rules."""
        return network(VIPS, self.mtu)

    def files(self) -> dict[str, str]:
        """The snapshot."""
        return {
            **{name: json.dumps(data) for name, data in self.snapshot_network().items()},
            "iptables.rules": self.rules,
            "ipvsadm.rules": self.ipvs,
            "sysctl.conf": "".join(f"{key} = {value}\n" for key, value in self.sysctl.items()),
            "sockets": "",
            "uname": "6.1.0\n",
        }

    def write(self, folder: Path) -> None:
        """The snapshot, with packets.json beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files().items():
            (folder / name).write_text(text)
        (folder / "packets.json").write_text(json.dumps(self.packets, indent=1))
