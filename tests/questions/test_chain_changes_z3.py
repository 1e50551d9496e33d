"""The changed packets of flat chains against z3: first match as a formula."""

from __future__ import annotations

import random

import pytest

from lvsconf.kernel.host import Kernel
from lvsconf.model.effects import Verdict
from lvsconf.model.fields import FIELDS
from lvsconf.packets.packet_set import union
from lvsconf.packets.space import Space
from tests.packets.formulas import formula, variable, z3
from tests.questions.test_chain_changes import CHAIN, MATCHES, changes, edited, host, table_of

MODELS = 12


def rules(pick: random.Random) -> list[str]:
    found = []
    for _ in range(pick.randint(1, 8)):
        kinds = {word.removeprefix("! ")[:2]: word for word in pick.sample(MATCHES, pick.randint(0, 3))}
        words = [kinds[kind] for kind in sorted(kinds)]
        found.append(" ".join([f"filter -A {CHAIN}", *words, "-j", pick.choice(("ACCEPT", "DROP"))]))
    return found


def accepted(kernel: Kernel) -> object:
    """The first rule that matches decides, else the policy."""
    chain = table_of(kernel).chains[CHAIN]
    found: object = z3.BoolVal(chain.policy is Verdict.ACCEPT)
    for rule in reversed(chain.rules):
        found = z3.If(formula(rule.pred), z3.BoolVal(Verdict.ACCEPT in rule.effects), found)
    return found


@pytest.mark.parametrize("seed", range(25))
def test_a_solver_finds_the_same_packets(seed: int) -> None:
    pick = random.Random(seed)
    lines = rules(pick)
    old, new = Kernel(host(lines, "DROP")), Kernel(host(edited(pick, lines, rules(pick)), "DROP"))
    space = Space(4, nodes=1 << 18)
    found = union(space, [change.packets for change in changes(space, old, new)])
    # What comes to FORWARD has interfaces, and a ctstate that there is.
    there = z3.And(
        variable(FIELDS["meta.iif"]) != 0, variable(FIELDS["meta.oif"]) != 0, z3.ULE(variable(FIELDS["ct.state"]), 4)
    )
    differ = accepted(old) != accepted(new)
    for wanted, inside in ((differ, True), (z3.Not(differ), False)):
        solver = z3.Solver()
        solver.add(there, wanted)
        assert not inside or (solver.check() == z3.sat) is bool(found)
        for _ in range(MODELS):
            if solver.check() != z3.sat:
                break
            model = solver.model()
            values = {what: model.eval(variable(what), model_completion=True).as_long() for what in space.fields}
            assert space.holds(found, values) is inside
            other = pick.choice(space.fields)
            solver.add(variable(other) != values[other])
