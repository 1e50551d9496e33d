"""Random directors on real kernels: `make lab`, or LVSCONF_LAB=1 with LVSCONF_SEED and LVSCONF_COUNT."""

from __future__ import annotations

import os
import random
import shutil

import pytest

from lvsconf.lab.compare import differences
from lvsconf.lab.replay import Scenario, replay
from tests.kernel.builders import host_of
from tests.kernel.record import Inputs, random_directors

KERNELS = ("6.1", "6.12")
COUNT = int(os.environ.get("LVSCONF_COUNT", "60"))
SEED = int(os.environ.get("LVSCONF_SEED") or random.randrange(10**6))


def _why_not() -> str | None:
    if os.environ.get("LVSCONF_LAB") != "1":
        return "LVSCONF_LAB=1 asks for it"
    return None if shutil.which("qemu-system-x86_64") else "qemu-system-x86_64 is not installed"


def directors() -> list[Inputs]:
    """Two usual ones for each odd one, from SEED on."""
    odd = COUNT // 3
    return random_directors(range(SEED, SEED + COUNT - odd), range(SEED, SEED + odd))


@pytest.mark.oracle
@pytest.mark.parametrize("kernel", KERNELS)
def test_random_directors_agree_with_the_kernel(kernel: str) -> None:
    why = _why_not()
    if why is not None:
        pytest.skip(f"{COUNT} directors are not replayed on {kernel}: {why}")
    inputs = directors()
    results = replay([Scenario(files, packets) for _, files, packets in inputs], kernel)
    found = []
    for (name, files, packets), result in zip(inputs, results, strict=True):
        if "error" in result:
            found.append(f"{name}: {result['error']}")
            continue
        reals = [each["outcomes"][0] for each in result["packets"]]
        found += [f"{name}, {told}" for told in differences(host_of(files), packets, reals)]
    assert not found, f"LVSCONF_SEED={SEED} on {kernel}: {len(found)} of {COUNT}\n" + "\n".join(found)


def test_the_directors_of_a_seed_stay_the_same() -> None:
    assert directors() == directors()
    assert len(directors()) == COUNT
