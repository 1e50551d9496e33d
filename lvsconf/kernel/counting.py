"""Matches that count packets, bytes and time: limit, hashlimit, quota, statistic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lvsconf.kernel.world import World
from lvsconf.model.fields import DPORT, DST, LENGTH, PROTO, SPORT, SRC
from lvsconf.model.questions import HashlimitQuestion, LimitQuestion, NthQuestion, QuotaQuestion

HASTE = 0.05
"""A packet is seen up to so many seconds later than it says: a tick of the kernel, and those before it on their way."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """From `low` to `high` credits at `at`; `bursts` is how often a bucket of bytes is still filled at once.

    `late`: `high` allows for a packet that was the last of its moment.
    """

    low: int
    high: int
    at: float
    bursts: int = 0
    late: bool = False


def _filled(bucket: Bucket, now: float, gain: int, cap: int) -> Bucket:
    """What has come in since; all packets of one moment together are late by no more than HASTE."""
    passed = now - bucket.at
    least, most = max(0.0, passed - HASTE), passed + (0.0 if bucket.late and not passed else HASTE)
    low, high = min(cap, bucket.low + int(least * gain)), min(cap, bucket.high + int(most * gain))
    return Bucket(low, high, now, bucket.bursts, late=not passed)


def limit(world: World, question: LimitQuestion) -> list[tuple[bool, World]]:
    """limit_mt: the bucket was full when the rules were loaded."""
    cap = question.cap
    before = world.memory.get(question, Bucket(cap, cap, world.now))
    return _taken(world, question, question, _filled(before, world.now, question.gain, cap), question.cost)


def _taken(world: World, question: object, key: object, bucket: Bucket, cost: int) -> list[tuple[bool, World]]:
    """Take the cost out where it is there."""
    found = []
    for enough, there in world.unsure(str(question), bucket.low >= cost, bucket.high >= cost):
        # What the answer tells of the bucket is known from here on.
        low, high = (max(bucket.low, cost) - cost, bucket.high - cost) if enough else (bucket.low, bucket.high)
        high = high if enough else min(high, cost - 1)
        there.memory[key] = replace(bucket, low=low, high=high)
        found.append((enough, there))
    return found


def hashlimit(world: World, question: HashlimitQuestion) -> list[tuple[bool, World]]:
    """hashlimit_mt_common: an entry for each key, forgotten some time after its last packet."""
    if not question.exact:
        return world.unsure(str(question), False, True)
    skb = world.skb
    ports = skb.value(PROTO) in _PORTS
    key = (
        question.name,
        _cut(skb.value(SRC), question.source_prefix) if "srcip" in question.modes else 0,
        _cut(skb.value(DST), question.destination_prefix) if "dstip" in question.modes else 0,
        skb.values[SPORT] if "srcport" in question.modes and ports else 0,
        skb.values[DPORT] if "dstport" in question.modes and ports else 0,
    )
    if None in key:
        return world.unsure(str(question), False, True)
    fresh = Bucket(question.cap, question.cap, world.now, question.bursts)
    before = world.memory.get(key, fresh)
    idle = world.now - before.at
    if idle > question.expire + _COLLECTED:
        before = fresh
    bucket = _filled(before, world.now, question.gain, question.cap)
    if idle + HASTE > question.expire:
        # htable_gc runs once in a while: the entry may be new, and full.
        bucket = replace(bucket, high=question.cap)
    if not question.chunk:
        return _taken(world, question, key, bucket, question.cost)
    return _bytes(world, question, key, bucket)


_PORTS = frozenset({6, 17, 33, 51, 50, 132, 136})
"""proto_ports_offset (include/net/ip.h): what stands there is taken for ports, that of AH and ESP too."""

_COLLECTED = 2.0
"""Seconds after which an entry that ran out is surely gone: --hashlimit-htable-gcinterval, and a bit."""


def _cut(address: int, length: int) -> int:
    return address >> 32 - length << 32 - length if length else 0


def _bytes(world: World, question: HashlimitQuestion, key: object, bucket: Bucket) -> list[tuple[bool, World]]:
    """hashlimit_byte_cost: a bucket that does not hold the cost is filled at once, as often as the burst allows."""
    cost = min(((world.skb.value(LENGTH) >> 4) + 1) * question.chunk, question.cap)
    if not bucket.bursts or bucket.low >= cost:
        return _taken(world, question, key, bucket, cost)
    found = []
    for enough, there in world.unsure(f"the bucket of {question.said} holds the packet", False, bucket.high >= cost):
        full = question.cap
        mine = bucket if enough else replace(bucket, low=full, high=full, bursts=bucket.bursts - 1)
        mine = replace(mine, low=max(mine.low, cost))
        found += _taken(there, question, key, mine, cost)
    return found


def quota(world: World, question: QuotaQuestion) -> list[tuple[bool, World]]:
    """quota_mt: a packet that does not fit uses up what is left."""
    left, length = world.memory.get(question, question.octets), world.skb.value(LENGTH)
    fits = left >= length
    world.memory[question] = left - length if fits else 0
    return [(fits, world)]


def nth(world: World, question: NthQuestion) -> list[tuple[bool, World]]:
    """statistic_mt: the counter starts so that `packet` is the first to match (libxt_statistic.c)."""
    count = world.memory.get(question, question.every - 1 - question.packet)
    count = 0 if count == question.every - 1 else count + 1
    world.memory[question] = count
    return [(count == 0, world)]
