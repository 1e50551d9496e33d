"""Lists of addresses seen before (net/netfilter/xt_recent.c)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lvsconf.kernel.counting import HASTE
from lvsconf.kernel.world import World
from lvsconf.model.fields import OIF, SOCKET, TTL
from lvsconf.model.preds import And, Not, Or, Pred, Query
from lvsconf.model.questions import RecentQuestion

if TYPE_CHECKING:
    from lvsconf.kernel.chains import LoadedTable

MOST_ADDRESSES = 100
"""ip_list_tot: one more throws out the one that was seen longest ago."""

_STAMPS = 32
"""nstamps_max of a list whose rules ask for no number of hits."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One address with its TTL and the times it was seen at, of which the latest are kept."""

    address: int
    ttl: int
    stamps: tuple[float, ...]


Listed = tuple[Seen, ...]
"""A list, longest ago first."""


def recent(world: World, question: RecentQuestion) -> list[tuple[bool, World]]:
    """recent_mt."""
    key = ("recent", world.family.version, question.name)
    listed: Listed = world.memory.get(key, ())
    mask, kept = world.net.recent[question.name]
    address = world.skb.value(question.field) & mask
    ttl = world.skb.value(TTL)
    if world.skb.values[OIF] and not world.skb.values[SOCKET]:
        ttl += 1
    wanted = ttl if question.ttl else 0
    found = next((seen for seen in listed if seen.address == address and _fits(seen.ttl, wanted)), None)
    if found is None:
        if question.action != "set":
            return [(question.inverted, world)]
        world.memory[key] = (*listed[-MOST_ADDRESSES + 1 :], Seen(address, ttl, (world.now,)))
        return [(not question.inverted, world)]
    others = tuple(seen for seen in listed if seen is not found)
    if question.action == "remove":
        world.memory[key] = others
        return [(not question.inverted, world)]
    if question.action == "set":
        world.memory[key] = (*others, _updated(found, world.now, ttl, kept))
        return [(not question.inverted, world)]
    return _checked(world, question, key, listed, found, ttl, kept)


def _fits(listed: int, wanted: int) -> bool:
    return wanted in (0, listed) or listed == 0


def _updated(seen: Seen, now: float, ttl: int, kept: int) -> Seen:
    return Seen(seen.address, ttl, (*seen.stamps, now)[-kept:])


def _checked(
    world: World, question: RecentQuestion, key: object, listed: Listed, found: Seen, ttl: int, kept: int
) -> list[tuple[bool, World]]:
    """rcheck and update: enough of the times lie in the last seconds."""
    needed = question.hits or 1
    # The kernel compares ticks: a packet as old as the limit still counts.
    edge = world.now - question.seconds
    surely = sum(not question.seconds or stamp >= edge + HASTE for stamp in found.stamps)
    perhaps = sum(not question.seconds or stamp >= edge - HASTE for stamp in found.stamps)
    ways = []
    for enough, there in world.unsure(str(question), surely >= needed, perhaps >= needed):
        answer = enough != question.inverted
        updates = question.action == "update" and answer
        after = listed
        if question.reap and listed and not (listed[0] is found and updates) and listed[0].stamps[-1] < edge:
            after = listed[1:]
        if updates:
            after = (*(seen for seen in after if seen is not found), _updated(found, there.now, ttl, kept))
        there.memory[key] = after
        ways.append((answer, there))
    return ways


def recent_lists(tables: Iterable[LoadedTable]) -> dict[str, tuple[int, int]]:
    """The mask of each list, which is that of its first rule, and how many times it keeps, by the most that is asked.

    recent_mt_check: the next power of two.
    """
    found: dict[str, tuple[int, int]] = {}
    for question in (each for table in tables for each in _questions(table)):
        mask, kept = found.get(question.name, (question.mask, 0))
        wanted = 1 << (question.hits - 1).bit_length() if question.hits else _STAMPS
        found[question.name] = (mask, max(kept, wanted))
    return found


def _questions(table: LoadedTable) -> Iterator[RecentQuestion]:
    for chain in table.chains.values():
        for rule in chain.rules:
            yield from _asked(rule.pred)


def _asked(pred: Pred) -> Iterator[RecentQuestion]:
    match pred:
        case Query(RecentQuestion() as question, _):
            yield question
        case Not(inner):
            yield from _asked(inner)
        case And(preds) | Or(preds):
            for item in preds:
                yield from _asked(item)
