import pytest

from lvsconf.lab.tracelog import cut, rule_targets, with_trace_rules

TAIL = "MAC=02:ff:00:00:00:00 SRC=198.51.100.7 DST=192.0.2.100 LEN=40 TTL=64 PROTO=TCP SPT=1 DPT=80 "


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("filter:INPUT:rule:1 IN=eth0 OUT= ", "filter:INPUT:rule:1 IN=eth0 OUT="),
        ("filter:INPUT:policy:2 IN=eth0 OUT= ", "filter:INPUT:policy:2 IN=eth0 OUT="),
        ("mangle:POSTROUTING:policy:1 IN=eth0 OUT=eth1 ", "mangle:POSTROUTING:policy:1 IN=eth0 OUT=eth1"),
        ("raw:PREROUTING:policy:2 IN=eth0 OUT= ", "raw:PREROUTING:policy:1 IN=eth0 OUT="),
        ("raw:OUTPUT:rule:4 IN= OUT=eth1 ", "raw:OUTPUT:rule:3 IN= OUT=eth1"),
        ("raw:mine:return:2 IN=eth0 OUT= ", "raw:mine:return:2 IN=eth0 OUT="),
    ],
)
def test_cut(line: str, expected: str) -> None:
    assert str(cut(f"TRACE: {line}{TAIL}")) == f"{expected} SRC=198.51.100.7 DST=192.0.2.100"


def test_lines_that_are_not_the_rulesets() -> None:
    assert cut(f"TRACE: raw:OUTPUT:rule:1 IN= OUT=eth1 {TAIL}") is None
    assert cut(f"my prefix IN=eth0 OUT= {TAIL}") is None


def test_ipv6_is_shortened_and_its_type_is_known() -> None:
    line = cut(
        "TRACE: filter:OUTPUT:policy:1 IN= OUT=eth0 SRC=2001:0db8:0000:0000:0000:0000:0000:0100 "
        "DST=2001:0db8:000f:0000:0000:0000:0000:0007 LEN=88 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=ICMPv6 TYPE=1 CODE=4 "
        "[SRC=2001:0db8:000f:0000:0000:0000:0000:0007 PROTO=ICMPv6 TYPE=135 CODE=0 ]"
    )
    assert line is not None
    assert str(line) == "filter:OUTPUT:policy:1 IN= OUT=eth0 SRC=2001:db8::100 DST=2001:db8:f::7"
    assert line.icmpv6_type == 1


def test_trace_rules_go_first() -> None:
    dump = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ACCEPT\nCOMMIT\n*filter\n:INPUT DROP [0:0]\nCOMMIT\n"
    lines = with_trace_rules(dump).splitlines()
    assert lines[3:6] == ["-I PREROUTING 1 -j TRACE", "-I OUTPUT 1 -j TRACE", "COMMIT"]
    assert lines.count("COMMIT") == 2
    assert with_trace_rules("").splitlines()[0] == "*raw"


def test_rule_targets() -> None:
    dump = (
        '*filter\n:INPUT DROP [0:0]\n[3:120] -A INPUT -p tcp -m comment --comment "-j x" -j REJECT\n'
        "-A INPUT -p udp\n-A INPUT -g mine\nCOMMIT\n*nat\n-A INPUT -j ACCEPT\nCOMMIT\n"
    )
    assert rule_targets(dump) == {
        ("filter", "INPUT", 1): "REJECT",
        ("filter", "INPUT", 3): "mine",
        ("nat", "INPUT", 1): "ACCEPT",
    }
