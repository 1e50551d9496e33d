"""What the engine says held against what a real kernel did: every TRACE line and every packet that leaves."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import outcomes, replay
from lvsconf.kernel.world import PacketResult
from lvsconf.model.host import Host
from lvsconf.packets.packet import parse_list

Real = Mapping[str, Any]
"""One outcome of one packet as the lab gives it."""

EGRESS = ("dev", "next_hop", "src", "dst", "ttl", "proto", "sport", "dport", "flags", "type", "code")


@dataclass(frozen=True, slots=True)
class Compared:
    """One packet: the engine's ways and what the kernel did with it."""

    ways: tuple[PacketResult, ...]
    real: Real

    @property
    def agrees(self) -> bool:
        """Whether the kernel went one of the ways."""
        return any(fits(way, self.real) for way in self.ways)

    @property
    def known(self) -> bool:
        """Whether the engine names one way, to its end."""
        return len(self.ways) == 1 and self.ways[0].fate is not None


def compare(host: Host, packets: Sequence[Mapping[str, Any]], reals: Sequence[Real]) -> list[Compared]:
    """Each packet; after one on which they differ the others say little."""
    return [Compared(way, real) for way, real in zip(ways(host, packets), reals, strict=True)]


def ways(host: Host, packets: Sequence[Mapping[str, Any]]) -> list[tuple[PacketResult, ...]]:
    """The engine's outcomes of each packet."""
    parsed = parse_list(packets)
    return [each.outcomes for each in outcomes(replay(Kernel(host), parsed), len(parsed))]


def egress_key(item: Mapping[str, Any]) -> dict[str, Any]:
    """What is compared of a packet that leaves."""
    found = {key: item[key] for key in EGRESS if item.get(key) is not None}
    if item.get("proto") == "ipip":
        found["inner"] = egress_key(item.get("inner") or {}) or None
        found = {key: value for key, value in found.items() if value}
    return found


PORTS = ("sport", "dport")
"""What nat may choose at random."""


def kept(outcome: Real) -> dict[str, Any]:
    """What is worth keeping of an outcome."""
    egress = [egress_key(item) for item in outcome["egress"]]
    return {"fate": outcome["fate"], "trace": list(outcome["trace"]), "egress": egress}


def same(way: PacketResult, real: Real) -> bool:
    """Whether one outcome is what the kernel did; a port that the engine leaves open fits any.

    Fates are not compared: a kernel does not tell them, the lab concludes them from the rest.
    """
    return list(way.trace) == list(real["trace"]) and _leave_alike(way, real, len(real["egress"]))


def fits(way: PacketResult, real: Real) -> bool:
    """Whether the kernel may have gone this way: all of it, or its beginning where the engine loses sight of it."""
    if way.fate is not None:
        return same(way, real)
    seen = len(way.trace)
    return list(way.trace) == list(real["trace"][:seen]) and len(way.egress) <= len(real["egress"])


def _leave_alike(way: PacketResult, real: Real, count: int) -> bool:
    leaving = [egress_key(item) for item in way.egress]
    theirs = [egress_key(item) for item in real["egress"]]
    return len(leaving) == count and all(
        mine == {key: value for key, value in each.items() if key in mine or key not in PORTS}
        for mine, each in zip(leaving, theirs, strict=True)
    )


def differences(
    host: Host, packets: Sequence[Mapping[str, Any]], reals: Sequence[Real], fates: bool = False
) -> Iterator[str]:
    """The first packet on which they differ, as a unified diff; what comes after it follows from it.

    With `fates` those of packets whose way is known have to be alike too.
    """
    for number, each in enumerate(compare(host, packets, reals)):
        if not each.agrees:
            yield f"packet {number}: {json.dumps(packets[number])}\n" + diff(each)
            return
        fate = each.ways[0].fate
        if fates and each.known and fate != each.real["fate"]:
            yield f"packet {number}: {json.dumps(packets[number])}\n{fate}, by the kernel {each.real['fate']}"
            return


def diff(compared: Compared) -> str:
    """The kernel's doings and each way of the engine as a unified diff, with the engine's steps."""
    real, parts = compared.real, []
    for way in compared.ways:
        when = f"engine, when {' and '.join(way.when)}" if way.when else "engine"
        lines = difflib.unified_diff(
            shown(real["trace"], real["egress"]),
            shown(way.trace, way.egress),
            "kernel",
            when,
            n=50,
            lineterm="",
        )
        steps = [f"    {step.hook} {step.text}{f' ({step.state})' if step.state else ''}" for step in way.steps]
        parts.append("\n".join([*lines, "  as the engine went:", *steps]))
    return "\n".join(parts)


def shown(trace: Sequence[str], egress: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is compared, a line each."""
    return [*trace, *(f"leaves: {json.dumps(egress_key(item))}" for item in egress)]
