"""The engine does what real kernels did, line by line and packet by packet (see record.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lvsconf.lab.compare import differences
from tests.kernel import recording, stories
from tests.kernel.builders import host_of
from tests.kernel.recording import FOLDER, Recorded, head, lengthen, read, shorten
from tests.kernel.stories import parse

FILES = sorted(FOLDER.glob("*.jsonl"))


def _cases() -> Iterator[object]:
    for path in FILES:
        for each in read(path):
            yield pytest.param(each, id=f"{path.stem}: {each.name}")


@pytest.mark.parametrize("recorded", list(_cases()))
def test_the_engine_does_what_the_kernel_did(recorded: Recorded) -> None:
    host = host_of(recorded.files)
    assert "\n".join(differences(host, recorded.packets, recorded.real, fates=True)) == ""


@pytest.mark.parametrize("path", sorted(stories.FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_the_recording_is_of_the_scenarios_as_they_are(path) -> None:
    told = [(each.name, each.files, each.packets) for each in parse(path.read_text(encoding="utf-8"))]
    kept = [(each.name, each.files, each.packets) for each in read(FOLDER / f"{path.stem}.jsonl")]
    assert [name for name, _, _ in kept] == [name for name, _, _ in told], "python -m tests.kernel.record"
    assert kept == told, "python -m tests.kernel.record"


def test_every_recording_says_where_it_was_made() -> None:
    for path in FILES:
        made = head(path)
        assert [banner.split(".")[:2] for banner in made["kernels"]] == [["6", "1"], ["6", "12"]]
        assert [line.split()[0] for line in made["tools"]] == ["iptables", "ipvsadm"]


def test_recordings_are_small() -> None:
    assert sum(path.stat().st_size for path in FILES) < 1_500_000


def test_short_lines_become_long_ones_again() -> None:
    lines = [line for each in recording.recordings() for real in each.real for line in real["trace"]]
    assert len(lines) > 5000
    assert lengthen(shorten(lines)) == lines
