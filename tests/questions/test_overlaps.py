"""Rules that share packets are found by what they ask for."""

from __future__ import annotations

import random

import pytest

from lvsconf.model.fields import DPORT, DST, IIF, MARK, SRC, Field
from lvsconf.model.preds import Pred, all_of, any_of, between, equals, interface_is, masked, negate, one_of
from lvsconf.packets.space import ADDRESSES, BITS, Space
from lvsconf.questions.overlaps import Overlaps, ranges


def draw(pick: random.Random, family: int) -> Pred:
    """What a rule may ask for: prefixes, other masks, ports, interfaces, negations."""

    def one(what: Field) -> Pred:
        if what in ADDRESSES:
            width, low = BITS[family], pick.randrange(16)
            mask = ((1 << width) - 1) & ~pick.choice((0, 1, 3, 7, 2, 5))
            return masked(what, low, pick.choice((mask, mask, mask & 15)))
        if what is IIF:
            return interface_is(IIF, pick.choice(("eth0", "eth1", "eth+", "lo")))
        low = pick.randrange(8)
        return pick.choice(
            (equals(what, low), between(what, low, low + pick.randrange(4)), one_of(what, (low, low + 9)))
        )

    chosen = pick.sample((SRC, DST, DPORT, IIF, MARK), pick.randrange(4))
    parts = [negate(one(what), pick.random() < 0.2) for what in chosen]
    if pick.random() < 0.1:
        parts.append(any_of((one(SRC), one(DST))))
    if pick.random() < 0.1:
        parts.append(one(SRC))
    return all_of(parts)


@pytest.mark.parametrize("seed", range(60))
def test_none_that_shares_packets_is_missed(seed: int) -> None:
    pick = random.Random(seed)
    family = 6 if seed % 3 == 0 else 4
    space = Space(family)
    preds = [draw(pick, family) for _ in range(40)]
    overlaps = Overlaps(preds, family)
    for pred in preds:
        start, end = sorted((pick.randrange(41), pick.randrange(41)))
        found = list(overlaps.places(ranges(pred, family), start, end))
        assert found == sorted(set(found))
        mine = space.bounds(pred).upper
        assert {at for at in range(start, end) if mine & space.bounds(preds[at]).upper} <= set(found)
        assert all(start <= at < end for at in found)


def test_few_are_found_among_many() -> None:
    preds = [equals(SRC, 1000 + number) for number in range(2000)] + [masked(SRC, 1024, 0xFFFFFC00), equals(DPORT, 80)]
    overlaps = Overlaps(preds, 4)
    assert list(overlaps.places(ranges(equals(SRC, 1500), 4), 0, len(preds))) == [500, 2000, 2001]
    assert list(overlaps.places(ranges(masked(SRC, 1500, 0xFFFFFFFC), 4), 0, len(preds))) == [
        500,
        501,
        502,
        503,
        2000,
        2001,
    ]
    assert list(overlaps.places(ranges(equals(SRC, 7), 4), 0, len(preds))) == [2001]
