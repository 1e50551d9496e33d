"""The hooks: each era's ordered steps, and what each step does with a packet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lvsconf.kernel import answers, conntrack, ipvs
from lvsconf.kernel.chains import walk
from lvsconf.kernel.eras import HookStep
from lvsconf.kernel.routing import route_output
from lvsconf.kernel.skb import RouteResult
from lvsconf.kernel.world import World
from lvsconf.model.effects import Verdict
from lvsconf.model.fields import CT_DIRECTION, CT_STATE, DST, ICMP_TYPE, MARK, PROTO, SPORT, SRC, TOS, CtState
from lvsconf.model.netfilter import Hook
from lvsconf.model.preds import Pred

REDIRECT = 5
StepFunction = Callable[[World, HookStep], list[World]]


def run_hook(world: World, hook: Hook) -> list[World]:
    """NF_HOOK: every step of a hook in order. Worlds whose packet met its fate come back too."""
    world.hook = hook
    live: list[World] = [world]
    done: list[World] = []
    for step in world.kernel.era.hooks[hook]:
        waiting = live
        live = []
        for there in waiting:
            there.hook = hook
            if step.step in STOPS:
                stopped, rest = there.split(STOPS[step.step])
                done += [stopped] if stopped is not None else []
                live += [rest] if rest is not None else []
                continue
            for after in STEPS[step.step](there, step):
                (live if after.skb.fate is None and not after.lost else done).append(after)
    return [*live, *done]


def _table(world: World, step: HookStep) -> list[World]:
    name = step.table or ""
    net = world.net
    chain = world.hook.value
    worlds = [world]
    table = net.tables.get(name)
    if table is not None:
        worlds = []
        for there, verdict in walk(world, table, chain, _reject):
            worlds.append(_verdict(there, verdict, name, chain))
    if name == "filter" and net.rules_unknown:
        worlds = [part for there in worlds for part in _unknown_rules(there)]
    return worlds


def _verdict(world: World, verdict: Verdict, table: str, chain: str) -> World:
    if verdict is not Verdict.ACCEPT and world.skb.fate is None:
        last = world.steps[-1] if world.steps else None
        fate = "queued" if verdict is Verdict.QUEUE else "dropped"
        world.end(
            fate,
            f"{fate} in {table}:{chain}",
            table=last.table if last else table,
            chain=last.chain if last else chain,
            number=last.number if last else None,
            rule=last.rule if last else None,
            verdict=verdict.value,
            state=world.state,
        )
    elif world.skb.fate == "rejected":
        rejecting = next((step for step in reversed(world.steps) if step.verdict == "REJECT"), None)
        if rejecting is None:
            # Another target than REJECT has answered, and said so.
            return world
        world.end(
            "rejected",
            f"rejected in {table}:{chain}",
            table=table,
            chain=rejecting.chain,
            number=rejecting.number,
            rule=rejecting.rule,
            verdict="REJECT",
            state=rejecting.state,
        )
    return world


def _unknown_rules(world: World) -> list[World]:
    """Part or all of the rules is not known: they may drop the packet, or let it pass."""
    if world.skb.fate is not None or world.lost:
        return [world]
    dropped = world.fork()
    dropped.guesses += 1
    world.when.append(f"rules that are not shown let it pass {world.hook.value}")
    dropped.when.append(f"rules that are not shown drop it in {world.hook.value}")
    dropped.end("dropped", "dropped by a rule that is not shown", verdict="unknown rules")
    return [world, dropped]


def _reject(world: World, answer: str) -> list[World]:
    return answers.reject(world, answer)


def _conntrack_in(world: World, _step: HookStep) -> list[World]:
    return conntrack.conntrack_in(world) if world.net.conntrack else [world]


def _confirm(world: World, _step: HookStep) -> list[World]:
    return conntrack.confirm(world) if world.net.conntrack else [world]


def _nat(world: World, step: HookStep) -> list[World]:
    """nf_nat_inet_fn: the nat chain is asked once for each entry and manip, and never without an entry."""
    skb = world.skb
    entry = skb.ct
    if entry is None or "nat" not in world.net.tables:
        return [world]
    if skb.value(PROTO) == skb.family.icmp and skb.values[CT_STATE] == CtState.RELATED:
        # nf_nat_ipv4_fn: an ICMP error is translated like the flow it is about, the chains are not asked.
        if skb.values[ICMP_TYPE] == REDIRECT and entry.manips != {"dst", "src"}:
            world.end("dropped", "nat: a redirect about a flow whose translation is not settled, dropped")
        return [world]
    if entry.confirmed and entry.reply.dport < 0 and world.hook is Hook.POST_ROUTING:
        world.assign(SPORT, None)
    manip = step.manip or ""
    if skb.values[CT_STATE] == CtState.ESTABLISHED or manip in entry.manips:
        return _nat_reroute(world)
    if entry.confirmed and skb.values[CT_STATE] == CtState.NEW:
        return [world]
    entry.manips |= {manip}
    asked = _table(world, HookStep(step.priority, "table", "nat")) if step.chain else [world]
    return [there for after in asked for there in _null_binding(after)]


def _null_binding(world: World) -> list[World]:
    """nf_nat_alloc_null_binding: without a NAT rule the tuple stays, unless another entry has the answer's tuple."""
    entry = world.skb.ct
    if entry is None or entry.confirmed or world.skb.fate is not None:
        return [world]
    taken = world.entries.get(entry.reply)
    if taken is not None and taken is not entry and world.hook is Hook.POST_ROUTING:
        # get_unique_tuple takes a free port at random: unknown, and unlike every port in the table.
        world.assign(SPORT, None)
        world.step("conntrack: the flow's tuple is taken, nat gives the packet another source port")
        entry.reply = replace(entry.reply, dport=-1 - len(world.entries))
    return [world]


