"""Compare the engine with results of the lab: every TRACE line and every packet that leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lvsconf import snapshot
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import outcomes, replay
from lvsconf.packets.packet import parse_list


def engine(folder: Path) -> list[list[dict[str, Any]]]:
    """The engine's outcomes of the packets in a scenario folder."""
    groups, _ = snapshot.gather([str(folder)])
    host = snapshot.assemble(groups[0]).host
    packets = parse_list(json.loads((folder / "packets.json").read_text()))
    worlds = replay(Kernel(host), packets)
    return [
        [{"trace": list(item.trace), "egress": list(item.egress), "fate": item.fate, "when": item.when, "steps": item.steps} for item in each.outcomes]
        for each in outcomes(worlds, len(packets))
    ]


def egress_key(item: dict[str, Any]) -> dict[str, Any]:
    """What is compared of a packet that leaves."""
    wanted = ("dev", "next_hop", "src", "dst", "ttl", "proto", "sport", "dport", "flags", "type", "code")
    found = {key: item[key] for key in wanted if item.get(key) is not None}
    if item.get("proto") == "ipip":
        found["inner"] = egress_key(item.get("inner") or {}) or None
        found = {key: value for key, value in found.items() if value}
    return found


def same(way: dict[str, Any], wanted: tuple[list[str], list[dict[str, Any]]]) -> bool:
    """Whether one outcome is what the kernel did; a source port that the engine leaves open fits any."""
    leaving = [egress_key(item) for item in way["egress"]]
    trace, real = wanted
    return way["trace"] == trace and len(leaving) == len(real) and all(
        mine == {key: value for key, value in theirs.items() if key in mine or key != "sport"}
        for mine, theirs in zip(leaving, real, strict=True)
    )


def disagreements(folder: Path, real: dict[str, Any]) -> list[str]:
    """What differs, in words; empty when the kernel and the engine agree."""
    mine = engine(folder)
    found = []
    for index, (ways, theirs) in enumerate(zip(mine, real["packets"], strict=True)):
        kernel = theirs["outcomes"][0]
        wanted = (kernel["trace"], [egress_key(item) for item in kernel["egress"]])
        if not any(same(way, wanted) for way in ways):
            found.append(f"packet {index}\n  kernel {json.dumps(wanted, indent=2)}\n  engine "
                         + json.dumps([(way["trace"], [egress_key(item) for item in way["egress"]], way["when"]) for way in ways], indent=2)
                         + "\n" + "\n".join(f"     {step.hook} {step.text} {step.state}" for step in ways[0]["steps"]))
            break
    return found
