"""Making a scenario smaller while the engine and the kernel still disagree about it.

A boot costs as much as many scenarios, so that smaller scenarios are proposed many at a time: `shrink` is a generator
that yields lists of candidates, is sent what each of them came to, and returns the smallest that still disagrees. Many
such generators are run side by side by `together`, so that all of them share each boot.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lvsconf.lab.replay import Scenario

CHUNKS = 32
"""So many parts a scenario is cut into at first, each left out of one candidate: about what is worth a boot."""
CANDIDATES = 64
"""So many of one scenario at a time."""
SHARES = 8
"""In so many steps parts that are not missed one by one are left out together."""
ROUNDS = 40

Shrinker = Generator[list[Scenario], list[bool], Scenario]

_LISTS = ("ip-address.json", "ip-route.json", "ip-rule.json", "ip6-route.json", "ip6-rule.json")
_LINES = ("ipvsadm.rules", "ipvsadm-thresholds", "ipset.rules", "sysctl.conf", "sockets", "modules")
_DUMPS = ("iptables.rules", "ip6tables.rules")


@dataclass(frozen=True, order=True)
class Piece:
    """Something that can be left out: a packet, an entry of a list, a line, a match of a rule, a whole table."""

    file: str
    place: tuple[int, ...]
    kind: str


def pieces(scenario: Scenario) -> list[Piece]:
    """All that can be left out, the largest first."""
    found = [Piece("packets", (number,), "item") for number in range(len(scenario.packets))]
    for name in _DUMPS:
        if name in scenario.files:
            found += _of_dump(name, scenario.files[name])
    for name in _LINES:
        lines = scenario.files.get(name, "").splitlines()
        found += [Piece(name, (number,), "line") for number, line in enumerate(lines) if line.strip()]
    for name in _LISTS:
        for number, item in enumerate(json.loads(scenario.files.get(name) or "[]")):
            found.append(Piece(name, (number,), "item"))
            found += [Piece(name, (number, index), "address") for index in range(len(item.get("addr_info", ())))]
    return found


def _of_dump(name: str, text: str) -> Iterator[Piece]:
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("*"):
            yield Piece(name, (number,), "table")
    for number, line in enumerate(lines):
        if line.startswith(("-A", ":")):
            yield Piece(name, (number,), "line")
    for number, line in enumerate(lines):
        if line.startswith("-A"):
            for index in range(1, len(_options(line))):
                yield Piece(name, (number, index), "option")


def _options(line: str) -> list[str]:
    """A rule cut before each option, `!` with what it negates."""
    return re.split(r" (?=(?:! )?--?[A-Za-z])", line)


def without(scenario: Scenario, dropped: Sequence[Piece]) -> Scenario:
    """The scenario with pieces left out, and with them what can't be without them."""
    gone = set(dropped)
    packets = [each for number, each in enumerate(scenario.packets) if Piece("packets", (number,), "item") not in gone]
    files = dict(scenario.files)
    for name in {piece.file for piece in gone} - {"packets"}:
        mine = {piece for piece in gone if piece.file == name}
        files[name] = _cut_list(files[name], mine) if name in _LISTS else _cut_text(name, files[name], mine)
    files["ipvsadm.rules"] = _without_orphans(files.get("ipvsadm.rules", ""))
    return Scenario({name: text for name, text in files.items() if name in scenario.files}, packets)


def _cut_list(text: str, gone: set[Piece]) -> str:
    kept: list[Any] = []
    for number, item in enumerate(json.loads(text)):
        if any(piece.place == (number,) for piece in gone):
            continue
        if "addr_info" in item:
            infos = enumerate(item["addr_info"])
            item = {**item, "addr_info": [x for index, x in infos if all(p.place != (number, index) for p in gone)]}
        kept.append(item)
    return json.dumps(kept)


def _cut_text(name: str, text: str, gone: set[Piece]) -> str:
    whole = {piece.place[0] for piece in gone if piece.kind in ("line", "table")}
    tables = {piece.place[0] for piece in gone if piece.kind == "table"}
    options: dict[int, set[int]] = {}
    for piece in gone:
        if piece.kind == "option":
            options.setdefault(piece.place[0], set()).add(piece.place[1])
    out, skipping = [], False
    for number, line in enumerate(text.splitlines()):
        if line.startswith("*") and name in _DUMPS:
            skipping = number in tables
        if skipping or number in whole:
            continue
        if number in options:
            line = " ".join(part for index, part in enumerate(_options(line)) if index not in options[number])
        out.append(line)
    return "".join(f"{line}\n" for line in out)


def _without_orphans(text: str) -> str:
    """Real servers without their service can't be loaded."""
    services: set[str] = set()
    kept = []
    for line in text.splitlines():
        words = line.split()
        key = " ".join(words[1:3])
        if words and words[0] in ("-A", "--add-service"):
            services.add(key)
        if words and words[0] in ("-a", "--add-server") and key not in services:
            continue
        kept.append(line)
    return "".join(f"{line}\n" for line in kept)


def shrink(scenario: Scenario) -> Shrinker:
    """Ever smaller parts are left out, those that are not missed all at once."""
    chunks = CHUNKS
    for _ in range(ROUNDS):
        parts = _parts(pieces(scenario), chunks)
        found = []
        for start in range(0, len(parts), CANDIDATES):
            some = parts[start : start + CANDIDATES]
            answers = yield [without(scenario, part) for part in some]
            found += [part for part, good in zip(some, answers, strict=True) if good]
        if found:
            scenario = yield from _most(scenario, found)
        elif chunks >= len(parts) and len(parts) == len(pieces(scenario)):
            return scenario
        chunks = CHUNKS if found else chunks * 3
    return scenario


def _most(scenario: Scenario, parts: list[list[Piece]]) -> Generator[list[Scenario], list[bool], Scenario]:
    """Leave out as many of the parts together as can be."""
    sizes = sorted({max(1, len(parts) * share // SHARES) for share in range(1, SHARES + 1)})
    tries = [without(scenario, [piece for part in parts[:size] for piece in part]) for size in sizes]
    answers = yield tries
    good = [each for each, answer in zip(tries, answers, strict=True) if answer]
    # A part alone has been tried before.
    return good[-1] if good else without(scenario, parts[0])


def _parts(found: list[Piece], chunks: int) -> list[list[Piece]]:
    size = max(1, -(-len(found) // chunks))
    return [found[start : start + size] for start in range(0, len(found), size)]


def together(
    scenarios: Sequence[Scenario], disagree: Callable[[list[Scenario]], list[bool]], boots: int = ROUNDS
) -> list[Scenario]:
    """Shrink several scenarios; `disagree` judges the candidates of all of them at once, at most `boots` times."""
    smallest = list(scenarios)
    running = {number: shrink(each) for number, each in enumerate(scenarios)}
    asked = {number: next(each) for number, each in running.items()}
    for _ in range(boots):
        if not asked:
            break
        answers = iter(disagree([each for candidates in asked.values() for each in candidates]))
        following: dict[int, list[Scenario]] = {}
        for number, candidates in asked.items():
            mine = [next(answers) for _ in candidates]
            good = [each for each, answer in zip(candidates, mine, strict=True) if answer]
            smallest[number] = min([smallest[number], *good], key=size)
            try:
                following[number] = running[number].send(mine)
            except StopIteration as done:
                smallest[number] = min([smallest[number], done.value], key=size)
        asked = following
    return smallest


def size(scenario: Scenario) -> int:
    """How much there is to read."""
    return sum(len(text) for text in scenario.files.values()) + len(json.dumps(scenario.packets))
