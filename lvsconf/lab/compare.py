"""Compare the engine with results of the lab: every TRACE line and every packet that leaves."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lvsconf import snapshot
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import outcomes, replay
from lvsconf.kernel.world import PacketResult
from lvsconf.model.host import Host
from lvsconf.packets.packet import parse_list

Real = Mapping[str, Any]
"""One outcome of one packet as the lab gives it."""


def ways(host: Host, packets: Sequence[Mapping[str, Any]]) -> list[tuple[PacketResult, ...]]:
    """The engine's outcomes of each packet."""
    parsed = parse_list(packets)
    return [each.outcomes for each in outcomes(replay(Kernel(host), parsed), len(parsed))]


def egress_key(item: Mapping[str, Any]) -> dict[str, Any]:
    """What is compared of a packet that leaves."""
    wanted = ("dev", "next_hop", "src", "dst", "ttl", "proto", "sport", "dport", "flags", "type", "code")
    found = {key: item[key] for key in wanted if item.get(key) is not None}
    if item.get("proto") == "ipip":
        found["inner"] = egress_key(item.get("inner") or {}) or None
        found = {key: value for key, value in found.items() if value}
    return found


PORTS = ("sport", "dport")
"""What nat may choose at random."""


def same(way: PacketResult, real: Real) -> bool:
    """Whether one outcome is what the kernel did; a port that the engine leaves open fits any."""
    leaving = [egress_key(item) for item in way.egress]
    theirs = [egress_key(item) for item in real["egress"]]
    return (
        list(way.trace) == list(real["trace"])
        and len(leaving) == len(theirs)
        and all(
            mine == {key: value for key, value in each.items() if key in mine or key not in PORTS}
            for mine, each in zip(leaving, theirs, strict=True)
        )
    )


def disagreements(folder: Path, real: Mapping[str, Any]) -> list[str]:
    """What differs in a scenario folder, in words; empty when the kernel and the engine agree."""
    groups, _ = snapshot.gather([str(folder)])
    packets = json.loads((folder / "packets.json").read_text())
    return list(
        differences(snapshot.assemble(groups[0]).host, packets, [each["outcomes"][0] for each in real["packets"]])
    )


def differences(host: Host, packets: Sequence[Mapping[str, Any]], reals: Sequence[Real]) -> Iterator[str]:
    """The first packet on which they differ, as a unified diff; what comes after it follows from it."""
    for number, (found, real) in enumerate(zip(ways(host, packets), reals, strict=True)):
        if not any(same(way, real) for way in found):
            yield f"packet {number}: {json.dumps(packets[number])}\n" + _diff(found, real)
            return


def _diff(found: Sequence[PacketResult], real: Real) -> str:
    parts = []
    for way in found:
        when = f"engine, when {' and '.join(way.when)}" if way.when else "engine"
        lines = difflib.unified_diff(
            _shown(real["trace"], real["egress"]), _shown(way.trace, way.egress), "kernel", when, n=50, lineterm=""
        )
        steps = [f"    {step.hook} {step.text}{f' ({step.state})' if step.state else ''}" for step in way.steps]
        parts.append("\n".join([*lines, "  as the engine went:", *steps]))
    return "\n".join(parts)


def _shown(trace: Sequence[str], egress: Sequence[Mapping[str, Any]]) -> list[str]:
    return [*trace, *(f"leaves: {json.dumps(egress_key(item))}" for item in egress)]
