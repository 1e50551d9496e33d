"""The reverse path test of a single packet (net/ipv4/netfilter/ipt_rpfilter.c, rpfilter_lookup_reverse)."""

from __future__ import annotations

from lvsconf.kernel.fib import Lookup
from lvsconf.kernel.world import World
from lvsconf.model.fields import DST, SRC
from lvsconf.model.questions import ReverseRouteQuestion


def passes(world: World, question: ReverseRouteQuestion) -> list[tuple[bool, World]]:
    """A lookup of the source; of a route with several next hops the first one is looked at."""
    fib, device = world.net.fib, world.skb.device
    done = []
    for found, there in fib.lookup(world, Lookup(SRC, DST, mark=question.use_mark, iif=False)):
        if found is None and not fib.complete:
            done += there.unsure(str(question), False, True)
            continue
        leads = found is not None and (found.kind == "unicast" or (found.kind == "local" and question.accept_local))
        same = found is not None and (question.loose or found.device == device)
        done.append((leads and same, there))
    return done
