"""A finding is proven only if it holds for every value of what the input leaves open; otherwise it says so."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.findings import Certainty, Result
from lvsconf.kernel.host import PICKS_ONLY
from tests.kernel.builders import director
from tests.kernel.drawn import usual
from tests.lint.asking import SAMPLES, lint_of, places, sample

FILES = ("iptables.rules", "ipvsadm.rules", "sysctl.conf", "ip-address.json", "ip-route.json", "ip-rule.json", "uname")

DEFAULTS = {
    **{f"net.ipv4.vs.{key}": 0 for key in ("conntrack", "drop_packet", "sloppy_tcp", "expire_nodest_conn",
                                           "expire_quiescent_template", "nat_icmp_send", "cache_bypass")},
    **{f"net.ipv4.vs.{key}": 1 for key in ("snat_reroute", "conn_reuse_mode", "pmtu_disc")},
    "net.ipv4.ip_forward": 0,
    "net.netfilter.nf_conntrack_tcp_loose": 1,
    "net.netfilter.nf_conntrack_tcp_be_liberal": 0,
    **{f"net.ipv4.conf.{device}.{key}": 0 for device in ("eth0", "eth1") for key in ("rp_filter", "accept_local")},
    **{f"net.ipv4.conf.{device}.send_redirects": 1 for device in ("eth0", "eth1")},
}  # fmt: skip


def settings() -> Iterator[dict[str, int]]:
    """Values for all keys: the defaults, each key the other way, all the same, and some at random."""
    yield DEFAULTS
    for key, value in DEFAULTS.items():
        yield {**DEFAULTS, key: 1 - value}
    yield {**DEFAULTS, "net.ipv4.ip_forward": 1}
    yield dict.fromkeys(DEFAULTS, 0)
    yield dict.fromkeys(DEFAULTS, 1)
    pick = random.Random(5)
    for _ in range(4):
        yield {key: pick.randint(0, 1) for key in DEFAULTS}


def written(values: dict[str, int]) -> str:
    zero = "".join(f"net.ipv4.conf.all.{key} = 0\n" for key in ("rp_filter", "accept_local", "send_redirects"))
    return zero + "".join(f"{key} = {value}\n" for key, value in values.items())


@cache
def enumerated(name: str) -> tuple[Result, ...]:
    """The findings of a sample under each of the settings."""
    files = sample(name)
    return tuple(lint_of({**files, "sysctl.conf": written(values)}) for values in settings())


@cache
def without(name: str, *missing: str) -> Result:
    return lint_of({file: text for file, text in sample(name).items() if file not in missing})


@pytest.mark.parametrize("missing", ["", *FILES])
@pytest.mark.parametrize("name", SAMPLES)
def test_possible_findings_say_what_they_assume_and_proven_ones_assume_nothing(name: str, missing: str) -> None:
    for finding in without(name, missing).findings:
        assert bool(finding.assumes) is (finding.certainty is Certainty.POSSIBLE)
        assert all(said.strip() for said in finding.assumes)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_proven_without_settings_holds_under_all_of_them(name: str) -> None:
    proven = [each for each in without(name, "sysctl.conf").findings if each.certainty is Certainty.PROVEN]
    for result in enumerated(name):
        assert places(proven) <= places(result.findings)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_found_without_settings_happens_under_some(name: str) -> None:
    somewhere = set().union(*(places(result.findings) for result in enumerated(name)))
    assert places(without(name, "sysctl.conf").findings) <= somewhere


def codes(result: Result) -> set[str]:
    return {each.code for each in (*result.findings, *result.skipped)}


@pytest.mark.parametrize("name", SAMPLES)
def test_what_holds_under_all_settings_is_found_without_them(name: str) -> None:
    always = set.intersection(*({each.code for each in result.findings} for result in enumerated(name)))
    assert always <= codes(without(name, "sysctl.conf"))


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("missing", [file for file in FILES if file != "sysctl.conf"])
def test_a_finding_that_needs_no_more_than_is_there_stays_or_its_rule_is_skipped(name: str, missing: str) -> None:
    assert {each.code for each in without(name).findings} <= codes(without(name, missing))


@pytest.mark.parametrize("missing", ["sysctl.conf", "ip-address.json", "ip-route.json", "ip-rule.json", "uname"])
@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_missing_is_told(name: str, missing: str) -> None:
    whole, part = without(name), without(name, missing)
    said = set(part.assumed) - set(whole.assumed)
    skipped = {each.code for each in part.skipped} - {each.code for each in whole.skipped}
    assert said or skipped


SERVICE = ["-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -g -w 1"]
NEW = ["filter :INPUT DROP", "filter -A INPUT -p tcp -m tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT"]


def findings(files: dict[str, str]) -> dict[str, Certainty]:
    return {each.code: each.certainty for each in lint_of(files).findings}


def test_an_unknown_match_makes_a_finding_possible_or_none() -> None:
    files = director(SERVICE, ["filter -A INPUT -p tcp -m frobnicate --frob -j ACCEPT", *NEW])
    assert Certainty.PROVEN not in [each for code, each in findings(files).items() if code[3] != "0"]


def test_an_unknown_match_that_does_not_matter_hides_none_that_does() -> None:
    """Worlds that differ in a LOG only are joined: they keep what both assume of the rule behind it."""
    rules = [f"filter -A INPUT -m limit --limit {n}/sec -j LOG" for n in (1, 2)]
    rules += ["filter -A INPUT -p tcp -m tcp --dport 80 -m recent --rcheck --name a --rsource -j ACCEPT"]
    (found,) = lint_of(director(SERVICE, ["filter :INPUT DROP", *rules])).findings
    assert (found.code, found.certainty) == ("LVS312", Certainty.POSSIBLE)
    assert ["recent" in said for said in found.assumes] == [True]


def test_an_unknown_match_that_can_not_matter_changes_nothing() -> None:
    files = director(SERVICE, [*NEW, "filter -A INPUT -p udp -m frobnicate --frob -j ACCEPT"])
    assert findings(files)["LVS301"] is Certainty.PROVEN


def test_nothing_is_proven_of_a_kernel_that_is_not_modelled() -> None:
    files = director(SERVICE, NEW)
    assert findings(files) == {"LVS301": Certainty.PROVEN}
    assert findings({**files, "uname": "4.19.0-27-amd64\n"}) == {"LVS301": Certainty.POSSIBLE}


def test_every_pick_of_the_scheduler_counts() -> None:
    services = ["-A -t VIP:80 -s sh", "-a -t VIP:80 -r RIP:80 -g -w 1", "-a -t VIP:80 -r DIP:80 -g -w 1"]
    rules = ["filter :OUTPUT DROP", "filter -A OUTPUT -p icmp -j ACCEPT"]
    # Only what goes to the remote real server is lost.
    assert findings(director(services, rules)).get("LVS308") is Certainty.POSSIBLE
    assert findings(director(services[:2], rules)) == {"LVS308": Certainty.PROVEN}


@given(seed=st.integers(0, 1_000_000), key=st.sampled_from(sorted(PICKS_ONLY)), value=st.sampled_from([1, 3]))
def test_no_finding_hangs_on_what_people_are_not_told(seed: int, key: str, value: int) -> None:
    files = usual(seed).files
    assert key not in files["sysctl.conf"]
    result = lint_of(files)
    changed = lint_of({**files, "sysctl.conf": f"{files['sysctl.conf']}{key} = {value}\n"})
    assert changed.findings == result.findings


@given(seed=st.integers(0, 1_000_000))
def test_no_finding_hangs_on_the_order_of_real_servers(seed: int) -> None:
    files = usual(seed).files
    services: list[list[str]] = []
    for line in files["ipvsadm.rules"].splitlines():
        services.append([line]) if line.startswith("-A") else services[-1].append(line)
    turned = [line for head, *servers in services for line in (head, *reversed(servers))]
    result, other = (lint_of(each) for each in (files, {**files, "ipvsadm.rules": "\n".join(turned) + "\n"}))
    assert {(each.code, each.certainty) for each in other.findings} == {
        (each.code, each.certainty) for each in result.findings
    }
