"""The engine beside a real kernel, packet by packet: for people in 80 columns, and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, TextIO

from lvsconf.kernel.world import PacketResult
from lvsconf.lab.compare import Compared, egress_key, kept
from lvsconf.packets.packet import Packet
from lvsconf.report.drawing.screen import safe
from lvsconf.report.journey import leaving_words, packet_words

FORMATS = ("text", "json")
WIDTH = 80


def write(layout: str, release: str, packets: Sequence[Packet], compared: Sequence[Compared], out: TextIO) -> None:
    """Write the comparison in one of FORMATS."""
    if layout == "json":
        json.dump(_data(release, compared), out, indent=2, ensure_ascii=False)
        out.write("\n")
        return
    for number, (packet, each) in enumerate(zip(packets, compared, strict=True)):
        for line in _packet(number, packet, each):
            out.write(f"{line}\n")
    out.write(f"{_summary(release, compared)}\n")


def _data(release: str, compared: Sequence[Compared]) -> dict[str, Any]:
    return {
        "version": 1,
        "kernel": release,
        "packets": [
            {
                "agrees": each.agrees,
                "known": each.known,
                "kernel": kept(each.real),
                "engine": [
                    {
                        "when": " and ".join(way.when) or None,
                        "fate": way.fate,
                        "trace": list(way.trace),
                        "egress": [egress_key(item) for item in way.egress],
                    }
                    for way in each.ways
                ],
            }
            for each in compared
        ],
        "summary": {
            "packets": len(compared),
            "unknown": sum(not each.known for each in compared),
            "disagree": sum(not each.agrees for each in compared),
        },
    }


def _summary(release: str, compared: Sequence[Compared]) -> str:
    wrong = sum(not each.agrees for each in compared)
    unknown = sum(not each.known for each in compared)
    count = f"{len(compared)} packet{'' if len(compared) == 1 else 's'} on {release}"
    parts = [count, f"{wrong} differ{'s' if wrong == 1 else ''}" if wrong else "all agree"]
    return ", ".join(parts + ([f"{unknown} unknown to the engine"] if unknown else []))


def _packet(number: int, packet: Packet, compared: Compared) -> Iterator[str]:
    yield from _wrapped(f"packet {number}: {packet_words(packet)}", "    ")
    fate = compared.real["fate"]
    if compared.agrees:
        count = len(compared.ways)
        if compared.known:
            yield f"  agree: {fate}"
        elif count > 1:
            yield f"  unknown: {fate} by the kernel, one of {count} ways that the engine sees"
        else:
            yield f"  unknown: {fate} by the kernel, the engine loses sight of it on the way"
        return
    for way in compared.ways:
        for said in way.when:
            yield from _wrapped(f"  when {safe(said)}", "    ")
        yield f"  differ: {fate} by the kernel, {way.fate or 'unknown'} by the engine"
        yield from _beside(compared.real, way)


def _beside(real: Mapping[str, Any], way: PacketResult) -> Iterator[str]:
    """The TRACE lines, then what leaves; each line says who has it, and what its lines share stands before them."""
    place = None
    for who, line in _merged(list(real["trace"]), list(way.trace)):
        where, _, rest = line.partition(" ")
        if rest != place:
            place = rest
            yield from _wrapped(f"    {rest}", "        ")
        yield f"    {who:8}{where}"
    theirs, mine = ([json.dumps(egress_key(item)) for item in egress] for egress in (real["egress"], way.egress))
    for who, text in _merged(theirs, mine):
        yield from _wrapped(f"    {who:8}{leaving_words(json.loads(text))}", " " * 12)


def _merged(theirs: list[str], mine: list[str]) -> Iterator[tuple[str, str]]:
    for _, first, last, start, end in SequenceMatcher(None, theirs, mine, autojunk=False).get_opcodes():
        if theirs[first:last] == mine[start:end]:
            yield from (("both", line) for line in theirs[first:last])
        else:
            yield from (("kernel", line) for line in theirs[first:last])
            yield from (("engine", line) for line in mine[start:end])


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, drop_whitespace=True, break_on_hyphens=False, break_long_words=False
    )
