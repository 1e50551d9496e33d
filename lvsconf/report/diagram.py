"""Replayed packets as a sequence diagram that Mermaid draws: the interfaces, and the host between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TextIO

from lvsconf.kernel.replay import Outcomes
from lvsconf.kernel.world import PacketResult
from lvsconf.model.netfilter import Hook
from lvsconf.packets.packet import Packet
from lvsconf.report.drawing.screen import safe
from lvsconf.report.journey import capture_words, packet_words

_ESCAPES = {"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;", "%": "#37;"}
"""What would end a statement, begin a comment or be taken for markup."""


def write(packets: Sequence[Packet], outcomes: Sequence[Outcomes], assumed: Sequence[str], out: TextIO) -> None:
    """The whole diagram; what is assumed stands in comments."""
    out.write("sequenceDiagram\n")
    names = _participants(packets, outcomes)
    for name, title in [*((alias, device) for device, alias in names.items()), ("host", "the host")]:
        out.write(f"    participant {name} as {_text(title)}\n")
    for number, (packet, each) in enumerate(zip(packets, outcomes, strict=True)):
        for line in _packet(number, packet, each, names):
            out.write(f"    {line}\n")
    for said in assumed:
        out.write(f"    %% assumed: {safe(said)}\n")


def _participants(packets: Sequence[Packet], outcomes: Sequence[Outcomes]) -> dict[str, str]:
    """An alias for every interface, since not every name of one is a word to Mermaid."""
    devices = [packet.device for packet in packets]
    devices += [item.get("dev") for each in outcomes for result in each.outcomes for item in result.egress]
    known = dict.fromkeys(device for device in devices if device)
    return {device: f"device{number}" for number, device in enumerate(known)}


def _packet(number: int, packet: Packet, each: Outcomes, names: dict[str, str]) -> Iterator[str]:
    sender = names[packet.device] if packet.device else "host"
    yield f"{sender}->>host: packet {number}: {_text(packet_words(packet))}"
    if len(each.outcomes) == 1:
        yield from _result(each.outcomes[0], names)
        return
    for place, result in enumerate(each.outcomes):
        yield f"{'else' if place else 'alt'} {_text(' and '.join(result.when) or 'otherwise')}"
        yield from (f"    {line}" for line in _result(result, names))
    yield "end"


def _result(result: PacketResult, names: dict[str, str]) -> Iterator[str]:
    for hook, steps in groupby(result.steps, lambda step: step.hook):
        said = [_text(step.text) for step in steps]
        yield f"Note over host: {Hook[hook].value}<br/>{'<br/>'.join(said)}"
    for item in result.egress:
        receiver = names.get(item.get("dev") or "", "host")
        yield f"host->>{receiver}: {_text(capture_words(item))}"
    if not result.egress:
        yield f"Note over host: {result.fate or 'unknown'}"


def _text(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in safe(text))
