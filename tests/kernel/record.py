"""Record what real kernels do: `python -m tests.kernel.record` (as root, with the lab set up: `make lab`).

Replays the scenarios of tests/kernel/scenarios and random directors on 6.1 and 6.12 and writes tests/kernel/recorded.
Both kernels have to do the same. Scenario files that are named are recorded alone. With `--fill` the stories that are
missing in scenario files are written there: write a director and its packets, fill, and read what the kernel says
before keeping it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from lvsconf.lab import image
from lvsconf.lab.building import banner
from lvsconf.lab.compare import egress_key, same, ways
from lvsconf.lab.replay import Scenario as LabScenario
from lvsconf.lab.replay import error_text, replay
from tests.kernel import stories
from tests.kernel.builders import host_of
from tests.kernel.drawn import odd, usual
from tests.kernel.recording import FOLDER, Recorded, write

KERNELS = ("6.1", "6.12")
SEEDS = range(1, 41)
ODD_SEEDS = range(1, 21)

Inputs = tuple[str, dict[str, str], list[dict[str, Any]]]
"""Name, files, packets."""


def random_directors(seeds: Iterable[int], odd_seeds: Iterable[int]) -> list[Inputs]:
    """Random directors by their seeds."""
    made = [(f"usual {seed}", usual(seed)) for seed in seeds]
    made += [(f"odd {seed}", odd(seed)) for seed in odd_seeds]
    return [(name, each.files, each.packets) for name, each in made]


def measured(inputs: Sequence[Inputs]) -> list[Recorded]:
    """What the kernels do; an error or a difference between them ends it."""
    scenarios = [LabScenario(files, packets) for _, files, packets in inputs]
    results = [replay(scenarios, kernel) for kernel in KERNELS]
    found = []
    for (name, files, packets), *answers in zip(inputs, *results, strict=True):
        errors = [error_text(answer["error"]) for answer in answers if "error" in answer]
        if errors:
            raise SystemExit(f"{name}: {errors[0]}")
        real, *others = ([_kept(packet["outcomes"][0]) for packet in answer["packets"]] for answer in answers)
        for other, kernel in zip(others, KERNELS[1:], strict=True):
            if _without_ports(other) != _without_ports(real):
                raise SystemExit(f"{name}: {kernel} differs\n{real}\n{other}")
        found.append(Recorded(name, dict(files), [dict(packet) for packet in packets], real))
    return found


def _kept(outcome: dict[str, Any]) -> dict[str, Any]:
    return {
        "trace": outcome["trace"],
        "egress": [egress_key(item) for item in outcome["egress"]],
        "fate": outcome["fate"],
    }


def _without_ports(real: list[dict[str, Any]]) -> list[Any]:
    """Source ports that nat chooses are random."""
    return [(each["trace"], each["fate"], [{**item, "sport": None} for item in each["egress"]]) for each in real]


def fill(path: Path) -> None:
    """Write the kernel's stories where a scenario file has none."""
    text = path.read_text(encoding="utf-8")
    found = list(stories.parse(text))
    told = []
    for scenario, record in zip(
        found, measured([(each.name, each.files, each.packets) for each in found]), strict=True
    ):
        mine = ways(host_of(scenario.files), scenario.packets)
        for outcomes, real in zip(mine, record.real, strict=True):
            # The engine leaves out what is random.
            way = next((way for way in outcomes if same(way, real)), None)
            egress = way.egress if way is not None else real["egress"]
            told.append(stories.story(real["trace"], egress, real["fate"], scenario.view))
    lines = []
    for line in text.splitlines():
        if line[:1] in ("<", ">", "^"):
            short, story = stories.halves(line)
            fresh = told.pop(0)
            if story and story != fresh:
                sys.stderr.write(f"{path.name}: {short}\n  says   {story}\n  kernel {fresh}\n")
            lines.append(f"{short} | {story or fresh}")
        else:
            lines.append(line)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def versions() -> dict[str, Any]:
    """What the recording was made with."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", "iptables", "ipvsadm"]
    tools = subprocess.run(query, capture_output=True, text=True, check=True).stdout.split("\n")
    return {
        "kernels": [banner(image.ensure(kernel).kernel) for kernel in KERNELS],
        "tools": [line for line in tools if line],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="scenario files; without one, everything")
    parser.add_argument("--random", action="store_true", help="record the random directors alone")
    parser.add_argument("--fill", action="store_true", help="write the stories that are missing, and record nothing")
    options = parser.parse_args(arguments)
    paths = options.files or ([] if options.random else sorted(stories.FOLDER.glob("*.txt")))
    if options.fill:
        for path in paths:
            fill(path)
        return
    found = {
        path.stem: [(each.name, each.files, each.packets) for each in stories.parse(path.read_text(encoding="utf-8"))]
        for path in paths
    }
    if not options.files:
        found["random"] = random_directors(SEEDS, ODD_SEEDS)
    records = iter(measured([inputs for each in found.values() for inputs in each]))
    for stem, inputs in found.items():
        write(FOLDER / f"{stem}.jsonl", versions(), list(islice(records, len(inputs))))


if __name__ == "__main__":
    main()
