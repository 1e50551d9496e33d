"""The engine on random directors with every feature, and on what it once got wrong, held to real kernels.

Each share boots once: a boot costs as much as many scenarios. With pytest-xdist the shares run side by side.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from lvsconf.lab.cases import Case
from lvsconf.lab.compare import kept
from lvsconf.lab.directors import draw, names
from lvsconf.lab.fuzz import Tally, fuzz
from lvsconf.lab.replay import Command, Scenario, replay
from lvsconf.lab.trial import SCENARIO
from tests.lab.kernels import SERIES, image

SHARES = 2
SEEDS = range(4, 124)
"""So many on each kernel."""
REGRESSIONS = sorted(
    path.parent for path in (Path(__file__).parent.parent / "kernel" / "regressions").glob("*/kernel.json")
)


@pytest.mark.oracle
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("series", SERIES)
def test_the_engine_does_what_the_kernel_does(series: str, share: int) -> None:
    seeds = SEEDS[share::SHARES]
    kernel = image(series, f"{len(seeds)} random directors")
    tally = Tally()
    fuzz([draw(seed) for seed in seeds], kernel, tally, jobs=1)
    assert not tally.refused, [f"{director.name}: {text}" for director, text in tally.refused]
    wrong = [f"{each.name}: {each.text}" for each in tally.disagreements]
    assert not wrong, f"{len(wrong)} of {len(seeds)} (lvsconf lab fuzz --seed N --count 1)\n" + "\n".join(wrong)
    assert tally.packets > 5 * len(seeds)


@pytest.mark.oracle
@pytest.mark.parametrize("series", SERIES)
def test_the_kernel_still_does_what_was_saved(series: str) -> None:
    cases = [(path, Case.read(path)) for path in REGRESSIONS]
    mine = [(path, case) for path, case in cases if case.release.startswith(f"{series}.")]
    kernel = image(series, f"{len(mine)} saved cases and a guest without network devices")
    links = Scenario(SCENARIO.files, SCENARIO.packets, [Command(("ip", "-o", "link", "show"))])
    first, *results = replay([links, *(case.scenario for _, case in mine)], kernel, jobs=1)
    shown = [line.split(":")[1].partition("@")[0].strip() for line in first["commands"][0]["output"].splitlines()]
    # The director's own two are virtual: the guest itself refuses to start with any device but lo.
    assert shown == ["lo", "eth0", "eth1"]
    for (path, case), result in zip(mine, results, strict=True):
        assert "error" not in result, f"{path.name}: {result}"
        assert [kept(each["outcomes"][0]) for each in result["packets"]] == case.reals, path.name


@pytest.mark.parametrize("folder", REGRESSIONS, ids=lambda path: path.name)
def test_the_engine_gets_right_what_it_once_got_wrong(folder: Path) -> None:
    assert all(each.agrees for each in Case.read(folder).compare())


def test_the_seeds_cover_every_feature() -> None:
    count = Counter(name for seed in SEEDS for name in draw(seed).features)
    assert len(SEEDS) * len(SERIES) >= 200
    assert set(count) == set(names())
