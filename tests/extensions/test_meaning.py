"""Rules of which something could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest

from lvsconf.extensions.meaning import match_meaning
from lvsconf.languages import iptables
from lvsconf.model.netfilter import Use
from lvsconf.packets.one import answer
from lvsconf.source import Source
from tests.extensions.cases import Case, cases

READ = [case for case in cases() if case.printed is not None and case.packets]


def partly_read(case: Case) -> Iterator[Use]:
    """Each match of the rule with one or two of its options unread."""
    ruleset, _ = iptables.read(Source("rules", case.text), case.family)
    (rule,) = ruleset.tables[case.table].chains[case.chain].rules
    for use in rule.matches:
        for lost in (*combinations(use.arguments, 1), *combinations(use.arguments, 2)):
            rest = {key: value for key, value in use.arguments.items() if key not in lost}
            yield Use(use.module, rest, use.span, ("--something",))


@pytest.mark.parametrize("case", READ, ids=lambda case: case.name)
def test_what_could_not_be_read_is_never_certain_to_match(case: Case) -> None:
    """Whatever the rest says: a match that lost an option may say no, and no packet surely matches it."""
    for part in partly_read(case):
        pred = match_meaning(part, case.family)
        for packet, _ in case.packets:
            assert answer(pred, packet) is not True
