"""The eras as data: in the kernel's own order, whole, and told in a golden each."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest

from lvsconf.kernel import eras
from lvsconf.kernel.eras import Era
from lvsconf.kernel.hooks import STEPS, STOPS
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.settings import Settings
from lvsconf.languages.sysctl import table as keys
from lvsconf.model.host import Sysctl
from lvsconf.model.netfilter import BUILT_IN, Hook
from tests.kernel.builders import director, host_of

NAMES = sorted(path.stem for path in Path(eras.__file__).parent.glob("*.yaml"))
each_era = pytest.mark.parametrize("era", [eras.load(name) for name in NAMES], ids=NAMES)

# enum nf_ip_hook_priorities, include/uapi/linux/netfilter_ipv4.h.
PRI_RAW, PRI_CONNTRACK, PRI_MANGLE, PRI_NAT_DST = -300, -200, -150, -100
PRI_FILTER, PRI_SECURITY, PRI_NAT_SRC = 0, 50, 100
PRI_CONNTRACK_CONFIRM = 2**31 - 1

TABLES = {"raw": PRI_RAW, "mangle": PRI_MANGLE, "filter": PRI_FILTER, "security": PRI_SECURITY}
# The arrays of nf_hook_ops: nf_conntrack_proto.c ipv4_conntrack_ops, nf_nat_proto.c nf_nat_ipv4_ops (and the lookups of
# iptable_nat.c beside them), ip_vs_core.c ip_vs_ops4.
NEWEST = {
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
LOCAL = {key: value for key, value in NEWEST.items() if key[0] is not Hook.LOCAL_OUT or "ip_vs" not in key[1]}
# Section 1.2 of the kernel's facts: 2.6.39.3 asks for requests after nat; up to 2.6.32 there is nothing of IPVS in
# LOCAL_OUT and ip_vs_post_routing in POST_ROUTING.
OLD = {
    **{key: value for key, value in LOCAL.items() if key != (Hook.LOCAL_IN, "ip_vs_out_hook")},
    (Hook.LOCAL_IN, "ip_vs_in_hook"): 100,
    (Hook.POST_ROUTING, "ip_vs_post_routing"): PRI_NAT_SRC - 1,
}
OTHERS = {
    "linux-2.4": {
        **{key: value for key, value in OLD.items() if key != (Hook.LOCAL_IN, "nat")},
        (Hook.LOCAL_IN, "conntrack_confirm"): PRI_CONNTRACK_CONFIRM - 1,
    },
    "linux-2.6": OLD,
    "linux-2.6.32": OLD,
    "linux-2.6.37": {**NEWEST, (Hook.LOCAL_IN, "ip_vs_out_hook"): 99, (Hook.LOCAL_IN, "ip_vs_in_hook"): 101},
}
NO_SECURITY = {("security", chain) for chain in BUILT_IN["security"]}
ABSENT = {
    "linux-2.4": {("raw", "PREROUTING"), ("raw", "OUTPUT"), ("nat", "INPUT"), *NO_SECURITY},
    "linux-2.6": {("nat", "INPUT"), *NO_SECURITY},
    "linux-2.6.32": {("nat", "INPUT")},
}
"""Chains that were not there yet (section 1.1)."""


def told(era: Era) -> str:
    """The era as a person reads it."""
    read = ", ".join(era.read) or "none of them"
    lines = [f"{era.name}: kernels {era.kernels}, read {read}, measured on {era.measured or 'none'}", ""]
    for hook, steps in era.hooks.items():
        lines.append(f"{hook.name} ({hook.value})")
        lines += [
            f"  {step.priority:>11}  {' '.join(filter(None, (step.step, step.table, step.manip)))}"
            + ("" if step.chain else ", no chain")
            for step in steps
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
    lines += ["", "behaviour"]
    lines += [f"  {each.name}: {getattr(era.behaviour, each.name)}" for each in fields(era.behaviour)]
    lines += ["", "settings that are not there, and what counts instead"]
    lines += [f"  {key} = {value}" for key, value in sorted(era.without.items())]
    lines += ["", "what is not there"]
    lines += [f"  {kind}: {', '.join(names)}" for kind, names in era.lacks.items() if names]
    return "\n".join(line.rstrip() for line in lines) + "\n"


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
        assert priorities == sorted(priorities)
        tied = {priority for priority, count in Counter(priorities).items() if count > 1}
        # 8.2: nat and IPVS share a priority up to 2.6.36.
        assert tied <= ({100} if era.behaviour.localnode else set())


@each_era
def test_every_step_has_the_kernels_priority(era: Era) -> None:
    others = OTHERS.get(era.name, NEWEST)
    for hook, steps in era.hooks.items():
        for step in steps:
            expected = others.get((hook, step.step), TABLES.get(step.asks or ""))
            assert step.priority == expected, (hook, step)
    here = {(hook, step.step) for hook, steps in era.hooks.items() for step in steps}
    assert set(others) <= here


@each_era
def test_every_step_has_a_function(era: Era) -> None:
    assert {step.step for steps in era.hooks.values() for step in steps} <= set(STEPS) | set(STOPS)


@each_era
def test_every_built_in_chain_is_asked_exactly_once(era: Era) -> None:
    asked = Counter((step.asks, hook.value) for hook, steps in era.hooks.items() for step in steps if step.asks)
    wanted = {(table, chain) for table, chains in BUILT_IN.items() for chain in chains} - ABSENT.get(era.name, set())
    assert asked == Counter(dict.fromkeys(wanted, 1))
    assert era.chains == wanted


@each_era
def test_nat_works_on_the_destination_first(era: Era) -> None:
    manips = {hook: step.manip for hook, steps in era.hooks.items() for step in steps if step.step == "nat"}
    destination, source = "dst", "src"
    wanted = {
        Hook.PRE_ROUTING: destination,
        Hook.LOCAL_OUT: destination,
        Hook.LOCAL_IN: source,
        Hook.POST_ROUTING: source,
    }
    # 1.1: in 2.4 nothing of nat is registered at LOCAL_IN that a packet could notice.
    assert manips == {hook: manip for hook, manip in wanted.items() if hook in manips}
    assert set(wanted) - set(manips) <= ({Hook.LOCAL_IN} if era.name == "linux-2.4" else set())


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
    if era.behaviour.tcp_window:
        assert {row["-"] for row in era.conntrack_tcp["reply"].values()} == {"IV"}
    assert era.conntrack_tcp["reply"]["none"]["-"] == "IV"


FIRST = {"syn": "SS", "synack": "IV", "fin": "IV", "ack": "ES", "rst": "IV", "none": "IV"}
FIRST_2_4 = {"syn": "SS", "synack": "SS", "fin": "TW", "ack": "ES", "rst": "CL", "none": "IV"}


@each_era
def test_what_a_first_segment_makes_of_an_entry(era: Era) -> None:
    """Section 3.2: the same from 2.6.18 on."""
    first = {segment: row["-"] for segment, row in era.conntrack_tcp["original"].items()}
    assert first == (FIRST if era.behaviour.tcp_window else FIRST_2_4)


@each_era
def test_what_older_conntrack_tables_say_otherwise(era: Era) -> None:
    """Section 3.2, "older tables"."""
    if era.name == "linux-2.4":
        return
    newest = eras.load(eras.NEWEST).conntrack_tcp
    different = {
        f"{direction} {segment} {state}"
        for direction, table in era.conntrack_tcp.items()
        for segment, row in table.items()
        for state, following in row.items()
        if following != newest[direction][segment][state]
    }
    middle = ("SR", "ES", "FW", "CW", "LA", "TW", "CL")
    wanted = set()
    if era.name in ("linux-2.6", "linux-2.6.32", "linux-2.6.37"):
        wanted |= {f"original synack {state}" for state in middle if era.name != "linux-2.6" or state == "SR"}
    if era.name not in ("linux-4.12", "linux-5.3", "linux-5.10"):
        wanted.add("reply syn TW")
    if era.name in ("linux-2.6", "linux-2.6.32"):
        wanted.add("reply synack SR")
    if era.name == "linux-2.6":
        wanted |= {f"original {segment} S2" for segment in ("syn", "synack", "rst")}
        wanted |= {f"reply {segment} S2" for segment in ("syn", "synack", "ack", "rst")} | {"reply syn SS"}
    assert different == wanted


@each_era
def test_before_sloppy_tcp_an_ack_opens_nothing(era: Era) -> None:
    """Section 4.2: NO in the tables up to 3.10; 4.6: active states."""
    old = eras.version(era.first) < (4, 4)
    for tables in (era.ipvs_tcp, era.ipvs_tcp_secure):
        assert {tables[name]["ack"]["NO"] for name in ("in", "input_only")} == {"CL" if old else "ES"}
    assert era.ipvs_active == ({"ES"} if eras.version(era.first) < (3, 0) else {"ES", "SS", "SR", "SA"})


@each_era
def test_settings_that_are_not_there_have_not_come_yet(era: Era) -> None:
    """Section 5.1, "first tree"."""
    known = keys.table()
    missing = {
        key
        for key, each in known.items()
        if key.startswith("net.ipv4.vs.") and isinstance(each.default, int)
        for release in era.read
        if keys.exists(each, release) is False
    }
    assert missing - LATE <= set(era.without) or not era.read
    assert all(
        keys.exists(known[key], release) is not True
        for key in era.without
        if key in known and known[key].first is not None
        for release in era.read
    )


LATE = {"net.ipv4.vs.est_nice", "net.ipv4.vs.lblc_expiration", "net.ipv4.vs.lblcr_expiration"}
"""Have no effect on a packet's way."""


