"""Shrinking keeps what matters and leaves out the rest, a few boots for all of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lvsconf.lab.directors import draw
from lvsconf.lab.replay import Scenario
from lvsconf.lab.shrink import pieces, size, together, without
from tests.kernel.builders import host_of
from tests.kernel.drawn import USUAL, usual


def needs(scenario: Scenario, words: list[str]) -> bool:
    """A disagreement that hangs on some words, wherever they stand."""
    text = "\n".join([*scenario.files.values(), *map(str, scenario.packets)])
    return all(word in text for word in words)


def test_what_does_not_matter_goes() -> None:
    made = draw(3, USUAL, always=("fwmark",))
    words = ["-f 7", "'dport': 8000"] if any(p.get("dport") == 8000 for p in made.packets) else ["-f 7"]
    boots: list[int] = []

    def disagree(candidates: list[Scenario]) -> list[bool]:
        boots.append(len(candidates))
        return [needs(each, words) for each in candidates]

    (found,) = together([Scenario(made.files, made.packets)], disagree)
    assert needs(found, words)
    assert found.files["ipvsadm.rules"].count("\n") <= 2
    assert found.files["sysctl.conf"] == ""
    assert "-A" not in found.files["iptables.rules"]
    assert len(found.packets) <= 1
    assert len(boots) < 30


def test_several_share_their_boots() -> None:
    made = [Scenario(each.files, each.packets) for each in map(usual, range(4))]
    boots: list[int] = []

    def disagree(candidates: list[Scenario]) -> list[bool]:
        boots.append(len(candidates))
        return [needs(each, ["net.ipv4.ip_forward"]) for each in candidates]

    found = together(made, disagree)
    assert [each.files["sysctl.conf"].count("\n") for each in found] == [1, 1, 1, 1]
    assert len(boots) < 40


def test_nothing_that_matters_not_at_all() -> None:
    made = usual(5)
    (found,) = together([Scenario(made.files, made.packets)], lambda candidates: [True] * len(candidates))
    assert size(found) < size(Scenario(made.files, made.packets)) / 4
    (kept,) = together([Scenario(made.files, made.packets)], lambda candidates: [False] * len(candidates))
    assert kept == Scenario(made.files, made.packets)


REFERRED = ("iptables.rules", "ip6tables.rules", "ip-address.json")


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.data())
def test_whatever_is_left_out_can_still_be_read(seed: int, data: st.DataObject) -> None:
    made = usual(seed)
    scenario = Scenario(made.files, made.packets)
    # A match without its protocol, a jump to a chain or a route by a device that is gone is for the kernel to refuse.
    found = [each for each in pieces(scenario) if each.kind != "option" and each.file not in REFERRED]
    dropped = data.draw(st.lists(st.sampled_from(found), unique=True))
    rest = without(scenario, dropped)
    assert len(pieces(rest)) < len(pieces(scenario)) or not dropped
    host_of({name: text for name, text in rest.files.items() if text.strip() not in ("", "[]")})
