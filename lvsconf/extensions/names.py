"""Names for numbers: IP protocols and services, the same on every machine that runs lvsconf."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

PROTOCOL_NAMES: dict[int, str] = {
    1: "icmp", 2: "igmp", 3: "ggp", 4: "ipencap", 5: "st", 6: "tcp", 8: "egp", 9: "igp", 12: "pup", 17: "udp",
    20: "hmp", 22: "xns-idp", 27: "rdp", 29: "iso-tp4", 33: "dccp", 36: "xtp", 37: "ddp", 38: "idpr-cmtp",
    41: "ipv6", 43: "ipv6-route", 44: "ipv6-frag", 45: "idrp", 46: "rsvp", 47: "gre", 50: "esp", 51: "ah",
    57: "skip", 58: "ipv6-icmp", 59: "ipv6-nonxt", 60: "ipv6-opts", 73: "rspf", 81: "vmtp", 88: "eigrp",
    89: "ospf", 93: "ax.25", 94: "ipip", 97: "etherip", 98: "encap", 103: "pim", 108: "ipcomp", 112: "vrrp",
    115: "l2tp", 124: "isis", 132: "sctp", 133: "fc", 135: "mobility-header", 136: "udplite",
    137: "mpls-in-ip", 138: "manet", 139: "hip", 140: "shim6", 141: "wesp", 142: "rohc", 143: "ethernet",
}  # fmt: skip
"""What iptables-save prints after `-p` (netbase's /etc/protocols)."""

_ALIASES = {"icmpv6": 58, "ipv6-mh": 135, "mh": 135, "all": 0, "ip": 0, "hopopt": 0}
"""Further names, some of them known to iptables only (xtables_chain_protos)."""

_OWN_CAPITALS = {
    4: "IP-ENCAP", 41: "IPv6", 43: "IPv6-Route", 44: "IPv6-Frag", 50: "IPSEC-ESP", 51: "IPSEC-AH", 58: "IPv6-ICMP",
    59: "IPv6-NoNxt", 60: "IPv6-Opts", 73: "CPHB", 89: "OSPFIGP", 135: "Mobility-Header", 136: "UDPLite",
    137: "MPLS-in-IP", 138: "MANET", 140: "Shim6", 143: "Ethernet", 0: "IP",
}  # fmt: skip
"""The second names in /etc/protocols; the others have capitals only."""

_BY_NAME = {
    **{name: number for number, name in PROTOCOL_NAMES.items()},
    **{_OWN_CAPITALS.get(number, name.upper()): number for number, name in PROTOCOL_NAMES.items()},
    "IP": 0,
    "HOPOPT": 0,
    "RSPF": 73,
    **_ALIASES,
}


def protocol_number(text: str) -> int | None:
    """The protocol behind a name, as it is written, or behind a number; None when there is none."""
    number = number_of(text)
    if number is None:
        return _BY_NAME.get(text)
    return number if number <= 255 else None


def protocol_name(number: int) -> str:
    """How iptables-save writes a protocol."""
    return PROTOCOL_NAMES.get(number, str(number))


_NUMBER = re.compile(r"[ \t\n\v\f\r]*\+?(0[xX][0-9A-Fa-f]+|[0-9]+)", re.ASCII)


def number_of(text: str) -> int | None:
    """An unsigned number as xtables_strtoui reads it, which is strtoul with base 0; None if it is none.

    `0x` is hexadecimal, a leading 0 octal; blanks and a `+` may stand before it.
    """
    found = _NUMBER.fullmatch(text)
    if found is None or len(text) > 64:  # far beyond 64 bits, and int() has a limit of its own
        return None
    digits = found[1]
    if digits[:2] in ("0x", "0X"):
        return int(digits[2:], 16)
    if digits[0] != "0":
        return int(digits)
    return None if set(digits) & {"8", "9"} else int(digits, 8)


def plain_number(text: str) -> int | None:
    """A number as getaddrinfo reads a port: decimal digits and nothing else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 24 else None


@cache
def _services() -> dict[tuple[str, str], int]:
    table: dict[tuple[str, str], int] = {}
    for line in Path(__file__).with_name("services.txt").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        port, protocols, *names = line.split()
        for protocol in protocols.split(","):
            for name in names:
                table.setdefault((name, protocol), int(port))
    return table


def service_port(name: str, protocols: tuple[str, ...]) -> int | None:
    """The port of a service name for the first of `protocols` that has it."""
    table = _services()
    for protocol in protocols:
        if (name, protocol) in table:
            return table[name, protocol]
    return None