@each_era
def test_a_setting_that_is_not_there_counts_as_what_the_kernel_does(era: Era) -> None:
    for listed in (None, Sysctl({})):
        settings = Settings(listed, era)
        for key, value in era.without.items():
            assert settings.get(key.replace("*", "eth0")) == value


@pytest.mark.parametrize(
    ("release", "era", "granted", "doubted"),
    [
        (None, "linux-5.10", True, 0),
        ("10.0-rc1", "linux-5.10", False, 0),
        ("6.1.0-56-cloud-amd64", "linux-5.10", False, 0),
        ("6.6.30", "linux-5.10", False, 0),
        # Between 5.4.18 and 6.1.192.
        ("5.10", "linux-5.10", True, 0),
        ("5.9.16", "linux-5.3", False, 2),
        ("5.4.0-150-generic", "linux-5.3", False, 1),
        ("5.3", "linux-5.3", False, 2),
        ("4.19.0-27-amd64", "linux-4.12", False, 2),
        ("4.11", "linux-4.4", False, 2),
        ("4.4.0", "linux-4.4", False, 1),
        ("3.16.0-11-amd64", "linux-3", False, 2),
        ("3.10.0-1160.el7.x86_64", "linux-3", False, 1),
        ("3.2.0-4-amd64", "linux-3", False, 2),
        ("2.6.39.4", "linux-2.6.37", False, 1),
        ("2.6.37", "linux-2.6.37", False, 2),
        ("2.6.36", "linux-2.6.32", False, 2),
        ("2.6.32-754.el6.x86_64", "linux-2.6.32", False, 1),
        ("2.6.26-2-686", "linux-2.6", False, 2),
        ("2.6.18-8.el5", "linux-2.6", False, 1),
        ("2.6.9-5.EL", "linux-2.6", False, 2),
        ("2.4.27", "linux-2.4", False, 1),
        ("2.4.18", "linux-2.4", False, 2),
        ("2.2.19", "linux-2.4", False, 2),
    ],
)
def test_which_era_a_release_belongs_to(release: str | None, era: str, granted: bool, doubted: int) -> None:
    found, assumed, unproven = eras.for_kernel(release)
    assert found.name == era
    assert (bool(assumed), len(unproven)) == (granted, doubted)
    assert all(release is None or release in said for said in (*assumed, *unproven))
    assert all("from source, not measured" in said for said in unproven[:1])
    assert all(found.kernels in said for said in unproven[1:])


