"""The eras as data: in the kernel's own order, whole, and told in a golden each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from lvsconf.kernel import eras
from lvsconf.kernel.eras import Era, HookStep
from lvsconf.kernel.hooks import STEPS
from lvsconf.model.netfilter import BUILT_IN, Hook

NAMES = sorted(path.stem for path in Path(eras.__file__).parent.glob("*.yaml"))
each_era = pytest.mark.parametrize("era", [eras.load(name) for name in NAMES], ids=NAMES)

# enum nf_ip_hook_priorities, include/uapi/linux/netfilter_ipv4.h.
PRI_RAW, PRI_CONNTRACK, PRI_MANGLE, PRI_NAT_DST = -300, -200, -150, -100
PRI_FILTER, PRI_SECURITY, PRI_NAT_SRC = 0, 50, 100
PRI_CONNTRACK_CONFIRM = 2**31 - 1

TABLES = {"raw": PRI_RAW, "mangle": PRI_MANGLE, "filter": PRI_FILTER, "security": PRI_SECURITY}
# The arrays of nf_hook_ops: nf_conntrack_proto.c ipv4_conntrack_ops, nf_nat_proto.c nf_nat_ipv4_ops (and the lookups of
# iptable_nat.c beside them), ip_vs_core.c ip_vs_ops4.
OTHERS = {
    (Hook.PRE_ROUTING, "conntrack_in"): PRI_CONNTRACK,
    (Hook.LOCAL_OUT, "conntrack_in"): PRI_CONNTRACK,
    (Hook.POST_ROUTING, "conntrack_confirm"): PRI_CONNTRACK_CONFIRM,
    (Hook.LOCAL_IN, "conntrack_confirm"): PRI_CONNTRACK_CONFIRM,
    (Hook.PRE_ROUTING, "nat"): PRI_NAT_DST,
    (Hook.POST_ROUTING, "nat"): PRI_NAT_SRC,
    (Hook.LOCAL_OUT, "nat"): PRI_NAT_DST,
    (Hook.LOCAL_IN, "nat"): PRI_NAT_SRC,
    (Hook.LOCAL_IN, "ip_vs_out_hook"): PRI_NAT_SRC - 2,
    (Hook.LOCAL_IN, "ip_vs_in_hook"): PRI_NAT_SRC - 1,
    (Hook.LOCAL_OUT, "ip_vs_out_hook"): PRI_NAT_DST + 1,
    (Hook.LOCAL_OUT, "ip_vs_in_hook"): PRI_NAT_DST + 2,
    (Hook.FORWARD, "ip_vs_forward_icmp"): 99,
    (Hook.FORWARD, "ip_vs_out_hook"): 100,
}


def table_of(step: HookStep) -> str | None:
    return {"mangle_output": "mangle", "nat": "nat"}.get(step.step, step.table)


def told(era: Era) -> str:
    """The era as a person reads it."""
    lines = [f"{era.name}: kernels {era.kernels}, measured on {era.measured}", ""]
    for hook, steps in era.hooks.items():
        lines.append(f"{hook.name} ({hook.value})")
        lines += [
            f"  {step.priority:>11}  {' '.join(filter(None, (step.step, step.table, step.manip)))}" for step in steps
        ]
    machines = {"conntrack": era.conntrack_tcp, "IPVS": era.ipvs_tcp, "IPVS with secure_tcp:": era.ipvs_tcp_secure}
    for title, tables in machines.items():
        for name, table in tables.items():
            columns = list(next(iter(table.values())))
            lines += ["", f"{title} TCP, {name}", "          " + " ".join(f"{column:>2}" for column in columns)]
            lines += [
                f"  {segment:<8}" + " ".join(f"{row[column]:>2}" for column in columns)
                for segment, row in table.items()
            ]
    for title, timeouts in (("conntrack", era.conntrack_timeouts), ("IPVS", era.ipvs_timeouts)):
        lines += ["", f"{title} timeouts", "  " + ", ".join(f"{name} {value}" for name, value in timeouts.items())]
    lines += ["", "IPVS states that count as active", "  " + ", ".join(sorted(era.ipvs_active))]
    return "\n".join(lines) + "\n"


@each_era
def test_golden(era: Era, golden) -> None:
    golden(f"kernel/{era.name}.txt", told(era))


@each_era
def test_a_file_is_called_as_its_era(era: Era) -> None:
    assert era.name in NAMES


@each_era
def test_every_hook_runs_in_the_kernels_order(era: Era) -> None:
    assert list(era.hooks) == list(Hook)
    for steps in era.hooks.values():
        priorities = [step.priority for step in steps]
        assert priorities == sorted(set(priorities))


@each_era
def test_every_step_has_the_kernels_priority(era: Era) -> None:
    for hook, steps in era.hooks.items():
        for step in steps:
            table = table_of(step)
            expected = OTHERS.get((hook, step.step), TABLES.get(table or ""))
            assert step.priority == expected, (hook, step)
    here = {(hook, step.step) for hook, steps in era.hooks.items() for step in steps}
    assert set(OTHERS) <= here


@each_era
def test_every_step_has_a_function(era: Era) -> None:
    assert {step.step for steps in era.hooks.values() for step in steps} == set(STEPS)


@each_era
def test_every_built_in_chain_is_asked_exactly_once(era: Era) -> None:
    asked = Counter(
        (table_of(step), hook.value) for hook, steps in era.hooks.items() for step in steps if table_of(step)
    )
    assert asked == Counter({(table, chain): 1 for table, chains in BUILT_IN.items() for chain in chains})


@each_era
def test_nat_works_on_the_destination_first(era: Era) -> None:
    manips = {hook: step.manip for hook, steps in era.hooks.items() for step in steps if step.step == "nat"}
    destination, source = "dst", "src"
    assert manips == {
        Hook.PRE_ROUTING: destination,
        Hook.LOCAL_OUT: destination,
        Hook.LOCAL_IN: source,
        Hook.POST_ROUTING: source,
    }


@each_era
def test_state_tables_are_closed(era: Era) -> None:
    for tables, verdicts, timeouts in (
        (era.conntrack_tcp, {"IV", "IG"}, era.conntrack_timeouts),
        (era.ipvs_tcp, set(), era.ipvs_timeouts),
        (era.ipvs_tcp_secure, set(), era.ipvs_timeouts),
    ):
        states = {state for table in tables.values() for row in table.values() for state in row}
        for table in tables.values():
            for row in table.values():
                assert set(row) == states
                assert set(row.values()) <= (states | verdicts)
        assert states - {"-"} <= set(timeouts)
        assert all(seconds > 0 for seconds in timeouts.values())
    assert set(era.ipvs_active) <= set(era.ipvs_timeouts)
    assert {tuple(table) for table in era.conntrack_tcp.values()} == {("syn", "synack", "fin", "ack", "rst", "none")}


@each_era
def test_a_reply_is_never_the_first_packet_of_an_entry(era: Era) -> None:
    assert {row["-"] for row in era.conntrack_tcp["reply"].values()} == {"IV"}


@pytest.mark.parametrize(
    ("release", "granted", "doubted"),
    [
        (None, True, False),
        ("6.1.0-56-cloud-amd64", False, False),
        ("5.10", False, False),
        ("10.0-rc1", False, False),
        ("5.9.16", False, True),
        ("4.19.0-27-amd64", False, True),
        ("2.6.18-8.el5", False, True),
        ("mainline", False, True),
    ],
)
def test_which_era_a_release_belongs_to(release: str | None, granted: bool, doubted: bool) -> None:
    era, assumed, unproven = eras.for_kernel(release)
    assert era.name == eras.NEWEST
    assert (bool(assumed), bool(unproven)) == (granted, doubted)
    assert all(release is None or release in said for said in unproven)
