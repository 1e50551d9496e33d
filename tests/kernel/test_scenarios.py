"""The engine tells each hand-made scenario's stories, which real kernels have told before (see record.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kernel import stories
from tests.kernel.builders import run
from tests.kernel.stories import Scenario, parse, story


def _cases() -> Iterator[object]:
    for path in sorted(stories.FOLDER.glob("*.txt")):
        for each in parse(path.read_text(encoding="utf-8")):
            yield pytest.param(each, id=f"{path.stem}: {each.name}")


@pytest.mark.parametrize("scenario", list(_cases()))
def test_the_engine_tells_the_story(scenario: Scenario) -> None:
    told, forks = [], 0
    for each, wanted in zip(run(scenario.files, scenario.packets), scenario.expected, strict=True):
        ways = [story(way.trace, way.egress, way.fate, scenario.view) for way in each.outcomes]
        forks += len(ways) > 1
        told.append(wanted if scenario.open and wanted in ways else ways[0] if len(ways) == 1 else f"one of {ways}")
    assert [f"{line} | {text}" for line, text in zip(scenario.lines, told, strict=True)] == [
        f"{line} | {text}" for line, text in zip(scenario.lines, scenario.expected, strict=True)
    ]
    assert bool(forks) is bool(scenario.open)


def test_no_scenario_is_without_a_story() -> None:
    empty = [f"{each.name}: {line}" for each in stories.scenarios() for line, text in told(each) if not text]
    assert not empty, "python -m tests.kernel.record --fill"


def told(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield from zip(scenario.lines, scenario.expected, strict=True)


def test_scenarios_have_names_of_their_own() -> None:
    names = [each.name for each in stories.scenarios()]
    assert len(names) == len(set(names))