def _nat_reroute(world: World) -> list[World]:
    """nf_nat_ipv4_local_fn: in LOCAL_OUT a packet whose entry is translated is routed again, with its mark."""
    skb = world.skb
    entry = skb.ct
    if world.hook is not Hook.LOCAL_OUT or entry is None or skb.values[CT_DIRECTION]:
        return [world]
    if entry.orig.dst != entry.reply.src:
        return _route_again(world)
    return [world]


def _route_again(world: World) -> list[World]:
    """ip_route_me_harder: a fresh output route for the packet as it is now."""
    route = route_output(world)
    if route is None or route.kind not in ("unicast", "local", "broadcast", "multicast"):
        world.end("dropped", "no route after the packet was changed in OUTPUT, dropped")
        return [world]
    # The out-interface that the rest of the hook's rules see stays the old one (nf_hook_state is not renewed).
    world.skb.route = route
    return [world]


def _mangle_output(world: World, step: HookStep) -> list[World]:
    """ipt_mangle_out: a changed mark, TOS or address means a new route (iptable_mangle.c)."""
    before = [world.skb.values[what] for what in (SRC, DST, MARK, TOS)]
    done = []
    for there in _table(world, HookStep(step.priority, "table", "mangle")):
        changed = there.skb.fate is None and before != [there.skb.values[what] for what in (SRC, DST, MARK, TOS)]
        done += _route_again(there) if changed else [there]
    return done


STEPS: dict[str, StepFunction] = {
    "table": _table,
    "conntrack_in": _conntrack_in,
    "conntrack_confirm": _confirm,
    "nat": _nat,
    "mangle_output": _mangle_output,
    "ip_vs_out_hook": lambda world, _step: ipvs.out_hook(world),
    "ip_vs_in_hook": lambda world, _step: ipvs.in_hook(world),
    "ip_vs_forward_icmp": lambda world, _step: ipvs.forward_icmp(world),
}
"""What each step of an era's hook table does."""

STOPS: dict[str, Pred] = {"ip_vs_post_routing": ipvs.MARKED_AS_DONE}
"""Steps that do nothing but accept some packets at once, past the rest of the hook (NF_STOP)."""


def out_device(route: RouteResult | None) -> str | None:
    """The device that rules see for a route."""
    if route is None:
        return None
    # A local route leads through the loopback device (net/ipv4/route.c __mkroute_output).
    return "lo" if route.kind == "local" else route.device
