"""Whether a rule matches where its matches ask more than the packet's fields: in order, as far as they get.

A match is asked only when all before it in the rule matched (ipt_do_table), and what it remembers changes then only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lvsconf.kernel import counting, lists, octets, of_entries, reverse_path, set_changes, sockets
from lvsconf.kernel.world import World
from lvsconf.model.preds import And, Not, Or, Pred, Query, WorldQuestion, asks_the_world
from lvsconf.model.questions import (
    BytesQuestion,
    CarriedQuestion,
    ChangedSetQuestion,
    ConnectionsQuestion,
    HashlimitQuestion,
    HelperQuestion,
    LabelQuestion,
    LimitQuestion,
    NthQuestion,
    QuotaQuestion,
    RecentQuestion,
    ReverseRouteQuestion,
    SocketQuestion,
)

Ways = list[tuple[bool, World]]

ANSWERS: dict[type[WorldQuestion], Callable[[World, Any], Ways]] = {
    BytesQuestion: octets.holds,
    LimitQuestion: counting.limit,
    HashlimitQuestion: counting.hashlimit,
    QuotaQuestion: counting.quota,
    NthQuestion: counting.nth,
    RecentQuestion: lists.recent,
    ConnectionsQuestion: of_entries.connections,
    CarriedQuestion: of_entries.carried,
    LabelQuestion: of_entries.label,
    HelperQuestion: of_entries.helper,
    ReverseRouteQuestion: reverse_path.passes,
    SocketQuestion: sockets.is_there,
    ChangedSetQuestion: set_changes.holds,
}
"""Each kind of question, and what answers it: every way there is, and the world in which it is so."""


REMEMBERING = (
    LimitQuestion,
    HashlimitQuestion,
    QuotaQuestion,
    NthQuestion,
    RecentQuestion,
    ConnectionsQuestion,
    ChangedSetQuestion,
)
"""Questions whose answer hangs on other traffic, which a replay knows and a verdict about the host does not."""


def ask(world: World, pred: Pred) -> Ways:
    """Every answer to a Pred with its world."""
    if not asks_the_world(pred):
        yes, no = world.split(pred)
        return [(answer, there) for answer, there in ((True, yes), (False, no)) if there is not None]
    match pred:
        case Not(inner):
            return [(not answer, there) for answer, there in ask(world, inner)]
        case And(preds):
            return _until(world, preds, stops=False)
        case Or(preds):
            return _until(world, preds, stops=True)
        case Query(question, known):
            if isinstance(question, WorldQuestion):
                found = ANSWERS[type(question)](world, question)
                doubted = world.kernel.merges and isinstance(question, REMEMBERING) and len(found) == 1
                return _doubted(found[0], question) if doubted else found
            if known is not None:
                return ask(world, known)
    raise TypeError(f"{pred!r} asks nothing")


def _doubted(way: tuple[bool, World], question: WorldQuestion) -> Ways:
    """The answer of a replay from the start, and as a guess the other one."""
    answer, here = way
    other = here.fork()
    other.guesses += 1
    here.when.append(f"{question}" if answer else f"not: {question}")
    other.when.append(f"not: {question}" if answer else f"{question}")
    return [(answer, here), (not answer, other)]


def _until(world: World, preds: tuple[Pred, ...], *, stops: bool) -> Ways:
    """One after the other, until an answer settles it."""
    going, done = [world], []
    for pred in preds:
        waiting, going = going, []
        for there in waiting:
            for answer, after in ask(there, pred):
                if answer is stops:
                    done.append((stops, after))
                else:
                    going.append(after)
    return [*done, *((not stops, there) for there in going)]
