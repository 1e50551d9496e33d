"""What all tests share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# The same examples every time, so that a red test is red for everybody; `make fuzz` looks further.
settings.register_profile("quick", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected outputs instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest):
    """Compare a text with a file below tests/golden."""
    from tests.golden import assert_golden

    update = request.config.getoption("--update-golden")
    return lambda name, text: assert_golden(ROOT / "tests" / "golden" / name, text, update=update)


@pytest.fixture
def tool(request: pytest.FixtureRequest):
    """The path of a system tool; the test is skipped where it is missing."""

    def find(name: str) -> str:
        path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return find
