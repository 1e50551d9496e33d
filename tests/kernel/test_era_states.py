"""The ctstates that rules see in each era: the tables of the kernel's facts, sections 3.3 to 3.8, column by column.

The tables are told for what the source says, except for the newest column, which is measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest

from lvsconf.kernel.world import PacketResult
from tests.kernel.builders import STATES, director, packets, run

COLUMNS = {
    "E0": ("2.4.27",),
    "E1": ("2.6.18", "2.6.32"),
    "E2": ("2.6.39.3",),
    "E3": ("3.10.105", "4.4.60"),
    "E4": ("4.19", "5.4.18"),
    "E5": ("6.1.192", "6.12.117"),
}
GROUPS = {"E2/E3": ("E2", "E3"), "E4/E5": ("E4", "E5"), "E0": ("E0",), "E1": ("E1",)}

PROBED = ("raw", "mangle", "filter")
_LINE = re.compile(r"(\w+):(\w+):return:1 ")
_PLACE = re.compile(r"(\w+):(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING):")

Seen = dict[tuple[str, str], str]
"""Built-in chain and table, to the ctstate that a rule matched there."""


def seen(way: PacketResult) -> Seen:
    """Which state each probe matched on the packet's way; of several passes the last."""
    found: Seen = {}
    state = ""
    for line in way.trace:
        if (probe := _LINE.match(line)) and probe[2] in STATES:
            state = probe[2]
        elif (place := _PLACE.match(line)) and state:
            found[place[2], place[1]] = state
            state = ""
    return found


def replayed(
    kernel: str, services: Sequence[str], lines: Sequence[str], settings: Sequence[str] = (), **ground: object
) -> list[PacketResult]:
    """The only way of each packet."""
    probe = [table for table in PROBED if kernel[:3] != "2.4" or table != "raw"]
    files = director(services, settings=settings, probe=probe, **ground)
    found = run({**files, "uname": f"{kernel}\n"}, packets(*lines))
    assert all(len(each.outcomes) == 1 for each in found)
    return [each.outcomes[0] for each in found]


def service(letter: str, proto: str = "t") -> tuple[str, str]:
    return f"-A -{proto} VIP:80 -s rr", f"-a -{proto} VIP:80 -r RIP:80 -{letter} -w 1"


def expect(found: Seen, chain: str, tables: str, state: str, what: object) -> None:
    """`tables` by their first letters; those that the era lacks are not asked."""
    for table in PROBED:
        if table[0] in tables and (chain, table) in found:
            assert found[chain, table] == state, (what, chain, table, found)


# Section 3.3: segment; mangle PREROUTING and INPUT; raw OUTPUT, the rest of OUTPUT and POSTROUTING in E4/E5; OUTPUT and
# POSTROUTING in E2/E3; the same in E1 (POSTROUTING without nat); E0: PREROUTING to INPUT alike, no OUTPUT.
REQUESTS = """
> S                     NEW  UNT  UNT  UNT  NEW  NEW
> A                     NEW  UNT  UNT  UNT  NEW  NEW
> PA payload=3          NEW  UNT  UNT  UNT  NEW  NEW
> F                     INV  INV  INV  UNT  INV  NEW
> FA                    INV  INV  INV  UNT  INV  NEW
> R                     INV  INV  INV  UNT  INV  NEW
> RA                    INV  INV  INV  UNT  INV  NEW
> udp                   NEW  UNT  UNT  UNT  NEW  NEW
"""


def rows(text: str) -> Iterator[tuple[str, list[str]]]:
    """What stands before two spaces, and the columns behind."""
    for line in text.strip().splitlines():
        packet, *cells = re.split(r"\s{2,}", line)
        yield packet, cells


def columns(*names: str) -> Iterator[tuple[str, str]]:
    for name in names:
        for kernel in COLUMNS[name]:
            yield name, kernel


def each_kernel(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("column", "kernel"), list(columns(*names)))


@each_kernel(*COLUMNS)
@pytest.mark.parametrize("letter", ["m", "g"])
@pytest.mark.parametrize(("packet", "cells"), list(rows(REQUESTS)))
def test_requests_without_conntrack(column: str, kernel: str, letter: str, packet: str, cells: list[str]) -> None:
    """3.3: nothing is ever confirmed, so each segment is looked at alone."""
    proto = "u" if "udp" in packet else "t"
    *_, way = replayed(kernel, service(letter, proto), ["> udp" if proto == "u" else "> S", packet])
    before, raw, newest, middle, first, oldest = cells
    found = seen(way)
    arriving = oldest if column == "E0" else before
    assert way.fate == "forwarded"
    expect(found, "PREROUTING", "m", arriving, kernel)
    expect(found, "INPUT", "mf", arriving, kernel)
    if column == "E0":
        assert not any(chain == "OUTPUT" for chain, _ in found)
        leaving = oldest
    else:
        expect(found, "PREROUTING", "r", "INV", kernel)
        leaving = {"E1": first, "E2": middle, "E3": middle}.get(column, newest)
        expect(found, "OUTPUT", "r", raw if column in ("E4", "E5") else leaving, kernel)
        expect(found, "OUTPUT", "mf", leaving, kernel)
        assert ("OUTPUT", "filter") in found
    expect(found, "POSTROUTING", "m", leaving, kernel)
    assert ("POSTROUTING", "mangle") in found


