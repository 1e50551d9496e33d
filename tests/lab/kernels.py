"""The kernels that tests boot, or why they can't."""

from __future__ import annotations

import pytest

from lvsconf.lab.image import EMULATOR, Image, find, program

SERIES = ("6.1", "6.12")


def image(series: str, what: str) -> Image:
    """A kernel to boot; without one the test is skipped, and says what is not tested then."""
    if program(EMULATOR) is None:
        pytest.skip(f"{what} on {series} not replayed: {EMULATOR} is not installed (make test installs it)")
    found = find(series)
    if found is None:
        pytest.skip(f"{what} on {series} not replayed: there is no image (lvsconf lab setup --kernel {series})")
    return found
