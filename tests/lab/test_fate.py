from typing import Any

import pytest

from lvsconf.lab.fate import Counters, fate
from lvsconf.lab.tracelog import TraceLine

SYN = {"in": "eth0", "src": "198.51.100.7", "dst": "192.0.2.100", "proto": "tcp", "sport": 40000, "dport": 80}
HOST = SYN | {"in": None, "src": "192.0.2.1"}
FORWARDED = {"dev": "eth1", "src": SYN["src"], "dst": "10.0.0.2", "proto": "tcp", "sport": 40000, "dport": 80}
RESET = {"src": SYN["dst"], "dst": SYN["src"], "proto": "tcp", "sport": 80, "dport": 40000, "flags": "RA"}
UNREACHABLE = {"src": SYN["dst"], "dst": SYN["src"], "proto": "icmp", "type": 3, "code": 3}
TUNNELLED = {"dev": "eth1", "src": "10.0.0.1", "dst": "10.0.0.2", "proto": "ipip"}
NOTHING, DELIVERED = Counters(0, 0), Counters(1, 0)


@pytest.mark.parametrize(
    ("packet", "egress", "grown", "expected"),
    [
        (SYN, [FORWARDED], NOTHING, "forwarded"),
        (SYN, [RESET], DELIVERED, "local"),
        (SYN, [UNREACHABLE], DELIVERED, "local"),
        (SYN, [UNREACHABLE], NOTHING, "rejected"),
        (SYN, [], NOTHING, "dropped"),
        (SYN, [TUNNELLED | {"inner": UNREACHABLE}], NOTHING, "rejected"),
        (SYN, [TUNNELLED | {"inner": SYN}], NOTHING, "forwarded"),
        (SYN, [UNREACHABLE | {"type": 5, "code": 1}], NOTHING, "dropped"),
        (HOST, [], Counters(1, 1), "rejected"),
        (HOST, [], Counters(2, 1), "local"),
        (HOST, [FORWARDED | {"src": "192.0.2.1"}], NOTHING, "forwarded"),
        ({**SYN, "proto": 4}, [], DELIVERED, "dropped"),
        ({**SYN, "proto": "icmp", "type": 8}, [UNREACHABLE | {"type": 0, "code": 0}], DELIVERED, "local"),
        ({**SYN, "proto": "icmp", "type": 3}, [UNREACHABLE], NOTHING, "forwarded"),
    ],
)
def test_fate(packet: dict[str, Any], egress: list[dict[str, Any]], grown: Counters, expected: str) -> None:
    assert fate(packet, [], egress, grown, {}) == expected


def test_an_answer_that_the_hosts_own_rules_stop_tells_nobody_anything() -> None:
    sent = TraceLine("filter", "OUTPUT", "rule", 1, "", "eth0", SYN["dst"], SYN["src"])
    targets = {("filter", "OUTPUT", 1): "REJECT"}
    assert fate(SYN, [sent], [], DELIVERED, targets) == "local"
    assert fate(SYN, [sent], [], NOTHING, targets) == "dropped"
    forwarded = TraceLine("filter", "OUTPUT", "rule", 1, "", "eth1", SYN["src"], "10.0.0.2")
    assert fate(SYN, [forwarded], [], NOTHING, {}) == "dropped"


@pytest.mark.parametrize(("target", "expected"), [("REJECT", "rejected"), ("NFQUEUE", "queued"), ("LOG", "dropped")])
def test_rules_decide_first(target: str, expected: str) -> None:
    line = TraceLine("filter", "INPUT", "rule", 2, "eth0", "", "198.51.100.7", "192.0.2.100")
    assert fate(SYN, [line], [], NOTHING, {("filter", "INPUT", 2): target}) == expected


def test_a_copy_is_not_the_packet() -> None:
    line = TraceLine("mangle", "PREROUTING", "rule", 1, "eth0", "", SYN["src"], SYN["dst"])
    targets = {("mangle", "PREROUTING", 1): "TEE"}
    copy = {"proto": "tcp", "src": SYN["src"], "dst": SYN["dst"], "sport": 40000, "dport": 80}
    assert fate(SYN, [line], [copy], NOTHING, targets) == "dropped"
    assert fate(SYN, [line], [copy, copy], NOTHING, targets) == "forwarded"
