"""What the input leaves open: every way is followed, each says when it is taken, and none of them lies."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsconf.kernel.chains import WORLD_LIMIT
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import REPLAY_LIMIT, outcomes, replay
from lvsconf.kernel.world import PacketResult, World
from lvsconf.packets.packet import parse_list
from tests.kernel.builders import Packets, director, host_of, packets, run
from tests.kernel.drawn import usual

SERVICES = ("-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -m -w 1")
CONNECTION = packets("> S", "< SA", "> A", "> FA", "> S CIP:40001>VIP:81")


def without(files: dict[str, str], *names: str) -> dict[str, str]:
    return {name: text for name, text in files.items() if name not in names}


def seen(result: PacketResult) -> tuple[object, ...]:
    return result.trace, result.egress, result.fate


def sysctl_of(world: World) -> str:
    """The settings that a way took for granted, as a file."""
    lines = [f"net.ipv4.conf.all.{key} = 0" for key in ("rp_filter", "accept_local", "send_redirects")]
    for fact, value in world.assumed.items():
        device, _, key = fact.partition(".")
        full = fact if fact.startswith("net.") else f"net.ipv4.conf.{device}.{key}" if key else f"net.ipv4.{fact}"
        lines.append(f"{full} = {value}")
    return "".join(f"{line}\n" for line in lines)


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_each_way_is_what_happens_under_the_settings_that_it_takes_for_granted(seed: int) -> None:
    made = usual(seed)
    files = without(made.files, "sysctl.conf")
    sent = parse_list(made.packets[:6])
    worlds = replay(Kernel(host_of(files)), sent)
    for world in worlds[:: max(1, len(worlds) // 8)]:
        if any(result.fate is None for result in world.results):
            continue
        kernel = Kernel(host_of({**files, "sysctl.conf": sysctl_of(world)}))
        known = replay(kernel, sent)
        told = [seen(result) for result in world.results]
        assert told in [[seen(result) for result in each.results] for each in known], world.when


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_the_ways_cover_every_value_of_what_they_take_for_granted(seed: int) -> None:
    made = usual(seed)
    files = without(made.files, "sysctl.conf")
    worlds = replay(Kernel(host_of(files)), parse_list(made.packets[:3]))
    if len(worlds) < REPLAY_LIMIT:
        taken = {frozenset(world.assumed.items()) for world in worlds}
        # Some ways end before a fact matters: what goes on from there counts, each fact for one half.
        last = {facts for facts in taken if not any(facts < other for other in taken)}
        assert sum(Fraction(1, 2 ** len(facts)) for facts in last) == 1


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from(["sysctl.conf", "sockets"]))
def test_what_really_happens_is_one_of_the_ways(seed: int, missing: str) -> None:
    made = usual(seed)
    files = made.files
    sent = parse_list(made.packets[:5])
    (known, *_) = replay(Kernel(host_of(files)), sent)
    worlds = replay(Kernel(host_of(without(files, missing))), sent)
    if len(worlds) == REPLAY_LIMIT:
        return
    for number, each in enumerate(outcomes(worlds, len(sent))):
        if all(way.fate is not None for way in each.outcomes):
            assert seen(known.results[number]) in [seen(way) for way in each.outcomes]


FILES = sorted(director(SERVICES))


@pytest.mark.parametrize("missing", FILES)
def test_ways_that_differ_say_when_they_are_taken(missing: str) -> None:
    files = director(SERVICES, ["filter -A INPUT -p tcp -m tcp --dport 80 -j ACCEPT"])
    for each in run(without(files, missing), CONNECTION):
        if len(each.outcomes) > 1:
            told = [way.when for way in each.outcomes]
            assert all(told)
            assert len(set(told)) == len(told)


FORKS = [
    # what is missing, the packet, the fates it may meet
    ("iptables.rules", "> S", {"forwarded", "dropped"}),
    ("iptables.rules", "> S CIP:40000>VIP:81", {"local", "dropped"}),
    ("sockets", "> S CIP:40000>VIP:81", {"local"}),
    ("sockets", "> S", {"forwarded"}),
    ("ipvsadm.rules", "> S", {"local"}),
    ("uname", "> S", {"forwarded"}),
    ("ip-rule.json", "> S", {"forwarded"}),
    ("ip-route.json", "> S", {"forwarded"}),
    ("ip-address.json", "> S", {"forwarded"}),
    ("ip-address.json ip-route.json", "> S", {"forwarded"}),
    ("ip-address.json ip-route.json sysctl.conf", "> S CIP:40000>VIP:81", {"forwarded", "dropped", "local"}),
    ("sysctl.conf", "> S CIP:40000>RIP:22", {"forwarded", "dropped"}),
    ("sysctl.conf", "> A", {"forwarded", "local", "dropped"}),
    ("sysctl.conf", "> icmp:8 CIP>VIP", {"local"}),
]


@pytest.mark.parametrize(("missing", "line", "fates"), FORKS)
def test_what_may_become_of_a_packet(missing: str, line: str, fates: set[str]) -> None:
    files = without(director(SERVICES), *missing.split())
    (each,) = run(files, packets(line))
    assert {way.fate for way in each.outcomes} == fates


def test_closed_or_open_without_a_list_of_sockets() -> None:
    (each,) = run(without(director(SERVICES), "sockets"), packets("> S CIP:40000>VIP:81"))
    answered = {bool(way.egress): way.when for way in each.outcomes}
    assert set(answered) == {True, False}
    assert any("nothing listens on tcp port 81" in said for said in answered[True])


UNKNOWN_MATCH = ["filter -A INPUT -p tcp -m frobnicate --frob -j DROP"]
UNKNOWN_TARGET = ["filter -A INPUT -p tcp -j FROBNICATE"]


def faulty(rules: list[str], *lines: str, services: tuple[str, ...] = SERVICES) -> list[tuple[PacketResult, ...]]:
    kernel = Kernel(host_of(director(services, rules), faulty=True))
    sent = parse_list(packets(*lines))
    return [each.outcomes for each in outcomes(replay(kernel, sent), len(sent))]


def test_an_unknown_match_may_match_or_not() -> None:
    ((one, other),) = faulty(UNKNOWN_MATCH, "> S")
    by_fate = {one.fate: one, other.fate: other}
    assert set(by_fate) == {"dropped", "forwarded"}
    assert by_fate["dropped"].trace[-1].startswith("filter:INPUT:rule:1 ")
    assert not any(line.startswith("filter:INPUT:rule") for line in by_fate["forwarded"].trace)
    assert all("frobnicate" in " ".join(way.when) for way in (one, other))


def test_an_unknown_match_does_not_matter_where_the_rest_of_the_rule_says_no() -> None:
    ((only,),) = faulty(UNKNOWN_MATCH, "> icmp:8 CIP>VIP")
    assert only.when == ()


def test_an_unknown_target_may_pass_accept_or_drop() -> None:
    (ways,) = faulty([*UNKNOWN_TARGET, "filter -A INPUT -p tcp -j DROP"], "> S")
    assert len(ways) == 3
    assert sorted(str(way.fate) for way in ways) == ["dropped", "dropped", "forwarded"]
    assert sum(any("filter:INPUT:rule:2" in line for line in way.trace) for way in ways) == 1
    assert all("FROBNICATE" in " ".join(way.when) for way in ways)


def test_an_unknown_match_is_asked_again_for_each_packet() -> None:
    first, second = faulty(UNKNOWN_MATCH, "> S", "> S CIP:40001>VIP:80")
    assert {way.fate for way in first} == {way.fate for way in second} == {"dropped", "forwarded"}
    assert len(second) == 4


LOOP = ["filter :A -", "filter :B -", "filter -A INPUT -j A", "filter -A A -j B", "filter -A B -j A"]


def test_rules_that_lead_back_to_themselves_leave_the_fate_unknown() -> None:
    (ways,) = faulty(LOOP, "> S")
    assert [way.fate for way in ways] == [None]
    assert "leads back to itself" in " ".join(ways[0].when)


def test_what_becomes_of_later_packets_is_then_unknown_too() -> None:
    first, second = faulty(LOOP, "> S", "> icmp:8 CIP>VIP")
    assert [way.fate for way in (*first, *second)] == [None, None]


def test_a_chain_that_is_not_there_is_an_unknown_target() -> None:
    (ways,) = faulty(["filter -A INPUT -j NOWHERE"], "> S")
    assert sorted(str(way.fate) for way in ways) == ["dropped", "forwarded", "forwarded"]
    assert all("NOWHERE" in " ".join(way.when) for way in ways)


def many(count: int) -> list[str]:
    return [f"filter -A INPUT -p tcp -m frobnicate --number {number}" for number in range(count)]


@pytest.mark.parametrize("count", [5, 6, 7, 20, 200])
def test_ways_are_bounded_and_what_is_left_out_is_unknown(count: int) -> None:
    began = time.monotonic()
    (ways,) = faulty(many(count), "> S")
    assert time.monotonic() - began < 5
    # Those that wait are told too, as lost.
    assert len(ways) <= 2 * WORLD_LIMIT + count
    lost = [way for way in ways if way.fate is None]
    assert bool(lost) is (2**count > WORLD_LIMIT)
    assert all("the rest is unknown" in way.when[-1] for way in lost)


def test_ways_stay_bounded_from_packet_to_packet() -> None:
    began = time.monotonic()
    found = faulty(many(3), *(f"> S CIP:{port}>VIP:80" for port in range(40000, 40006)))
    assert time.monotonic() - began < 10
    assert all(len(ways) <= REPLAY_LIMIT for ways in found)
    assert any(way.fate is None for way in found[-1])


def test_what_an_earlier_packet_may_meet_is_not_forgotten_when_later_ones_have_too_many_ways() -> None:
    first, *_, last = faulty(many(3), *(f"> S CIP:{port}>VIP:80" for port in range(40000, 40006)))
    assert any(way.fate is None for way in last)
    assert len(first) == 8 or any(way.fate is None for way in first)


def test_a_scheduler_that_nobody_can_follow_may_pick_any_real_server() -> None:
    services = ("-A -t VIP:80 -s twos", *(f"-a -t VIP:80 -r {name}:80 -g -w 1" for name in ("RIP", "RIP2")))
    (each,) = run(director((*services, "-a -t VIP:80 -r RIP3:80 -g -w 0")), packets("> S"))
    assert {way.egress[0]["next_hop"] for way in each.outcomes} == {"10.0.0.2", "10.0.0.3"}
    assert all("twos picks" in " ".join(way.when) for way in each.outcomes)
    # The same client keeps what it was given.
    found = run(director((*services, "-a -t VIP:80 -r RIP3:80 -g -w 0")), packets("> S", "> A"))
    for way in found[1].outcomes:
        assert way.egress[0]["next_hop"] in " ".join(way.when)


@pytest.mark.parametrize(
    ("daemon", "role", "fates"),
    [
        (None, None, {"forwarded", "local"}),
        (None, "master", {"forwarded"}),
        ("", None, {"forwarded"}),
        ("master sync daemon (mcast=eth1, syncid=0)\n", None, {"forwarded"}),
        ("backup sync daemon (mcast=eth1, syncid=0)\n", None, {"local"}),
    ],
)
def test_backup_only_needs_a_backup_daemon(daemon: str | None, role: str | None, fates: set[str]) -> None:
    files = director(SERVICES, settings=["vs.backup_only=1"])
    if daemon is not None:
        files["ipvsadm-daemon"] = daemon
    (found,) = run(files, packets("> S"), role=role)
    assert {result.fate for result in found.outcomes} == fates
    if len(fates) > 1:
        assert {said for result in found.outcomes for said in result.when} == {
            "a sync daemon runs as backup",
            "no sync daemon runs as backup",
        }


@pytest.mark.parametrize("proto", [0, 43, 44, 51, 60])
def test_what_follows_an_ipv6_extension_header_is_unknown_and_later_packets_are_not(proto: int) -> None:
    reader = Packets(6)
    sent = [reader.read(f"> {proto} CIP>VIP"), reader.read("> S")]
    files = director(SERVICES, family=6, outside=("VIP/128", "VIP2/128"))
    (header,), (segment,) = (each.outcomes for each in run(files, sent))
    assert seen(header) == ((), (), None)
    assert segment.fate == "forwarded"
