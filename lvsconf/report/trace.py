"""What became of replayed packets: as the JSON of the contract, as the kernel's TRACE lines, or drawn for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TextIO

from lvsconf.kernel.replay import Outcomes
from lvsconf.kernel.world import PacketResult, Step
from lvsconf.packets.packet import Packet
from lvsconf.report import diagram, journey

FORMATS = ("text", "json", "trace", "mermaid")


def write(
    layout: str, packets: Sequence[Packet], outcomes: Sequence[Outcomes], assumed: Sequence[str], out: TextIO
) -> None:
    """Write all outcomes in one of FORMATS."""
    {"json": _json, "trace": _lines, "text": journey.write, "mermaid": diagram.write}[layout](
        packets, outcomes, assumed, out
    )


def _json(packets: Sequence[Packet], outcomes: Sequence[Outcomes], assumed: Sequence[str], out: TextIO) -> None:
    del packets
    data = {
        "version": 1,
        "packets": [{"outcomes": [_outcome(result) for result in each.outcomes]} for each in outcomes],
        "assumed": list(assumed),
    }
    json.dump(data, out, indent=2, ensure_ascii=False)
    out.write("\n")


def _outcome(result: PacketResult) -> dict[str, Any]:
    return {
        "when": " and ".join(result.when) or None,
        "fate": result.fate,
        "trace": list(result.trace),
        "egress": list(result.egress),
        "steps": [_step(step) for step in result.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    shown = {key: value for key, value in _plain(step).items() if value not in (None, "")}
    span = step.rule.span if step.rule is not None else None
    if span is not None:
        shown["file"], shown["line"], shown["column"] = span.file, span.line, span.column
    return shown


def _plain(step: Step) -> dict[str, Any]:
    """The step without its rule, which is named by its place."""
    return {
        "hook": step.hook,
        "text": step.text,
        "table": step.table,
        "chain": step.chain,
        "number": step.number,
        "verdict": step.verdict,
        "ctstate": step.state,
    }


def _lines(packets: Sequence[Packet], outcomes: Sequence[Outcomes], assumed: Sequence[str], out: TextIO) -> None:
    del packets, assumed
    for each in outcomes:
        for result in each.outcomes:
            for line in result.trace:
                out.write(line + "\n")
