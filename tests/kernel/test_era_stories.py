"""Stories of kernels that no lab boots: what the facts about their source say (era_stories.txt), told by the engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lvsconf.cli import application
from tests.kernel.builders import director, packets, run
from tests.kernel.stories import Scenario, parse, story

STORIES = list(parse((Path(__file__).parent / "era_stories.txt").read_text(encoding="utf-8")))


@pytest.mark.parametrize("scenario", [pytest.param(each, id=each.name) for each in STORIES])
def test_the_engine_tells_what_the_source_says(scenario: Scenario) -> None:
    told = []
    for each in run(scenario.files, scenario.packets):
        (way,) = each.outcomes
        told.append(story(way.trace, way.egress, way.fate, scenario.view))
    assert list(zip(scenario.lines, told, strict=True)) == list(zip(scenario.lines, scenario.expected, strict=True))


SERVICE = ("-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -g -w 1")
RULES = ("filter -A INPUT -p tcp -m tcp --dport 80 -m state --state NEW -j ACCEPT", "filter -A INPUT -j DROP")


def written(folder: Path) -> list[str]:
    for name, text in director(SERVICE, rules=RULES).items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "packets.json").write_text(json.dumps(packets("> S", "> A", "> FA")), encoding="utf-8")
    return [str(folder), "--format", "json"]


@pytest.mark.parametrize(
    ("release", "last", "said"),
    [
        # On 2.4 a FIN is NEW (section 7.1).
        ("2.4.27", "forwarded", ["kernel 2.4.27: from source, not measured"]),
        ("2.6.32-754.el6", "dropped", ["kernel 2.6.32-754.el6: from source, not measured"]),
        (
            "4.19.0-27-amd64",
            "dropped",
            ["kernel 4.19.0-27-amd64: from source, not measured", "lies between 4.4.60 and 5.4.18, which were read"],
        ),
        ("5.15", "dropped", ["kernel 5.15 lies between 5.4.18 and 6.1.192"]),
        ("6.1", "dropped", []),
    ],
)
def test_trace_takes_the_era_of_the_release(tmp_path: Path, release: str, last: str, said: list[str]) -> None:
    arguments = ["trace", *written(tmp_path), "--packets", str(tmp_path / "packets.json"), "--kernel", release]
    found = json.loads(CliRunner().invoke(application(arguments[0]), arguments, catch_exceptions=False).stdout)
    fates = [packet["outcomes"][0]["fate"] for packet in found["packets"]]
    assert fates == ["forwarded", "forwarded", last]
    told = " ".join(found["assumed"])
    assert all(words in told for words in said)
    assert ("from source" in told) is any("from source" in words for words in said)


@pytest.mark.parametrize(
    ("release", "certainty"), [("6.1", "proven"), ("5.4", "possible"), ("2.6.32", "possible"), ("2.4.27", None)]
)
def test_nothing_is_proven_about_a_kernel_that_was_not_measured(
    tmp_path: Path, release: str, certainty: str | None
) -> None:
    """LVS301 is about the FIN that a state rule loses."""
    arguments = ["lint", *written(tmp_path), "--select", "LVS301", "--kernel", release]
    found = json.loads(CliRunner().invoke(application(arguments[0]), arguments, catch_exceptions=False).stdout)
    assert [each["certainty"] for each in found["findings"]] == ([certainty] if certainty else [])
    for each in found["findings"]:
        assert any("not measured" in said for said in each["assumes"]) is (certainty == "possible")


@pytest.mark.parametrize("release", ["mainline", "six", "v6.1"])
@pytest.mark.parametrize("command", ["trace", "lint"])
def test_what_is_no_release_is_refused(tmp_path: Path, command: str, release: str) -> None:
    extra = ["--packets", str(tmp_path / "packets.json")] if command == "trace" else []
    done = CliRunner().invoke(application(command), [command, *written(tmp_path), *extra, "--kernel", release])
    assert done.exit_code == 2
    assert f"--kernel takes a kernel release such as 6.1 or 2.6.32, not `{release}`" in done.stderr
