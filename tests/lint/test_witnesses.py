"""The packets of a finding meet the fate that it says, whoever replays them; and every rule finds something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lvsconf.findings import Certainty, Finding
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import outcomes, replay
from lvsconf.lint import registry
from lvsconf.lint.registry import Example, documentation, rules
from lvsconf.model.host import Host
from lvsconf.packets.packet import parse_list
from tests.kernel.builders import host_of
from tests.kernel.drawn import usual
from tests.lint.asking import lint_of
from tests.rules.harness import asked, prepare

EXAMPLES = [(rule, example) for rule in rules() for example in documentation(rule.code).bad]


def _id(value: object) -> str:
    return value.name if isinstance(value, Example) else getattr(value, "code", str(value))


def replays(host: Host, finding: Finding) -> None:
    witness = finding.witness
    assert witness is not None
    packets = parse_list(list(witness.packets))
    assert witness.at < len(packets)
    ways = outcomes(replay(Kernel(host), packets), len(packets))[witness.at].outcomes
    alike = [way for way in ways if way.trace == witness.trace]
    assert alike, (finding.code, witness.trace, [way.trace for way in ways])
    if finding.certainty is Certainty.PROVEN and len(ways) == 1:
        assert len(witness.path) == len(ways[0].steps)


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=_id)
def test_the_witness_of_an_example_replays(rule, example, tmp_path: Path) -> None:
    prepared = prepare(example, rule.code, tmp_path)
    (host,) = [each.host for each in prepared.hosts.inputs()]
    for finding in prepared.hosts.lint(asked(rule)).findings:
        if finding.witness is not None:
            replays(host, finding)


def test_every_rule_finds_something_in_some_example(tmp_path: Path) -> None:
    found = set()
    for number, (rule, example) in enumerate(EXAMPLES):
        result = prepare(example, rule.code, tmp_path / str(number)).hosts.lint(asked(rule))
        found |= {finding.code for finding in result.findings}
    assert found == set(registry.codes())


def test_every_finding_about_packets_has_a_witness(tmp_path: Path) -> None:
    for number, (rule, example) in enumerate(EXAMPLES):
        for finding in prepare(example, rule.code, tmp_path / str(number)).hosts.lint(asked(rule)).findings:
            without = finding.code.startswith(("LVS0", "LVS2"))
            # Of the chains' rules only those about what others take have a packet to show.
            assert (finding.witness is None) is without or finding.code == "LVS201"


SEEDS = range(4000, 4030)


def _random() -> Iterator[tuple[dict[str, str], Host]]:
    for seed in SEEDS:
        files = usual(seed).files
        yield files, host_of(files)


def test_the_witnesses_of_random_directors_replay() -> None:
    count = 0
    for files, host in _random():
        for finding in lint_of(files).findings:
            assert finding.code in registry.codes()
            if finding.witness is not None:
                replays(host, finding)
                count += 1
    assert count > 20


def test_a_packet_of_a_loss_does_not_get_through() -> None:
    """Whatever a proven finding of the path says is lost neither leaves for a real server nor for the client."""
    looked_at = 0
    for files, host in _random():
        for finding in lint_of(files).findings:
            proven = finding.certainty is Certainty.PROVEN and finding.witness is not None
            if not proven or not finding.code.startswith("LVS3") or finding.code in ("LVS307", "LVS310", "LVS311"):
                continue
            packets = parse_list(list(finding.witness.packets))
            for way in outcomes(replay(Kernel(host), packets), len(packets))[finding.witness.at].outcomes:
                assert way.fate != "forwarded", finding
                looked_at += 1
    assert looked_at > 10
