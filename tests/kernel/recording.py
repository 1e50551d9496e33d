"""What the real kernel did, in a form small enough to keep: a line of JSON for each scenario.

The first line says on which kernels it was recorded, and holds the file texts that several scenarios share. In the
other lines addresses stand by name (`$VIP`, see builders.ADDRESSES), TRACE lines in short, packets that leave as lists.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.kernel.builders import ADDRESSES

FOLDER = Path(__file__).parent / "recorded"
TABLES = {"r": "raw", "m": "mangle", "n": "nat", "f": "filter", "s": "security"}
CHAINS = {"P": "PREROUTING", "I": "INPUT", "F": "FORWARD", "O": "OUTPUT", "T": "POSTROUTING"}
KINDS = {"r": "rule", "p": "policy", "t": "return"}
EGRESS = ("dev", "next_hop", "src", "dst", "ttl", "proto", "sport", "dport", "flags", "type", "code", "inner")
INNER = EGRESS[2:]
PACKET = ("in", "src", "dst", "proto", "sport", "dport", "flags", "seq", "ack", "payload", "df")
FILES = ("iptables.rules", "ipvsadm.rules", "sysctl.conf", "ip-address.json", "ip-route.json", "ip-rule.json",
         "sockets", "uname", "ipset.rules", "modules", "ip6tables.rules", "ip6-route.json",
         "ip6-rule.json")  # fmt: skip

_NAMES = {address: f"${name}" for name, address in ADDRESSES.items()}
_LINE = re.compile(r"(\w+):([^:]+):(\w+):(\d+) IN=(\S*) OUT=(\S*) SRC=(\S+) DST=(\S+)")
_ITEM = re.compile(r"([rmnfs])(?:([PIFOT])|\.([^.]+)\.)([rpt])(\d+)")


@dataclass(frozen=True)
class Recorded:
    """A scenario, and for each packet its trace, what left and its fate, on the real kernel."""

    name: str
    files: dict[str, str]
    packets: list[dict[str, Any]]
    real: list[dict[str, Any]]


def shorten(trace: Sequence[str]) -> str:
    """TRACE lines: those of one pass together, each as table, chain, kind and number (`fIr2`, `f.U0.t1`)."""
    letters = {name: letter for letter, name in TABLES.items()}
    chains = {name: letter for letter, name in CHAINS.items()}
    kinds = {name: letter for letter, name in KINDS.items()}
    found: list[tuple[str, str]] = []
    for line in trace:
        match = _LINE.fullmatch(line)
        assert match, line
        table, chain, kind, number, *place = match.groups()
        found.append(("/".join(place), f"{letters[table]}{chains.get(chain, f'.{chain}.')}{kinds[kind]}{number}"))
    passes = groupby(found, key=lambda item: item[0])
    return "; ".join(" ".join([place, *(item for _, item in items)]) for place, items in passes)


def lengthen(text: str) -> list[str]:
    """The TRACE lines again."""
    lines = []
    for part in filter(None, text.split("; ")):
        place, *items = part.split(" ")
        incoming, out, src, dst = place.split("/")
        for item in items:
            match = _ITEM.fullmatch(item)
            assert match, item
            table, built_in, user, kind, number = match.groups()
            chain = CHAINS[built_in] if built_in else user
            lines.append(f"{TABLES[table]}:{chain}:{KINDS[kind]}:{number} IN={incoming} OUT={out} SRC={src} DST={dst}")
    return lines


def _listed(item: Mapping[str, Any], keys: Sequence[str]) -> list[Any]:
    values = [_listed(item[key], INNER) if key == "inner" and item.get(key) else item.get(key) for key in keys]
    while values and values[-1] is None:
        values.pop()
    return values


def _unlisted(values: Sequence[Any], keys: Sequence[str]) -> dict[str, Any]:
    found = {key: value for key, value in zip(keys, values, strict=False) if value is not None}
    return found | ({"inner": _unlisted(found["inner"], INNER)} if "inner" in found else {})


def _packet(packet: Mapping[str, Any]) -> list[Any]:
    """The usual keys in their order, then the others; a packet whose keys were lost would read differently."""
    values = [packet.get(key) for key in PACKET]
    while values and values[-1] is None:
        values.pop()
    other = {key: value for key, value in packet.items() if key not in PACKET}
    return [other, *values]


def _unpacked(values: Sequence[Any]) -> dict[str, Any]:
    other, *usual = values
    found = {key: value for key, value in zip(PACKET, usual, strict=False) if value is not None or key == "in"}
    return {**found, **other}


def _files(files: Mapping[str, str], places: Mapping[str, int]) -> list[Any]:
    assert set(files) <= set(FILES), set(files) - set(FILES)
    return [places.get(files[name], files[name]) if name in files else None for name in FILES]


def _named(text: str) -> str:
    return re.sub(r"\d+\.\d+\.\d+\.\d+", lambda found: _NAMES.get(found[0], found[0]), text)


def _plain(text: str) -> str:
    return re.sub(r"\$([A-Z]+\d?)", lambda found: ADDRESSES[found[1]], text)


def write(path: Path, head: Mapping[str, Any], records: Sequence[Recorded]) -> None:
    """One file; texts that occur more than once stand in its head."""
    counts = Counter(text for record in records for text in record.files.values())
    shared = [text for text, count in counts.items() if count > 1]
    places = {text: index for index, text in enumerate(shared)}
    lines: list[Any] = [{**head, "texts": shared}]
    for record in records:
        real = [
            [shorten(each["trace"]), [_listed(item, EGRESS) for item in each["egress"]], each["fate"]]
            for each in record.real
        ]
        packets = [_packet(packet) for packet in record.packets]
        lines.append([record.name, _files(record.files, places), packets, real])
    text = "".join(_named(json.dumps(line, separators=(",", ":"))) + "\n" for line in lines)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    assert list(read(path)) == list(records), "what was written reads differently"


def head(path: Path) -> dict[str, Any]:
    """The first line."""
    with path.open(encoding="utf-8") as lines:
        found: dict[str, Any] = json.loads(_plain(next(lines)))
    return found


def read(path: Path) -> Iterator[Recorded]:
    """All scenarios of a file."""
    texts = head(path)["texts"]
    with path.open(encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            name, files, packets, outcomes = json.loads(_plain(line))
            whole = {
                key: texts[text] if isinstance(text, int) else text for key, text in zip(FILES, files, strict=False)
            }
            real = [
                {"trace": lengthen(trace), "egress": [_unlisted(item, EGRESS) for item in egress], "fate": fate}
                for trace, egress, fate in outcomes
            ]
            known = {key: text for key, text in whole.items() if text is not None}
            yield Recorded(name, known, [_unpacked(packet) for packet in packets], real)


def recordings(paths: Iterable[Path] | None = None) -> list[Recorded]:
    """Everything that was recorded."""
    return [each for path in sorted(paths or FOLDER.glob("*.jsonl")) for each in read(path)]
