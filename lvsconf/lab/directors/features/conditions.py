"""Matches on addresses, interfaces, sockets, bytes and hashes: addrtype, rpfilter, devgroup, owner, u32, …"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from lvsconf.lab.directors.draft import SERVERS, VIPS, Draft, Place

SHARE = 0.2
INCOMING, LEAVING = ("PREROUTING", "INPUT", "FORWARD"), ("FORWARD", "OUTPUT", "POSTROUTING")
TYPES = ("LOCAL", "UNICAST", "BROADCAST", "MULTICAST", "LOCAL,BROADCAST", "UNICAST,MULTICAST", "BLACKHOLE", "ANYCAST")
U32 = (
    "0>>22&0x3C@0>>16=40000:40003", "6&0xff=6", "0>>22&0x3C@12>>26&0x3C@0=0", "12=0xc6336407", "0&0xffff=0:60",
    "8>>24=63:64", "0>>22&0x3C@13&0x02=0x02", "6&0xff=17 && 0>>22&0x3C@0&0xffff=53", "4=0:0xffffffff",
    "32&0xf0000000=0x50000000", "100=0", "0>>22&0x3C@4=1000,1001",
)  # fmt: skip


def ground(draft: Draft) -> None:
    """Groups of interfaces."""
    for link in draft.links:
        if link["ifname"] != "lo" and draft.chance(0.5):
            link["group"] = str(draft.random.choice([1, 3, 7]))


def matches(draft: Draft, place: Place) -> list[str]:
    """One of them, where the kernel lets it stand."""
    if place.family == 6 or not draft.chance(0.6):
        return []
    fitting = [
        make for chains, tables, make in MATCHES if place.chain in chains and (not tables or place.table in tables)
    ]
    return [draft.random.choice(ANYWHERE + fitting)(draft.random)]


def _sense(pick: Random) -> str:
    return pick.choice(["", "", "! "])


def _addrtype(pick: Random) -> str:
    sides = pick.choice([("src",), ("dst",), ("dst",), ("src", "dst")])
    return "-m addrtype " + " ".join(f"{_sense(pick)}--{side}-type {pick.choice(TYPES)}" for side in sides)


def _owner(pick: Random) -> str:
    return "-m owner " + pick.choice(
        ["--socket-exists", "! --socket-exists", "--uid-owner 0", "! --uid-owner 0", "--gid-owner 5", "! --uid-owner 7"]
    )


def _mask(pick: Random) -> str:
    return pick.choice(["1", "3", "7", "0x1/0x1", "0x2/0x2", "0"])


def _cluster(pick: Random) -> str:
    return f"-m cluster --cluster-total-nodes 3 {_sense(pick)}--cluster-local-node {pick.randint(1, 3)} " + (
        f"--cluster-hash-seed {pick.choice(['0xdeadbeef', '1', '77'])}"
    )


def _rpfilter(pick: Random) -> str:
    options = [name for name in ("loose", "validmark", "accept-local", "invert") if pick.random() < 0.35]
    return "-m rpfilter " + " ".join(f"--{name}" for name in options)


Make = Callable[[Random], str]
ANYWHERE: list[Make] = [
    _addrtype,
    _addrtype,
    _cluster,
    lambda pick: f"-m pkttype {_sense(pick)}--pkt-type {pick.choice(['unicast', 'broadcast', 'multicast'])}",
    lambda pick: f'-m u32 {_sense(pick)}--u32 "{pick.choice(U32)}"',
    lambda pick: f'-m u32 {_sense(pick)}--u32 "{pick.choice(U32)}"',
    lambda pick: f"-m length {_sense(pick)}--length {pick.choice(['40', '44', '0:44', '60:', '32'])}",
    lambda pick: f"-m ttl --ttl-{pick.choice(['eq', 'lt', 'gt'])} {pick.choice([63, 64, 60])}",
    lambda pick: f"-m tos {_sense(pick)}--tos {pick.choice(['0', '0x10', '0x08/0x08'])}",
    lambda pick: f"-m dscp {_sense(pick)}--dscp {pick.choice([0, 10, 46])}",
    lambda pick: f"-m ecn {_sense(pick)}--ecn-ip-ect {pick.choice([0, 1])}",
    lambda pick: f"-m set {_sense(pick)}--match-set clients src",
    lambda pick: f"-m statistic --mode random --probability {pick.choice(['0', '1'])}",
    lambda _: "-m time --timestart 00:00:00 --timestop 23:59:59",
]
MATCHES: list[tuple[tuple[str, ...], tuple[str, ...], Make]] = [
    (("PREROUTING",), ("raw", "mangle"), _rpfilter),
    (("PREROUTING",), ("raw", "mangle"), _rpfilter),
    (INCOMING, (), lambda pick: f"-m devgroup {_sense(pick)}--src-group {_mask(pick)}"),
    (LEAVING, (), lambda pick: f"-m devgroup {_sense(pick)}--dst-group {_mask(pick)}"),
    (INCOMING, (), lambda pick: f"{_addrtype(pick)} --limit-iface-in"),
    (LEAVING, (), lambda pick: f"{_addrtype(pick)} --limit-iface-out"),
    (("OUTPUT", "POSTROUTING"), (), _owner),
    (("OUTPUT", "POSTROUTING"), (), _owner),
    (("INPUT", "OUTPUT", "POSTROUTING"), (), lambda pick: f"-m cgroup {_sense(pick)}--cgroup 1048577"),
    (("INPUT", "FORWARD", "OUTPUT", "POSTROUTING"), (), lambda pick: f"-m realm {_sense(pick)}--realm {_mask(pick)}"),
    (INCOMING, (), lambda pick: f"-m policy --dir in --pol {pick.choice(['none', 'ipsec'])}"),
    (LEAVING, (), lambda pick: f"-m policy --dir out --pol {pick.choice(['none', 'ipsec'])}"),
    (INCOMING, (), lambda pick: f"-m physdev {_sense(pick)}--physdev-in eth0"),
    (
        ("PREROUTING", "INPUT"),
        (),
        lambda pick: f"-m socket {pick.choice(['', '--nowildcard', '--nowildcard', '--transparent'])}",
    ),
]


def services(draft: Draft) -> None:
    """Listening sockets, on one address and on all."""
    for listening in (f"{VIPS[0]}:8080", "0.0.0.0:2222", f"{VIPS[1]}:443"):
        if draft.chance(0.4):
            draft.sockets.append(f"tcp LISTEN 0 128 {listening} 0.0.0.0:*")


def rules(draft: Draft) -> None:
    """The set that the matches speak of, and rules that name a protocol."""
    pick = draft.random
    if draft.chance(0.4):
        size, target = pick.choice(["536", "500:600", "1460"]), pick.choice(["-j ACCEPT", "-j DROP", ""])
        draft.rule("mangle", f"-A {pick.choice(LEAVING)} -p tcp -m tcpmss {_sense(pick)}--mss {size} {target}".strip())
    if draft.chance(0.1):
        draft.rule("mangle", f"-A PREROUTING -p tcp -m osf {_sense(pick)}--genre Linux")
    draft.sets += ["create clients hash:ip family inet", "add clients 198.51.100.7", f"add clients {SERVERS[0]}"]
