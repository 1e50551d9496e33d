"""Random directors on a real kernel and in the engine, compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lvsconf.gathering import Group
from lvsconf.lab.compare import differences, ways
from lvsconf.lab.directors import Director, draw
from lvsconf.lab.replay import Scenario, replay
from lvsconf.model.host import Host
from lvsconf.snapshot import assemble
from lvsconf.source import Source


@dataclass
class Tally:
    """What was compared; `unknown` counts packets of which the engine can't tell one outcome."""

    scenarios: int = 0
    packets: int = 0
    unknown: int = 0
    features: Counter[str] = field(default_factory=Counter)
    disagreements: list[tuple[Director, str]] = field(default_factory=list)


def drawn(seeds: Iterable[int], always: Collection[str] = (), among: Collection[str] | None = None) -> list[Director]:
    """The directors of these seeds."""
    return [draw(seed, among, always) for seed in seeds]


def host_of(files: dict[str, str], kernel: str) -> Host:
    """The host that a snapshot's files describe, on a kernel."""
    group = Group("director", tuple(Source(f"director/{name}", text) for name, text in sorted(files.items())))
    return assemble(group, kernel=kernel).host


def compare(directors: Sequence[Director], kernel: str) -> Tally:
    """Replay all of them; what the kernel's tools refuse is a disagreement too."""
    tally = Tally()
    results = replay([Scenario(each.files, each.packets) for each in directors], kernel)
    for director, result in zip(directors, results, strict=True):
        tally.scenarios += 1
        tally.features.update(director.features)
        told = _told(director, result, kernel, tally)
        tally.disagreements += [(director, text) for text in told]
    return tally


def _told(director: Director, result: dict[str, Any], kernel: str, tally: Tally) -> list[str]:
    if "error" in result:
        return [str(result["error"])]
    host = host_of(director.files, kernel)
    tally.packets += len(director.packets)
    tally.unknown += sum(len(found) > 1 or found[0].fate is None for found in ways(host, director.packets))
    return list(differences(host, director.packets, [each["outcomes"][0] for each in result["packets"]]))
