"""What became of replayed packets: as the JSON of the contract, as the kernel's TRACE lines, or for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TextIO

from lvsconf.kernel.replay import Outcomes
from lvsconf.kernel.world import PacketResult, Step
from lvsconf.packets.packet import Packet, flag_letters
from lvsconf.report.drawing.screen import safe

FORMATS = ("text", "json", "trace")


def write(
    layout: str, packets: Sequence[Packet], outcomes: Sequence[Outcomes], assumed: Sequence[str], out: TextIO
) -> None:
    """Write all outcomes in one of FORMATS."""
    {"json": _json, "trace": _lines, "text": _text}[layout](packets, outcomes, assumed, out)


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


def _text(packets: Sequence[Packet], outcomes: Sequence[Outcomes], assumed: Sequence[str], out: TextIO) -> None:
    for number, (packet, each) in enumerate(zip(packets, outcomes, strict=True)):
        out.write(f"packet {number}: {packet_words(packet)}\n")
        for result in each.outcomes:
            _result(result, out)
        out.write("\n")
    for said in assumed:
        out.write(f"assumed: {safe(said)}\n")


def _result(result: PacketResult, out: TextIO) -> None:
    for said in result.when:
        out.write(f"  when {safe(said)}\n")
    hook = ""
    for step in result.steps:
        if step.hook != hook:
            hook = step.hook
            out.write(f"  {hook}\n")
        state = f"  [{step.state}]" if step.state and step.table != "raw" else ""
        out.write(f"    {safe(step.text)}{state}\n")
    out.write(f"  {result.fate or 'unknown'}\n")
    for item in result.egress:
        out.write(f"    {egress_words(item)}\n")


def packet_words(packet: Packet) -> str:
    """`tcp SYN 198.51.100.7:40000 > 192.0.2.100:80 on eth0`."""
    where = f"on {packet.device}" if packet.device else "sent by the host"
    names = {6: "tcp", 17: "udp", 1: "icmp"}
    proto = names.get(packet.proto, f"protocol {packet.proto}")
    if packet.proto == 1:
        return f"icmp {packet.type}/{packet.code} {packet.src} > {packet.dst} {where}"
    ports = packet.proto in (6, 17)
    src = f"{packet.src}:{packet.sport}" if ports else str(packet.src)
    dst = f"{packet.dst}:{packet.dport}" if ports else str(packet.dst)
    flags = f" [{flag_letters(packet.flags)}]" if packet.proto == 6 else ""
    return f"{proto}{flags} {src} > {dst} {where}"


def egress_words(item: dict[str, Any]) -> str:
    """Where a packet leaves, to whom, with which addresses: what tcpdump on that interface shows."""
    proto = item.get("proto")
    ports = "sport" in item
    src = f"{item.get('src')}:{item['sport']}" if ports else item.get("src")
    dst = f"{item.get('dst')}:{item.get('dport')}" if ports else item.get("dst")
    detail = ""
    if "flags" in item:
        detail = f" [{item['flags']}]"
    elif "type" in item:
        detail = f" {item['type']}/{item['code']}"
    inner = f", inside: {egress_words(item['inner'])}" if "inner" in item and proto == "ipip" else ""
    where = f"{item['dev']}: " if "dev" in item else ""
    hop = f" (next hop {item['next_hop']}, ttl {item.get('ttl')})" if "next_hop" in item else ""
    return f"{where}{proto}{detail} {src} > {dst}{hop}{inner}"
