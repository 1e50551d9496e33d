"""IPVS's TCP machine over whole connections: the state after each packet (facts 4.2 to 4.4)."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.kernel import eras
from lvsconf.kernel.host import Kernel
from lvsconf.kernel.replay import inject, start
from lvsconf.packets.packet import parse_list
from tests.kernel.builders import address, director, host_of, packets

NAT = ("-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -m -w 1")
DR = ("-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -g -w 1")
TUN = ("-A -t VIP:80 -s rr", "-a -t VIP:80 -r RIP:80 -i -w 1")


@cache
def kernel(services: tuple[str, ...], settings: str = "") -> Kernel:
    return Kernel(host_of(director(services, settings=settings.split())))


def states(services: tuple[str, ...], lines: list[str], settings: str = "") -> str:
    """The states of the only connection, one after each packet."""
    world = start(kernel(services, settings))
    found = []
    for packet in parse_list(packets(*lines)):
        (world,) = inject(world, packet)
        known = {id(each): each for each in world.connections.values()}
        assert len(known) <= 1
        found.append("".join(each.tcp for each in known.values()) or "--")
    return " ".join(found)


LIVES = [
    ("NAT, the client closes", NAT, "", ["> S", "< SA", "> A", "> FA", "< A", "< FA", "> A"], "SR SR ES CW CW TW TW"),
    ("NAT, the server closes", NAT, "", ["> S", "< SA", "> A", "< FA", "> A", "> FA", "< A"], "SR SR ES FW FW TW TW"),
    ("NAT, the client resets", NAT, "", ["> S", "< SA", "> A", "> R"], "SR SR ES CL"),
    ("NAT, the server refuses", NAT, "", ["> S", "< RA"], "SR CL"),
    ("NAT, both close at once", NAT, "", ["> S", "< SA", "> A", "> FA", "< FA"], "SR SR ES CW TW"),
    ("NAT, the server's FIN before the ACK", NAT, "", ["> S", "< SA", "< FA", "> A"], "SR SR TW TW"),
    ("DR, the client closes", DR, "", ["> S", "> A", "> FA", "> A"], "SR ES FW FW"),
    ("DR, the server closes, the client only acknowledges", DR, "", ["> S", "> A", "> A", "> A"], "SR ES ES ES"),
    ("DR, the client resets half-open", DR, "", ["> S", "> R"], "SR SR"),
    ("DR, the client resets", DR, "", ["> S", "> A", "> RA"], "SR ES CL"),
    ("DR, FIN right after the SYN", DR, "", ["> S", "> FA"], "SR TW"),
    ("DR, no flags", DR, "", ["> S", "> A", "> -"], "SR ES CL"),
    ("DR, the SYN comes again", DR, "", ["> S", "> S", "> A", "> S"], "SR SR ES ES"),
    ("TUN is one-sided as DR is", TUN, "", ["> S", "> A", "> FA", "> R"], "SR ES FW CL"),
    (
        "DR through the director has both sides",
        DR,
        "eth1.accept_local=1",
        ["> S", "< SA VIP:80>CIP:40000", "> A", "> FA", "< FA VIP:80>CIP:40000", "> A"],
        "SR SR ES CW TW TW",
    ),
    ("a picked-up connection", DR, "vs.sloppy_tcp=1", ["> A", "> FA"], "ES FW"),
    ("a picked-up connection, FIN first", NAT, "vs.sloppy_tcp=1", ["> FA", "> A"], "CL CL"),
    ("NAT under attack", NAT, "vs.secure_tcp=3", ["> S", "> A", "< SA", "> A", "< A"], "SR SR SA SA ES"),
    ("DR under attack", DR, "vs.secure_tcp=3", ["> S", "> A", "> FA"], "SA ES FW"),
    ("a SYN+ACK counts as SYN", DR, "", ["> SA", "> A"], "SR ES"),
    ("a SYN+RST is never scheduled", DR, "", ["> SR", "> A"], "-- --"),
    ("an ACK without a connection", DR, "", ["> A", "> FA", "> R"], "-- -- --"),
]


@pytest.mark.parametrize(
    ("services", "settings", "lines", "expected"), [life[1:] for life in LIVES], ids=[life[0] for life in LIVES]
)
def test_the_life_of_a_connection(services, settings, lines, expected: str) -> None:
    assert states(services, lines, settings) == expected


ERA = eras.load(eras.NEWEST)
SEGMENTS = {
    "S": "syn",
    "SA": "syn",
    "F": "fin",
    "FA": "fin",
    "A": "ack",
    "PA": "ack",
    "R": "rst",
    "RA": "rst",
    "-": None,
}


@given(st.lists(st.tuples(st.sampled_from("<>"), st.sampled_from(list(SEGMENTS))), max_size=8))
def test_every_walk_follows_the_tables(steps) -> None:
    """NAT sees both sides: its own table for each, and a segment without flags closes."""
    lines = ["> S", *(f"{arrow} {flags}" for arrow, flags in steps)]
    expected = ["SR"]
    for arrow, flags in steps:
        before = expected[-1]
        if arrow == ">" and SEGMENTS[flags] == "syn" and before in ("TW", "CL"):
            # conn_reuse_mode: it is scheduled anew.
            before = "NO"
        segment = SEGMENTS[flags]
        table = ERA.ipvs_tcp["in" if arrow == ">" else "out"]
        expected.append("CL" if segment is None else table[segment][before])
    assert states(NAT, lines) == " ".join(expected)


@given(st.lists(st.sampled_from(list(SEGMENTS)), max_size=8))
def test_every_walk_of_one_side_follows_its_table(flags) -> None:
    expected = ["SR"]
    for each in flags:
        before = expected[-1]
        segment = SEGMENTS[each]
        if segment == "syn" and before in ("TW", "CL"):
            before = "NO"
        expected.append("CL" if segment is None else ERA.ipvs_tcp["input_only"][segment][before])
    assert states(DR, ["> S", *(f"> {each}" for each in flags)]) == " ".join(expected)


@pytest.mark.parametrize(("lines", "seconds"), [
    (["> S"], 60),
    (["> S", "> A"], 900),
    (["> S", "> A", "> FA"], 120),
    (["> S", "> A", "> R"], 10),
    (["> S", "> A", "> A at=100"], 1000),
])  # fmt: skip
def test_each_packet_starts_the_states_timer_again(lines, seconds: int) -> None:
    world = start(kernel(DR))
    for packet in parse_list(packets(*lines)):
        (world,) = inject(world, packet)
    (connection,) = world.connections.values()
    assert connection.expires == seconds
    assert connection.caddr == address("CIP")