@pytest.mark.parametrize("release", ["mainline", "", "six", "v6.1", "6"])
def test_what_is_no_release(release: str) -> None:
    with pytest.raises(ValueError, match="kernel release"):
        eras.for_kernel(release)


def test_eras_follow_each_other() -> None:
    firsts = [eras.version(eras.load(name).first) for name in eras.names()]
    assert firsts == sorted(set(firsts))
    assert set(eras.names()) == set(NAMES)
    for era in map(eras.load, NAMES):
        assert all(eras.for_kernel(release)[0] is era for release in era.read)


FOREIGN = [
    # kernel, what the director has, what is said
    ("2.6.32", {"settings": ["vs.conntrack=1"]}, "have no net.ipv4.vs.conntrack: its value is ignored"),
    ("2.6.32", {"settings": ["eth1.accept_local=1"]}, "have no net.ipv4.conf.eth1.accept_local: its value is ignored"),
    ("2.6.32", {"rules": ["nat -A INPUT -j ACCEPT"]}, "have no chain INPUT in table nat: its rules are ignored"),
    ("2.6.18", {"rules": ["security -A INPUT -j ACCEPT"]}, "have no chain INPUT in table security: its rules are"),
    ("2.4.27", {"rules": ["raw -A PREROUTING -j NOTRACK"]}, "have no chain PREROUTING in table raw: its rules are"),
    ("2.6.32", {"rules": ["filter -A OUTPUT -m ipvs --ipvs -j ACCEPT"]}, "have no match ipvs: it is taken to be there"),
    ("4.9", {"services": ["-A -t VIP:80 -s mh"]}, "have no scheduler mh: it is taken to be there"),
    ("2.6.32", {"services": ["-A -t VIP:80 -s rr"], "rules": ["nat"]}, "nat comes before ip_vs_in_hook at LOCAL_IN"),
]


@pytest.mark.parametrize(("release", "ground", "said"), FOREIGN)
def test_what_a_kernel_does_not_have_is_said(release: str, ground: dict[str, list[str]], said: str) -> None:
    files = {**director(**ground), "uname": f"{release}\n"}
    faulty = bool(ground.get("settings"))
    told = " ".join(Kernel(host_of(files, faulty=faulty and "vs." in ground["settings"][0])).assumed)
    assert said in told
    newest = " ".join(Kernel(host_of(director(**ground))).assumed)
    assert said not in newest
