"""Random directors: the same for the same seed, readable whole, and each feature brings what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import replay
from lvsconf.lab import directors, wire
from lvsconf.lab.directors import PACKETS, Director, draw
from lvsconf.packets.packet import parse_list
from tests.kernel.builders import host_of

STEPS = {"ground", "services", "settings", "matches", "targets", "rules", "flow", "finish"}
DATA = {"SHARE", "METHODS", "FLOWS"}


@given(st.integers(0, 10**6))
def test_a_seed_gives_one_director(seed: int) -> None:
    assert draw(seed) == draw(seed)


@pytest.mark.parametrize("name", directors.names())
def test_a_feature_says_what_it_adds(name: str) -> None:
    module = directors.feature(name)
    assert module.__doc__
    assert (STEPS | DATA) & set(vars(module))
    assert 0 < getattr(module, "SHARE", 1) <= 1


@pytest.mark.parametrize("name", directors.names())
def test_what_a_feature_draws_can_be_read_built_and_walked(name: str) -> None:
    for seed in range(12):
        made = draw(seed, always=(name,))
        assert name in made.features
        sendable(made)


def test_features_change_what_is_drawn() -> None:
    for name in directors.names():
        others = set(directors.names()) - {name}
        with_it = [(each.files, each.packets) for each in (draw(seed, others, always=(name,)) for seed in range(8))]
        without = [(each.files, each.packets) for each in (draw(seed, others) for seed in range(8))]
        assert with_it != without, name


@given(st.integers(0, 10**6))
def test_every_director_can_be_read_built_and_walked(seed: int) -> None:
    sendable(draw(seed))


def sendable(made: Director) -> None:
    """host_of complains of what is not understood."""
    assert 0 < len(made.packets) <= PACKETS
    for packet in made.packets:
        wire.build(packet)
    parsed = parse_list(made.packets)
    worlds = replay(Kernel(host_of(made.files)), parsed)
    assert all(len(world.results) == len(parsed) for world in worlds)


def test_a_name_that_is_none() -> None:
    with pytest.raises(LookupError):
        draw(1, ["nonsense"])
