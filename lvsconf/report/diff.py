"""What changed between two configurations: as text, as the JSON of the contract, as Markdown for a pull request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from lvsconf.model.fields import SRC
from lvsconf.packets.set_text import SetText, describe
from lvsconf.questions.differences import Difference
from lvsconf.report.drawing.screen import safe, wrapped


def write(layout: str, found: Sequence[Difference], lonely: Sequence[str], left: Sequence[str], out: TextIO) -> None:
    """Write the differences in one of FORMATS; `lonely` are hosts without a counterpart, `left` what was left out."""
    out.writelines(f"{line}\n" for line in _LAYOUTS[layout](found, lonely, left))


def _said(each: Difference) -> SetText:
    return describe(each.space, each.packets, within=each.within)


def _headline(each: Difference) -> Iterator[str]:
    yield from wrapped("  now:    ", safe(_now(each)))
    yield from wrapped("  before: ", safe(each.before))


def clients(each: Difference) -> str:
    """How many addresses are concerned."""
    count = each.space.how_many(each.packets & each.within, SRC)
    bits = 32 if each.family == 4 else 128
    if count == 1 << bits:
        return "all sources"
    return "1 source" if count == 1 else f"{count:,} sources" if count < 1 << 33 else "many sources"


def packet_words(witness: Mapping[str, Any]) -> str:
    """The packet that shows it, in one line."""
    if not witness["packets"]:
        return "none that could be followed"
    packet = witness["packets"][witness["at"]]
    ports = [f" port {packet[key]}" if key in packet else "" for key in ("sport", "dport")]
    words = [f"{packet['proto']} from {packet['src']}{ports[0]} to {packet['dst']}{ports[1]}"]
    words += [f"{word} {witness[key]}" for key, word in (("state", "state"), ("mark", "mark")) if key in witness]
    if packet.get("flags"):
        words.append(f"flags {packet['flags']}")
    if "type" in packet:
        words.append(f"type {packet['type']}")
    places = [f"in by {packet['in']}" if packet["in"] else "", f"out by {witness['out']}" if "out" in witness else ""]
    return ", ".join([*words, *filter(None, places)])


def _text(found: Sequence[Difference], lonely: Sequence[str], left: Sequence[str]) -> Iterator[str]:
    place = ""
    for each in found:
        if each.place != place:
            place = each.place
            yield f"{place}" + (" (IPv6)" if each.family == 6 else "")
        yield from _headline(each)
        for line in _said(each).lines:
            yield from wrapped("      ", safe(line))
        if each.cause:
            yield from wrapped("    because ", safe(each.cause))
        if each.by_chain:
            yield from wrapped("    by ", safe(each.decides))
        yield from wrapped("    e.g. ", safe(packet_words(each.witness)))
        yield from wrapped("    ", clients(each))
        yield ""
    yield from (safe(said) for said in lonely)
    for said in left:
        yield from wrapped("not compared: ", safe(said))
    count = len(found) + len(lonely)
    yield f"{count} change{'' if count == 1 else 's'}." if count else _nothing(left)


def _json(found: Sequence[Difference], lonely: Sequence[str], left: Sequence[str]) -> Iterator[str]:
    yield json.dumps(
        {"version": 1, "changes": [_object(each) for each in found], "hosts": list(lonely), "not_compared": list(left)},
        indent=2,
    )


def _object(each: Difference) -> dict[str, Any]:
    said = _said(each)
    return {
        "service": each.service,
        "place": each.place,
        "family": each.family,
        "cause": each.cause or each.decides,
        "decides": each.decides,
        "before": each.before,
        "after": each.after,
        "certain": each.certain,
        "clients": {
            "ways": list(said.ways),
            "more": said.more,
            "sources": each.space.how_many(each.packets & each.within, SRC),
        },
        "witness": dict(each.witness),
    }


def _markdown(found: Sequence[Difference], lonely: Sequence[str], left: Sequence[str]) -> Iterator[str]:
    if not found and not lonely:
        yield _nothing(left)
    yield from (f"* {_cell(said)}" for said in lonely)
    if found:
        yield "| where | whose packets | before | now | because |"
        yield "| --- | --- | --- | --- | --- |"
    for each in found:
        packets = "<br>".join(_cell(line) for line in _said(each).lines)
        example = f"<br>e.g. `{_cell(packet_words(each.witness))}`"
        cells = [_cell(text) for text in (each.place, each.before, _now(each), each.cause or each.decides)]
        cells.insert(1, packets + example)
        yield f"| {' | '.join(cells)} |"
    if left:
        yield ""
    yield from (f"* not compared: {_cell(said)}" for said in left)


def _now(each: Difference) -> str:
    """How they fare now; where a chain is looked at alone, unsure ends are not yet told as such."""
    return ("may be " if each.by_chain and not each.certain else "") + each.after


def _nothing(left: Sequence[str]) -> str:
    return "No packet fares otherwise" + (", as far as it could be compared." if left else ".")


def _cell(text: str) -> str:
    return safe(text).replace("|", "\\|").replace("<", "&lt;")


_LAYOUTS: Mapping[str, Callable[[Sequence[Difference], Sequence[str], Sequence[str]], Iterator[str]]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
}
FORMATS = tuple(_LAYOUTS)
