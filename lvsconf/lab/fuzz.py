"""Random directors on a real kernel and in the engine: counted, compared, made smaller where they disagree."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from lvsconf.lab.cases import Case
from lvsconf.lab.compare import Compared, diff
from lvsconf.lab.directors import Director
from lvsconf.lab.emulator import Result
from lvsconf.lab.image import Image
from lvsconf.lab.replay import Scenario, error_text, replay
from lvsconf.lab.shrink import together

ROUND = 400
"""So many scenarios between two boots: more would only delay what there is to say."""
SHRUNK = 8
"""So many disagreements are made smaller at a time."""


@dataclass(frozen=True)
class Disagreement:
    """A scenario that the engine and the kernel see differently; `text` shows where."""

    director: Director
    case: Case
    text: str

    @property
    def name(self) -> str:
        """For its folder."""
        return f"{self.director.seed}-{'-'.join(self.case.release.split('.')[:2])}"


@dataclass
class Tally:
    """What was compared: `unknown` counts packets of which the engine can't tell one outcome, `refused` what the
    kernel's own tools would not load.
    """

    scenarios: int = 0
    packets: int = 0
    unknown: int = 0
    features: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)
    refused: list[tuple[Director, str]] = field(default_factory=list)

    def count(self, compared: Sequence[Compared]) -> None:
        """The packets of a scenario."""
        self.packets += len(compared)
        self.unknown += sum(not each.known for each in compared)
        self.fates.update(str(each.real["fate"]) for each in compared)


def fuzz(
    directors: Sequence[Director],
    image: Image,
    tally: Tally,
    jobs: int | None = None,
    told: Callable[[], None] | None = None,
) -> None:
    """Replay and compare, adding to a tally; `told` is called after each scenario of the kernel's."""

    def done(count: int) -> None:
        tally.scenarios += count
        if told is not None:
            told()

    for start in range(0, len(directors), ROUND):
        some = directors[start : start + ROUND]
        before = tally.scenarios
        results = replay([Scenario(each.files, each.packets) for each in some], image, jobs, done)
        tally.scenarios = before + len(some)
        for director, result in zip(some, results, strict=True):
            tally.features.update(director.features)
            _judge(director, result, image, tally)


def _judge(director: Director, result: Result, image: Image, tally: Tally) -> None:
    if "error" in result:
        tally.refused.append((director, error_text(result["error"])))
        return
    about = {"seed": director.seed, "features": list(director.features)}
    case = Case.of(Scenario(director.files, director.packets), image.release, result, about)
    text = disagreement(case, tally)
    if text is not None:
        tally.disagreements.append(Disagreement(director, case, text))


def disagreement(case: Case, tally: Tally | None = None) -> str | None:
    """Where the engine and the kernel differ first, in words; an engine that falls over differs too."""
    try:
        compared = case.compare()
    except Exception:
        # Whatever it fell over, the kernel did not.
        return "the engine fell over:\n" + traceback.format_exc()
    if tally is not None:
        tally.count(compared)
    for number, each in enumerate(compared):
        if not each.agrees:
            return f"packet {number}: {case.packets[number]}\n{diff(each)}"
    return None


def smaller(
    found: Sequence[Disagreement], image: Image, jobs: int | None = None, told: Callable[[int, int], None] | None = None
) -> Iterator[Disagreement]:
    """The same disagreements in as little as they take; `told` hears of each boot, with its candidates."""
    boots = 0

    def disagree(scenarios: list[Scenario]) -> list[bool]:
        nonlocal boots
        boots += 1
        if told is not None:
            told(boots, len(scenarios))
        return [_differs(each, result, image) for each, result in _answers(scenarios, image, jobs)]

    for start in range(0, len(found), SHRUNK):
        some = found[start : start + SHRUNK]
        smallest = together([_to_the_point(each) for each in some], disagree)
        for before, (scenario, result) in zip(some, _answers(smallest, image, jobs), strict=True):
            if "error" in result:
                yield before
                continue
            case = Case.of(scenario, image.release, result, before.case.about)
            text = disagreement(case)
            # What is not so twice hangs on chance: then the whole is worth more than a part.
            yield before if text is None else Disagreement(before.director, case, text)


def _answers(scenarios: list[Scenario], image: Image, jobs: int | None) -> list[tuple[Scenario, Result]]:
    return list(zip(scenarios, replay(scenarios, image, jobs), strict=True))


def _differs(scenario: Scenario, result: Result, image: Image) -> bool:
    if "error" in result:
        return False
    return disagreement(Case.of(scenario, image.release, result, {})) is not None


def _to_the_point(found: Disagreement) -> Scenario:
    """Without the packets that come after the one on which they differ."""
    packets = found.case.packets
    try:
        compared = found.case.compare()
    except Exception:
        # Where the engine falls over there is no packet to stop at.
        return Scenario(found.case.files, packets)
    last = next(number for number, each in enumerate(compared) if not each.agrees)
    return Scenario(found.case.files, packets[: last + 1])