@each_kernel("E1", "E2", "E3", "E4", "E5")
@pytest.mark.parametrize("packet", ["> A", "> PA payload=3", "> FA", "> R"])
def test_requests_without_pick_up(column: str, kernel: str, packet: str) -> None:
    """3.3: tcp_loose=0 makes everything but a SYN INVALID."""
    *_, way = replayed(kernel, service("m"), ["> S", packet], ["ct.tcp_loose=0"])
    found = seen(way)
    leaving = "UNT" if column in ("E2", "E3") else "INV"
    assert (found["INPUT", "filter"], found["OUTPUT", "filter"]) == ("INV", leaving)


@each_kernel("E1", "E2", "E3", "E4", "E5")
def test_requests_that_raw_untracks(column: str, kernel: str) -> None:
    """3.3, last row."""
    rules = ["raw -A PREROUTING -d VIP -j CT --notrack"]
    for way in replayed(kernel, service("m"), ["> S", "> A", "> FA"], rules=rules):
        found = seen(way)
        assert found.pop(("PREROUTING", "raw")) == "INV"
        assert set(found.values()) == {"UNT"}


# Section 3.4: reply; mangle PREROUTING and FORWARD; POSTROUTING in E4/E5, E2/E3, E1; E0 (a SYN+ACK counts as SYN).
REPLIES = """
< SA            INV  INV  UNT  INV  NEW
< A             NEW  UNT  UNT  NEW  NEW
< PA payload=3  NEW  UNT  UNT  NEW  NEW
< FA            INV  INV  UNT  INV  NEW
< R             INV  INV  UNT  INV  NEW
< udp           NEW  UNT  UNT  NEW  NEW
"""


@each_kernel(*COLUMNS)
@pytest.mark.parametrize(("packet", "cells"), list(rows(REPLIES)))
def test_replies_without_conntrack(column: str, kernel: str, packet: str, cells: list[str]) -> None:
    """3.4, LVS-NAT."""
    proto = "u" if "udp" in packet else "t"
    *_, way = replayed(kernel, service("m", proto), ["> udp" if proto == "u" else "> S", packet])
    before, newest, middle, first, oldest = cells
    found = seen(way)
    arriving = oldest if column == "E0" else before
    leaving = {"E0": oldest, "E1": first, "E2": middle, "E3": middle}.get(column, newest)
    assert way.fate == "forwarded"
    assert way.egress[0]["src"] == "192.0.2.100"
    expect(found, "PREROUTING", "m", arriving, kernel)
    expect(found, "FORWARD", "mf", arriving, kernel)
    expect(found, "POSTROUTING", "m", leaving, kernel)
    assert {("FORWARD", "filter"), ("POSTROUTING", "mangle")} <= set(found)


@each_kernel("E2", "E3", "E4", "E5")
def test_nat_with_conntrack(column: str, kernel: str) -> None:
    """3.5."""
    lines = ["> S", "> S", "< SA", "> A", "> S", "> PA payload=3", "< PA payload=3", "> FA", "< FA", "> A"]
    for number, way in enumerate(replayed(kernel, service("m"), lines, ["vs.conntrack=1"])):
        found = seen(way)
        del found["PREROUTING", "raw"]
        assert way.fate == "forwarded"
        assert set(found.values()) == {"NEW" if number < 2 else "EST"}, (number, found)
    ways = replayed(kernel, service("m"), ["> S", "> icmp:3/4 FAR>VIP about VIP:80>CIP:40000 A"], ["vs.conntrack=1"])
    assert seen(ways[1])["INPUT", "filter"] == "REL"


@each_kernel("E2", "E3", "E4", "E5")
@pytest.mark.parametrize("letter", ["g", "i"])
def test_one_way_with_conntrack(column: str, kernel: str, letter: str) -> None:
    """3.6: a SYN that nobody answers makes everything after it INVALID until it is forgotten."""
    lines = ["> S", "> S", "> A", "> PA payload=3", "> FA", "> RA", "> A at=130", "> PA payload=3", "> FA"]
    wanted = ["NEW", "NEW", "INV", "INV", "INV", "INV", "NEW", "NEW", "NEW"]
    ways = replayed(kernel, service(letter), lines, ["vs.conntrack=1"])
    assert [seen(way)["INPUT", "filter"] for way in ways[:6]] == wanted[:6]
    if letter == "g":
        assert [seen(way)["OUTPUT", "filter"] for way in ways[:6]] == wanted[:6]
    else:
        # Every outer packet is tracked as a flow of its own.
        assert [seen(way)["OUTPUT", "filter"] for way in ways[:6]] == ["NEW"] * 6


