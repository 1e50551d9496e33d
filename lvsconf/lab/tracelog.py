"""The kernel's TRACE lines, cut to what `trace` prints, and what the rules they name do."""

from __future__ import annotations

import ipaddress
import re
import shlex
from dataclasses import dataclass
from itertools import pairwise

_LINE = re.compile(
    r"TRACE: (?P<table>\w+):(?P<chain>\S+):(?P<kind>rule|return|policy):(?P<number>\d+) "
    r"IN=(?P<in>\S*) OUT=(?P<out>\S*) .*?SRC=(?P<src>\S+) DST=(?P<dst>\S+) ?(?P<rest>.*)"
)
_ICMP = re.compile(r"\bPROTO=(?:ICMPv6|58) TYPE=(\d+)")
# Where the lab puts its own TRACE rule, always as the first one.
TRACED_CHAINS = ("PREROUTING", "OUTPUT")
# Neighbour and multicast discovery: the kernel sends these by itself at times of its own choice.
DISCOVERY_TYPES = frozenset({130, 131, 132, 133, 134, 135, 136, 137, 143})


@dataclass(frozen=True)
class TraceLine:
    """One line, numbered as if the lab's TRACE rules were not there."""

    table: str
    chain: str
    kind: str
    number: int
    device_in: str
    device_out: str
    src: str
    dst: str
    icmpv6_type: int | None = None

    def __str__(self) -> str:
        place = f"{self.table}:{self.chain}:{self.kind}:{self.number}"
        return f"{place} IN={self.device_in} OUT={self.device_out} SRC={self.src} DST={self.dst}"


def cut(message: str) -> TraceLine | None:
    """Read one log message; None when it is no TRACE line, or that of the lab's own rule."""
    found = _LINE.search(message)
    if not found:
        return None
    number = int(found["number"])
    if found["table"] == "raw" and found["chain"] in TRACED_CHAINS:
        number -= 1
        if number == 0:
            return None
    # The first type is the packet's own; a quoted packet's would follow in brackets.
    icmp = _ICMP.search(found["rest"].partition("[")[0])
    return TraceLine(
        found["table"],
        found["chain"],
        found["kind"],
        number,
        found["in"],
        found["out"],
        str(ipaddress.ip_address(found["src"])),
        str(ipaddress.ip_address(found["dst"])),
        int(icmp[1]) if icmp else None,
    )


def with_trace_rules(dump: str) -> str:
    """The same dump with a TRACE rule ahead of all others in raw PREROUTING and OUTPUT."""
    rules = [f"-I {chain} 1 -j TRACE" for chain in TRACED_CHAINS]
    lines, table, placed = [], "", False
    for line in dump.splitlines():
        text = line.strip()
        if text.startswith("*"):
            table = text[1:].strip()
        if text == "COMMIT" and table == "raw" and not placed:
            lines += rules
            placed = True
        lines.append(line)
    if not placed:
        lines += ["*raw", *rules, "COMMIT"]
    return "\n".join(lines) + "\n"


def rule_targets(dump: str) -> dict[tuple[str, str, int], str]:
    """The target of each rule of a dump, by table, chain and number."""
    targets: dict[tuple[str, str, int], str] = {}
    counts: dict[tuple[str, str], int] = {}
    table = ""
    for line in dump.splitlines():
        text = line.strip()
        if text.startswith("*"):
            table = text[1:].strip()
        words = _words(text)
        if len(words) > 1 and words[0].startswith("["):
            words = words[1:]
        if len(words) < 2 or words[0] not in ("-A", "--append"):
            continue
        chain = words[1]
        counts[table, chain] = counts.get((table, chain), 0) + 1
        for option, value in pairwise(words[2:]):
            if option in ("-j", "--jump", "-g", "--goto"):
                targets[table, chain, counts[table, chain]] = value
    return targets


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()
