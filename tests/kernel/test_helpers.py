"""What conntrack's helpers read, and what is unknown of those that are not modelled."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.kernel.ftp_lines import Kind, PartialLineError, Told, told
from lvsconf.kernel.world import PacketResult
from tests.kernel.builders import director, packets, run

OCTETS = st.integers(0, 2**32 - 1).map(IPv4Address)
PORTS = st.integers(1, 65535)


@given(OCTETS, PORTS, st.sampled_from(["PORT ", "port ", "PORT x "]))
def test_a_port_command_tells_its_numbers(address: IPv4Address, port: int, begins: str) -> None:
    numbers = f"{str(address).replace('.', ',')},{port >> 8},{port & 255}"
    line = f"{begins}{numbers}\r\n".encode()
    if begins == "PORT x ":
        # Only the first blank is skipped.
        with pytest.raises(PartialLineError):
            told(line, reply=False, version=4)
    else:
        assert told(line, reply=False, version=4) == Told(Kind.PORT, 5, len(numbers), int(address), port)


@given(OCTETS, PORTS, st.sampled_from(["", "Entering Passive Mode (", "="]), st.sampled_from([").", "\r\n", " "]))
def test_an_answer_to_pasv_tells_its_first_numbers(address: IPv4Address, port: int, before: str, after: str) -> None:
    numbers = f"{str(address).replace('.', ',')},{port >> 8},{port & 255}"
    found = told(f"227 {before}{numbers}{after}".encode(), reply=True, version=4)
    assert found == Told(Kind.PASV, 4 + len(before), len(numbers), int(address), port)


@given(st.integers(0, 2**128 - 1).map(IPv6Address), PORTS)
def test_extended_commands_of_ipv6(address: IPv6Address, port: int) -> None:
    part = f"|2|{address}|{port}|"
    assert told(f"EPRT {part}\r\n".encode(), reply=False, version=6) == Told(
        Kind.EPRT, 5, len(part), int(address), port
    )
    part = f"|||{port}|"
    assert told(f"229 ok ({part})\r\n".encode(), reply=True, version=6) == Told(Kind.EPSV, 8, len(part), None, port)


@pytest.mark.parametrize("line", [b"USER x\r\n", b"PASV\r\n", b" PORT 1,2,3,4,5,6\r\n", b"227 1,2,3,4,5,6\r\n"])
def test_other_lines_of_the_client_tell_nothing(line: bytes) -> None:
    assert told(line, reply=False, version=4) is None


@pytest.mark.parametrize("line", [b"E", b"PORT", b"PORT 1,2,3,4,5\r\n", b"PORT 1,2,3,4,5,6", b"EPRT |2|::1|5|\r\n"])
def test_what_is_not_whole(line: bytes) -> None:
    with pytest.raises(PartialLineError):
        told(line, reply=False, version=4)


def states(result: PacketResult) -> set[str]:
    return {line.split(":")[1] for line in result.trace if line.startswith("filter:") and ":return:" in line}


TO_SIP = ("raw -A PREROUTING -p udp --dport 5060 -j CT --helper sip",)


def test_another_helper_may_expect_what_comes_after_it_has_read_something() -> None:
    sent = packets(
        "< udp RIP:5060>CIP:5060 payload=0",
        "< udp RIP:6000>CIP:6000",
        '< udp RIP:5060>CIP:5060 text="INVITE"',
        "> udp CIP:7000>RIP:7001",
        "> S CIP:40000>RIP:80",
        "> icmp CIP>RIP",
    )
    found = run(director(rules=TO_SIP, probe=["filter"]), sent)
    assert [len(each.outcomes) for each in found[:3]] == [1, 1, 1]
    assert [states(each) for each in found[3].outcomes] == [{"REL"}, {"NEW"}]
    assert {word for each in found[3].outcomes for word in each.when} == {
        "it is the connection that conntrack's helper sip expects",
        "not: it is the connection that conntrack's helper sip expects",
    }
    assert all(not states(each) & {"REL"} for each in found[5].outcomes)


FTP = (
    "raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp",
    "nat -A PREROUTING -d EIP -p tcp --dport 21 -j DNAT --to-destination RIP",
)


def test_without_modules_nobody_knows_whether_the_helper_translates() -> None:
    sent = packets(
        "> S CIP:40000>EIP:21",
        "< SA RIP:21>CIP:40000",
        '< PA RIP:21>CIP:40000 text="220 ready\\r\\n"',
        '< PA RIP:21>CIP:40000 text="227 (10,0,0,2,160,41)\\r\\n"',
        "> S CIP:41000>EIP:41001",
    )
    found = run(director(rules=FTP, probe=["filter"]), sent)
    ways = {each.when: (each.fate, states(each)) for each in found[4].outcomes}
    assert ways[("nf_nat_ftp is loaded",)] == ("forwarded", {"REL"})
    assert ways[("nf_nat_ftp is not loaded",)][0] == "local"


def test_a_master_that_has_timed_out_may_still_be_there() -> None:
    sent = packets(
        r'> udp CIP:40000>RIP:69 text="\0\1boot\0octet\0"',
        "< udp RIP:41000>CIP:40000 at=40",
        "< udp RIP:41001>CIP:40000",
    )
    rules = ("raw -A PREROUTING -p udp --dport 69 -j CT --helper tftp",)
    found = run(director(rules=rules, probe=["filter"]), sent)
    assert sorted(map(states, found[1].outcomes), key=str) == [{"NEW"}, {"REL"}]
