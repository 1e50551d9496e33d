"""A packet's way as people see it: 80 columns, nothing torn apart, in either family."""

from __future__ import annotations

import io
from typing import Any

import pytest

from lvsconf.packets.packet import parse_list
from lvsconf.report import journey
from tests.kernel.builders import Packets, director, run

LONG = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1111"
FAR = "2001:db8:ffff:ffff:ffff:ffff:ffff:1111"
SERVICES = [
    "-A -t VIP:80 -s rr",
    "-a -t VIP:80 -r RIP:8080 -m -w 1",
    "-A -t VIP2:80 -s rr",
    "-a -t VIP2:80 -r RIP2:80 -i -w 1",
]
LINES = {
    "LVS-NAT": "> S",
    "LVS-TUN": "> S CIP:40001>VIP2:80",
    "ping": "> icmp CIP>VIP",
    "nobody listens": "> udp CIP:40000>VIP:53",
}
LONG_LINES = {
    "long addresses": f"> udp [{FAR}]:40000>[{LONG}]:53",
    "long addresses of a connection": f"> S [{FAR}]:40000>VIP:80 at=1000000",
    "an extension header": f"> 43 {FAR}>{LONG}",
}


def _drawn(family: int, line: str) -> list[str]:
    outside = ("VIP/32", "VIP2/32") if family == 4 else ("VIP/128", "VIP2/128", f"{LONG}/128")
    packets: list[dict[str, Any]] = [Packets(family).read(line)]
    out = io.StringIO()
    files = director(services=SERVICES, family=family, outside=outside)
    journey.write(parse_list(packets), run(files, packets), (), out)
    return out.getvalue().splitlines()


CASES = [
    *(pytest.param(family, line, id=f"{name}, {family}") for family in (4, 6) for name, line in LINES.items()),
    *(pytest.param(6, line, id=name) for name, line in LONG_LINES.items()),
]


@pytest.mark.parametrize(("family", "line"), CASES)
def test_it_stays_within_its_columns(family: int, line: str) -> None:
    first, *rest = _drawn(family, line)
    assert first.startswith("packet 0: ")
    assert max(map(len, (first, *rest))) <= journey.WIDTH
    assert all(each.startswith("  ") for each in rest if each)


@pytest.mark.parametrize(("family", "line"), CASES)
def test_a_number_stands_beside_its_name(family: int, line: str) -> None:
    last_words = {each.split()[-1] for each in _drawn(family, line) if each}
    assert not last_words & {"ttl", "hlim", "to", "ttl,"}


@pytest.mark.parametrize(("family", "word"), [(4, "ttl 63"), (6, "hlim 63")])
def test_what_leaves_is_told_as_tcpdump_names_it(family: int, word: str) -> None:
    shown = " ".join(each.strip() for each in _drawn(family, "> S"))
    assert f": Flags [S], {word}" in shown


def test_of_an_extension_header_nothing_is_claimed() -> None:
    drawn = _drawn(6, LONG_LINES["an extension header"])
    assert "  `- unknown" in drawn
    assert not any("Out" in each for each in drawn)
