"""The hooks: each era's ordered steps, and what each step does with a packet."""

from __future__ import annotations

from collections.abc import Callable

from lvsconf.kernel import answers, conntrack, helpers, ipvs, nat
from lvsconf.kernel.chains import walk
from lvsconf.kernel.eras import HookStep
from lvsconf.kernel.net import Net
from lvsconf.kernel.world import World
from lvsconf.model.effects import Verdict
from lvsconf.model.fields import DST, MARK, SRC, TOS, TTL
from lvsconf.model.netfilter import Hook
from lvsconf.model.preds import Pred

StepFunction = Callable[[World, HookStep], list[World]]


def run_hook(world: World, hook: Hook) -> list[World]:
    """NF_HOOK: every step of a hook in order. Worlds whose packet met its fate come back too."""
    world.hook = hook
    live: list[World] = [world]
    done: list[World] = []
    for step, function in _steps(world, hook):
        waiting = live
        live = []
        for there in waiting:
            there.hook = hook
            if function is None:
                stopped, rest = there.split(STOPS[step.step])
                done += [stopped] if stopped is not None else []
                live += [rest] if rest is not None else []
                continue
            for after in function(there, step):
                (live if after.skb.fate is None and not after.lost else done).append(after)
    return [*live, *done]


def _steps(world: World, hook: Hook) -> tuple[tuple[HookStep, StepFunction | None], ...]:
    """The steps of a hook that do something on this host; those of STOPS have no function."""
    net = world.net
    found = net.steps.get(hook)
    if found is None:
        all_steps = world.kernel.era.hooks[hook]
        found = net.steps[hook] = tuple((step, STEPS.get(step.step)) for step in all_steps if _needed(net, step))
    return found


def _needed(net: Net, step: HookStep) -> bool:
    """Whether anything is registered for the step: a table that is loaded, a service, a user of conntrack."""
    if step.step == "table":
        return step.table in net.tables or (step.table == "filter" and bool(net.rules_unknown))
    if step.step in ("conntrack_in", "conntrack_confirm"):
        return net.conntrack
    if step.step.startswith("ip_vs_"):
        return net.ipvs_hooked
    return {"nat": "nat", "mangle_output": "mangle"}[step.step] in net.tables


def _table(world: World, step: HookStep) -> list[World]:
    name = step.table or ""
    net = world.net
    chain = world.hook.value
    worlds = [world]
    rules = net.tables.get(name)
    if rules is not None:
        worlds = []
        for there, verdict in walk(world, rules, chain, _reject):
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


def _nat(world: World, step: HookStep) -> list[World]:
    def consult(there: World) -> list[World]:
        return _table(there, HookStep(step.priority, "table", "nat")) if step.chain else [there]

    return nat.hook(world, consult)


def _mangle_output(world: World, step: HookStep) -> list[World]:
    """ipt_mangle_out, ip6t_mangle_out: a changed mark, TOS or address means a new route, in IPv6 a hop limit too."""
    fields = (SRC, DST, MARK, TOS) if world.family.version == 4 else (SRC, DST, MARK, TOS, TTL)
    before = [world.skb.values[what] for what in fields]
    done = []
    for there in _table(world, HookStep(step.priority, "table", "mangle")):
        changed = there.skb.fate is None and before != [there.skb.values[what] for what in fields]
        done += nat.route_again(there) if changed else [there]
    return done


STEPS: dict[str, StepFunction] = {
    "table": _table,
    "conntrack_in": lambda world, _step: conntrack.conntrack_in(world),
    "conntrack_confirm": lambda world, _step: helpers.confirm(world),
    "nat": _nat,
    "mangle_output": _mangle_output,
    "ip_vs_out_hook": lambda world, _step: ipvs.out_hook(world),
    "ip_vs_in_hook": lambda world, _step: ipvs.in_hook(world),
    "ip_vs_forward_icmp": lambda world, _step: ipvs.forward_icmp(world),
}
"""What each step of an era's hook table does."""

STOPS: dict[str, Pred] = {"ip_vs_post_routing": ipvs.MARKED_AS_DONE}
"""Steps that do nothing but accept some packets at once, past the rest of the hook (NF_STOP)."""
