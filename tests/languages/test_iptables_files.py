"""Whole files against a real load: what is there afterwards is what lvsconf says."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from lvsconf.extensions.printing import rule_text
from lvsconf.languages import iptables
from lvsconf.model.netfilter import Chain, Table
from lvsconf.source import Source
from tests.extensions.namespace import Namespace
from tests.languages.iptables_files import LOADS, UNLISTED, File, files

EXAMPLES = {"long": 8_000}.get(os.environ.get("HYPOTHESIS_PROFILE", ""), 300)
CHAIN = re.compile(r":(\S+) (\S+) \[(\d+):(\d+)\]")
RULE = re.compile(r"(\[\d+:\d+\]) (-A (\S+).*)")

LISTED_TOO_SOON = "Can't find library for target"
"""What -L and -S say, and end the load, when a rule that is not committed yet jumps to a chain."""

DROP_IN_NAT = 'The "nat" table is not intended for filtering'
"""Said too of a rule that is taken away again; lvsconf looks at what is left."""

Kept = dict[str, tuple[str, tuple[str, ...]]]
"""By chain: the policy with its counters, and the rules with theirs."""


def shown(table: Table, family: int) -> Kept:
    return {name: (_policy(chain), tuple(_rules(chain, family))) for name, chain in table.chains.items()}


def _policy(chain: Chain) -> str:
    # User chains have no policy, and no counters that would be loaded.
    return "-" if chain.policy is None else "{} [{}:{}]".format(chain.policy, *(chain.counters or (0, 0)))


def _rules(chain: Chain, family: int) -> list[str]:
    return ["[{}:{}] ".format(*(rule.counters or (0, 0))) + rule_text(rule, chain.name, family) for rule in chain.rules]


def saved(lines: tuple[str, ...]) -> dict[str, Kept]:
    """What iptables-save -c printed, by table."""
    found: dict[str, Kept] = {}
    chains: Kept = {}
    for line in lines:
        if line.startswith("*"):
            chains = found[line[1:]] = {}
        elif declared := CHAIN.fullmatch(line):
            name, policy, packets, octets = declared.groups()
            chains[name] = ("-" if policy == "-" else f"{policy} [{packets}:{octets}]", ())
        elif rule := RULE.fullmatch(line):
            policy, rules = chains[rule[3]]
            chains[rule[3]] = (policy, (*rules, f"{rule[1]} {rule[2]}"))
        else:
            assert line == "COMMIT"
    return found


def judge(namespace: Namespace, file: File, family: int, counts: Counter[str]) -> None:
    ruleset, found = iptables.read(Source("rules", file.text), family)
    problems = [problem for problem in found if problem.code not in LOADS]
    real = namespace.load(file.text, file.tables, counters=True, listed=True)
    if LISTED_TOO_SOON in real.said or (DROP_IN_NAT in real.said and not problems):
        counts["known to differ"] += 1
        return
    counts["loaded" if real.accepted else "refused"] += 1
    assert real.accepted == (not problems), problems or real.said
    if not real.accepted:
        return
    kept = saved(real.saved)
    assert {name: shown(ruleset.tables[name], family) for name in file.tables} == kept
    for name, text in real.listed.items():
        if any(chain in UNLISTED or len(chain) > 28 for chain in kept[name]):
            continue
        listing, complaints = iptables.read(Source("listing", text), family)
        assert not complaints
        (table,) = listing.tables.values()
        # The listing does not name its table; chains that it does not show are those of the table it is taken for.
        assert {chain: item for chain, item in shown(table, family).items() if chain in kept[name]} == kept[name]


@pytest.mark.oracle
@pytest.mark.parametrize("family", [4, 6])
def test_as_iptables_loads(family: int, tool, capsys: pytest.CaptureFixture[str]):
    counts: Counter[str] = Counter()
    with Namespace(tool, family) as namespace:

        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink])
        @given(files(family))
        def held(file: File) -> None:
            judge(namespace, file, family, counts)

        held()
    with capsys.disabled():
        sys.stdout.write(f"\nIPv{family} files: {counts['loaded']} loaded, {counts['refused']} refused\n")
    assert counts["loaded"] > EXAMPLES // 4