@each_kernel("E0", "E1", "E2", "E3", "E4", "E5")
def test_the_outer_packet_of_a_tunnel(column: str, kernel: str) -> None:
    """3.6: a flow of its own from E2 on; before, it has the entry of the inner packet."""
    syn, ack, fin = replayed(kernel, service("i"), ["> S", "> A", "> FA"])
    if column == "E0":
        assert seen(fin)["POSTROUTING", "mangle"] == "NEW"
        assert ("OUTPUT", "filter") not in seen(syn)
        return
    assert [seen(way)["OUTPUT", "filter"] for way in (syn, ack, fin)] == ["NEW", "NEW", "NEW"]
    assert (seen(syn)["OUTPUT", "raw"] == "NEW") is (column == "E1")
    if kernel == "2.6.32":
        # POST_ROUTING confirms the entry: the ACK meets an unanswered SYN.
        assert seen(ack)["INPUT", "filter"] == "INV"
    else:
        assert seen(ack)["INPUT", "filter"] == "NEW"


LOCAL = ("-A -t VIP:80 -s rr", "-a -t VIP:80 -r EIP:80 -g -w 1")
ANSWER = "^ {} VIP:80>CIP:40000 ack=1001"


@each_kernel(*COLUMNS)
def test_a_real_server_on_the_director(column: str, kernel: str) -> None:
    """3.7, without conntrack. The socket's SYN+ACK has sequence number 0."""
    lines = ["> S", "> A ack=1", ANSWER.format("PA seq=1 payload=3"), ANSWER.format("FA seq=4")]
    syn, ack, data, fin = (seen(way) for way in replayed(kernel, LOCAL, lines, listening=["tcp 80"]))
    assert syn["INPUT", "filter"] == "NEW"
    if column in ("E0", "E1"):
        # Nothing is untracked: ordinary connection tracking.
        assert ack["INPUT", "filter"] == "EST"
        assert [each["OUTPUT", "filter"] for each in (syn, data, fin)] == ["EST", "EST", "EST"]
        return
    assert ack["INPUT", "filter"] == "NEW"
    assert (syn["OUTPUT", "filter"], data["OUTPUT", "mangle"]) == ("INV", "NEW")
    # Whether IPVS knows the answer again: by the virtual address from E5 on, else by the real server's.
    assert data["OUTPUT", "filter"] == ("UNT" if column == "E5" else "NEW")
    # Where it does not, the answer is confirmed and the FIN meets an entry.
    assert fin["OUTPUT", "filter"] == ("INV" if column == "E5" else "NEW")


@each_kernel("E2", "E3", "E4", "E5")
def test_a_real_server_at_the_virtual_address(column: str, kernel: str) -> None:
    """3.7: `-r VIP` makes the answer's source the real server's address in every era."""
    lines = ["> S", "> A", ANSWER.format("PA")]
    files = director(("-A -t VIP:80 -s rr", "-a -t VIP:80 -r VIP:80 -g -w 1"), probe=["mangle", "filter"])
    del files["sockets"]
    *_, last = run({**files, "uname": f"{kernel}\n"}, packets(*lines))
    assert {seen(way)["OUTPUT", "filter"] for way in last.outcomes} == {"UNT"}


@each_kernel("E1", "E2", "E3", "E4", "E5")
def test_icmp_errors_about_unknown_flows(column: str, kernel: str) -> None:
    """3.8: INVALID without an entry, whoever they are about."""
    lines = ["> S", "> icmp:3/4 FAR>VIP about VIP:80>CIP:40000 A", "< icmp:3/4 RIP>CIP about CIP:40000>RIP:80 A"]
    _, client, server = replayed(kernel, service("m"), lines)
    assert seen(client)["INPUT", "filter"] == "INV"
    assert seen(server)["FORWARD", "filter"] == "INV"
    assert (client.egress[0]["dst"], server.egress[0]["src"]) == ("10.0.0.2", "192.0.2.100")


@each_kernel(*COLUMNS)
def test_the_host_has_no_real_server(column: str, kernel: str) -> None:
    """3.8: what IPVS answers to a packet with an entry is RELATED."""
    (way,) = replayed(kernel, ("-A -t VIP:80 -s rr",), ["> S"])
    assert (way.fate, way.egress[0]["type"], way.egress[0]["code"]) == ("rejected", 3, 3)
    assert seen(way)["OUTPUT", "filter"] == "REL"
    (way,) = replayed(kernel, ("-A -t VIP:80 -s rr",), ["> icmp:8 CIP>VIP"])
    assert seen(way)["OUTPUT", "filter"] == "EST"


@each_kernel("E2", "E3", "E4", "E5")
def test_the_hosts_answer_to_an_untracked_packet(column: str, kernel: str) -> None:
    """10.2, 23 for E5; while the untracked packet had a dummy entry, its answer got it too."""
    rules = ["raw -A PREROUTING -d VIP -j CT --notrack"]
    (way,) = replayed(kernel, ("-A -t VIP:80 -s rr",), ["> S"], rules=rules)
    assert seen(way)["OUTPUT", "filter"] == ("UNT" if column in ("E2", "E3") else "INV")
