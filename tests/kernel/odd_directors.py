"""Random directors of unusual shape: one interface, policy routing, odd routes, and packets from everywhere."""

from __future__ import annotations

from typing import Any

from tests.kernel.directors import CLIENTS, GATEWAY, INSIDE, OUTSIDE, SERVERS, VIPS, Director, interface

REMOTE = "198.18.0.5"
"""A server behind the inside network, reached by a router or by no route at all."""

ADDRESSES = (
    *CLIENTS,
    *VIPS,
    *SERVERS,
    REMOTE,
    OUTSIDE[0],
    INSIDE[0],
    "10.0.0.250",
    "8.8.8.8",
    "127.0.0.1",
    "127.0.0.5",
    "224.0.0.5",
    "255.255.255.255",
    "0.0.0.0",
    "192.0.2.255",
    "10.0.0.255",
    "240.0.0.1",
    "172.16.9.9",
)
FLAGS = ("S", "SA", "A", "PA", "FA", "F", "R", "RA", "SF", "SR", "", "FPU", "SPU", "AU")


class OddDirector(Director):
    """The same services and rules on stranger ground."""

    def network(self) -> dict[str, list[dict[str, Any]]]:
        """Addresses, routes and rules; called once, before the packets are drawn."""
        pick = self.random
        self.one_nic = self.chance(0.3)
        self.far_vip = self.chance(0.25)
        vips = () if self.far_vip else VIPS
        outside = [OUTSIDE, *((vip, 32) for vip in vips)]
        inside = [] if self.one_nic else [interface("eth1", 3, [INSIDE], self.mtu)]
        if self.one_nic:
            outside.append(INSIDE)
        addresses = [interface("lo", 1, [("127.0.0.1", 8)]), interface("eth0", 2, outside, 1500), *inside]
        near = "eth0" if self.one_nic else "eth1"
        routes: list[dict[str, Any]] = [
            {"dst": "192.0.2.0/24", "dev": "eth0", "protocol": "kernel", "scope": "link", "prefsrc": OUTSIDE[0]},
            {"dst": "10.0.0.0/24", "dev": near, "protocol": "kernel", "scope": "link", "prefsrc": INSIDE[0]},
        ]
        if self.chance(0.85):
            routes.insert(0, {"dst": "default", "gateway": GATEWAY, "dev": "eth0"})
        kind = pick.choice(["via", "via", "blackhole", "prohibit", "unreachable", "none"])
        if kind == "via":
            routes.append({"dst": "198.18.0.0/16", "gateway": "10.0.0.250", "dev": near})
        elif kind != "none":
            routes.append({"type": kind, "dst": "198.18.0.0/16"})
        rules: list[dict[str, Any]] = [{"priority": 0, "src": "all", "table": "local"}]
        if self.far_vip or self.chance(0.3):
            rules.append({"priority": 100, "src": "all", "fwmark": "0x7", "table": "100"})
            routes.append({"type": "local", "dst": "default", "dev": "lo", "table": "100", "scope": "host"})
        if self.chance(0.2):
            rules.append({"priority": 200, "src": VIPS[0], "table": "200"})
            routes.append({"dst": "default", "gateway": "192.0.2.200", "dev": "eth0", "table": "200"})
        rules += [
            {"priority": 32766, "src": "all", "table": "main"},
            {"priority": 32767, "src": "all", "table": "default"},
        ]
        return {"ip-address.json": addresses, "ip-route.json": routes, "ip-rule.json": rules}

    def _services(self) -> str:
        found = super()._services()
        if self.chance(0.3):
            found += (
                f"-A -t {VIPS[1]}:8443 -s rr\n-a -t {VIPS[1]}:8443 -r {REMOTE}:8443 -{self.random.choice('mgi')} -w 1\n"
            )
            self.services.append(("t", VIPS[1], 8443, "m", [REMOTE]))
        if self.chance(0.2):
            found += (
                f"-A -t {VIPS[0]}:0 -s rr -p 60\n-a -t {VIPS[0]}:0 -r {SERVERS[1]}:0 -{self.random.choice('mg')} -w 1\n"
            )
            self.services.append(("t", VIPS[0], 7000, "m", [SERVERS[1]]))
        return found

    def _packets(self) -> list[dict[str, Any]]:
        self.ground = self.network()
        pick, packets = self.random, []
        for number in range(pick.randint(1, 4)):
            packets += self._flow(number) if self.chance(0.5) else self._stray(number)
        if self.one_nic:
            packets = [{**item, "in": "eth0"} if item["in"] == "eth1" else item for item in packets]
        return packets[:14]

    def _stray(self, number: int) -> list[dict[str, Any]]:
        """Packets between any two addresses, the second often an answer to the first."""
        pick = self.random
        here = pick.choice(["eth0", "eth0", "eth1", None])
        # Nobody's frames come from a broadcast address.
        src, dst = (
            pick.choice([item for item in ADDRESSES if not item.endswith(".255")]),
            pick.choice([*ADDRESSES, *VIPS, *VIPS]),
        )
        if here is None:
            dst = pick.choice([item for item in ADDRESSES if not item.endswith((".255", ".0.0.0"))])
            src = pick.choice([OUTSIDE[0], INSIDE[0], *(() if self.far_vip else VIPS)])
        letter, vip, port, _, servers = pick.choice(self.services)
        sport, dport = 41000 + number, pick.choice([port, port, 8080, 22, 8000])
        proto = pick.choice(["tcp", "tcp", "udp", "icmp"])
        common: dict[str, Any] = {"in": here, "src": src, "dst": dst, "proto": proto}
        if self.chance(0.1):
            common["ttl"] = pick.choice([1, 2])
        if proto == "icmp":
            return [{**common, "type": pick.choice([8, 0, 13, 3, 11, 5, 30]), "code": pick.choice([0, 0, 1])}]
        common |= {"sport": pick.choice([sport, sport, 20]), "dport": dport}
        if proto == "udp":
            back = {
                "in": pick.choice(["eth0", "eth1"]),
                "src": dst,
                "dst": src,
                "proto": "udp",
                "sport": dport,
                "dport": common["sport"],
            }
            size = {"payload": pick.choice([4, 1300, 1470 if here == "eth0" else 1300]), "df": self.chance(0.5)}
            return [{**common, **size}, back, {**common, "payload": 4}][: pick.randint(1, 3)]
        found = []
        for flags in pick.sample(FLAGS, pick.randint(1, 3)):
            found.append(
                {**common, "flags": flags, "seq": pick.choice([1000, 1001, 5000]), "ack": pick.choice([0, 1001, 5001])}
            )
        if self.chance(0.5):
            server = pick.choice([dst, pick.choice(servers)])
            found.insert(
                1,
                {
                    "in": pick.choice(["eth0", "eth1"]),
                    "src": server,
                    "dst": src,
                    "proto": "tcp",
                    "sport": dport,
                    "dport": common["sport"],
                    "flags": pick.choice(["SA", "RA", "A"]),
                    "seq": 5000,
                    "ack": 1001,
                },
            )
        del letter, vip
        return found

    def snapshot_network(self) -> dict[str, list[dict[str, Any]]]:
        """The network that the packets were drawn for."""
        return self.ground
