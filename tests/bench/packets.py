"""How many packets a second the engine replays: `python tests/bench/packets.py`.

A director with LVS-NAT and LVS-DR services, RULES rules before the one that accepts, and whole TCP connections.
The long chain is compared with the short one in the same run, in turns.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lvsconf import snapshot
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import replay
from lvsconf.packets.packet import Packet, parse_list

RULES, LONG = 50, 10_000
CONNECTIONS = 1_000
ROUNDS = 3
LEAST = 20_000 / 3
"""So many packets a second with RULES rules are enough."""
MOST = 100.0
"""So many times longer may a packet take with LONG rules."""

VIP, OUTSIDE, INSIDE = "192.0.2.100", "192.0.2.2", "10.0.0.1"
SERVERS = ("10.0.0.2", "10.0.0.3")
SERVICES = f"""-A -t {VIP}:80 -s rr
-a -t {VIP}:80 -r {SERVERS[0]}:8080 -m -w 1
-a -t {VIP}:80 -r {SERVERS[1]}:8080 -m -w 1
-A -t {VIP}:443 -s wlc
-a -t {VIP}:443 -r {SERVERS[0]}:443 -g -w 1
"""


def rules(count: int) -> str:
    """A firewall that looks at much before it accepts: addresses, ports, states, interfaces."""
    kinds = itertools.cycle(
        (
            "-s 203.0.{n}.0/24 -j DROP",
            "-i eth0 -p tcp -m tcp --dport {p} -m conntrack --ctstate NEW -j DROP",
            "-p udp -m udp --sport {p} -j DROP",
            "-s 198.18.{n}.7/32 -d 192.0.2.2/32 -p tcp -m multiport --dports {p},{q} -j ACCEPT",
            "-p icmp -m icmp --icmp-type 8 -m mark --mark {n} -j DROP",
        )
    )
    lines = [f"-A INPUT {next(kinds).format(n=n % 256, p=1 + n % 70, q=2000 + n)}" for n in range(count - 4)]
    return "\n".join(
        (
            "*filter",
            ":INPUT DROP [0:0]",
            ":FORWARD DROP [0:0]",
            ":OUTPUT ACCEPT [0:0]",
            *lines,
            f"-A INPUT -d {VIP}/32 -p tcp -m multiport --dports 80,443 -j ACCEPT",
            "-A INPUT -i lo -j ACCEPT",
            "-A FORWARD -m conntrack --ctstate INVALID -j LOG",
            "-A FORWARD -s 10.0.0.0/24 -j ACCEPT",
            "COMMIT\n",
        )
    )


def network() -> dict[str, str]:
    """Addresses, routes and settings."""
    addresses = {"lo": ["127.0.0.1/8"], "eth0": [f"{OUTSIDE}/24", f"{VIP}/32"], "eth1": [f"{INSIDE}/24"]}
    listed = [
        {
            "ifindex": index,
            "ifname": name,
            "flags": ["UP"],
            "mtu": 1500,
            "addr_info": [
                {"family": "inet", "local": each.partition("/")[0], "prefixlen": int(each.partition("/")[2])}
                for each in mine
            ],
        }
        for index, (name, mine) in enumerate(addresses.items(), 1)
    ]
    routes = [
        {"dst": "default", "gateway": "192.0.2.1", "dev": "eth0", "flags": []},
        {"dst": "192.0.2.0/24", "dev": "eth0", "protocol": "kernel", "scope": "link", "prefsrc": OUTSIDE},
        {"dst": "10.0.0.0/24", "dev": "eth1", "protocol": "kernel", "scope": "link", "prefsrc": INSIDE},
    ]
    policy = [
        {"priority": priority, "src": "all", "table": table}
        for priority, table in ((0, "local"), (32766, "main"), (32767, "default"))
    ]
    return {
        "ip-address.json": json.dumps(listed),
        "ip-route.json": json.dumps(routes),
        "ip-rule.json": json.dumps(policy),
        "sysctl.conf": "net.ipv4.ip_forward = 1\nnet.ipv4.vs.conntrack = 1\nnet.ipv4.conf.all.rp_filter = 0\n",
        "sockets": "",
        "uname": "6.1.0\n",
        "ipvsadm.rules": SERVICES,
    }


def kernel(count: int) -> Kernel:
    """The director with so many rules."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**network(), "iptables.rules": rules(count)}.items():
            Path(folder, name).write_text(text)
        groups, _ = snapshot.gather([folder])
        return Kernel(snapshot.assemble(groups[0]).host)


def connection(number: int) -> list[dict[str, Any]]:
    """A client's connection, to the LVS-NAT service or to the LVS-DR one, with what the director sees of it."""
    client, sport = f"198.51.{number // 250 % 250}.{1 + number % 250}", 40000 + number % 20000
    nat = number % 2 == 0
    port = 80 if nat else 443
    there = {"in": "eth0", "src": client, "dst": VIP, "proto": "tcp", "sport": sport, "dport": port}
    server = SERVERS[(number // 2 + 1) % 2]
    back = {"in": "eth1", "src": server, "dst": client, "proto": "tcp", "sport": 8080, "dport": sport}
    segments = [
        (there, "S", 1000, 0, 0),
        (back, "SA", 5000, 1001, 0),
        (there, "A", 1001, 5001, 0),
        (there, "PA", 1001, 5001, 100),
        (back, "PA", 5001, 1101, 1000),
        (there, "FA", 1101, 6001, 0),
        (back, "FA", 6001, 1102, 0),
        (there, "A", 1102, 6002, 0),
    ]
    return [
        {**way, "flags": flags, "seq": seq, "ack": ack, "payload": payload}
        for way, flags, seq, ack, payload in segments
        if nat or way is there
    ]


def rate(host: Kernel, packets: tuple[Packet, ...]) -> float:
    """Packets a second; the connections overlap in time as those of a busy director do."""
    start = time.process_time()
    worlds = replay(host, packets)
    taken = time.process_time() - start
    if len(worlds) != 1 or worlds[0].lost:
        raise SystemExit("the replay should be one way only")
    return len(packets) / taken


def main() -> int:
    """Print the rates and their ratio; 1 when a limit is passed."""
    batches = [connection(number) for number in range(CONNECTIONS)]
    interleaved = [packet for row in itertools.zip_longest(*batches) for packet in row if packet is not None]
    packets = parse_list(interleaved)
    few = packets[:: max(1, len(packets) // 400)]
    short, long = kernel(RULES), kernel(LONG)
    rates, ratios = [], []
    for _ in range(ROUNDS):
        rates.append(rate(short, packets))
        ratios.append(rate(short, few) / rate(long, few))
    sys.stdout.write(
        f"{RULES} rules: {statistics.median(rates):,.0f} packets/s (at least {LEAST:,.0f}); "
        f"{LONG:,} rules: a packet takes {statistics.median(ratios):.1f} times longer (at most {MOST:.0f})\n"
    )
    return int(statistics.median(rates) < LEAST or statistics.median(ratios) > MOST)


if __name__ == "__main__":
    sys.exit(main())
