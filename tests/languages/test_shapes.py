"""Lines are formatted by the shape of an earlier one; alone or among others, a line comes out the same."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.extensions import registry
from lvsconf.extensions.head import LETTERS
from lvsconf.extensions.options import Option
from lvsconf.languages import iptables
from lvsconf.languages.iptables.format import format_source
from lvsconf.languages.iptables.shapes import Shapes
from lvsconf.source import Source

WORDS = (
    "1", "80", "443", "65535", "65536", "0", "080", "0x50", "80:90", "80,443", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
    "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "http", "0x1", "0xffffffff", "0x0", "0X1", "0x1/0xff", "0x1/0xffffffff",
    "0x7fffffff/0xffffffff", "0x100000000", "192.0.2.1", "192.0.2.1/32", "192.0.2.0/24", "192.0.2.1/24", "10.0.0.0/8",
    "10.1.0.0/16", "0.0.0.0/0", "0.0.0.0", "0.0.0.0/32", "0.0.0.0/8", "127.0.0.1", "255.255.255.255/32", "224.0.0.1",
    "192.0.2.256", "01.2.3.4", "192.0.2.1:80", "192.0.2.2:443", "192.0.2.1:0", "192.0.2.1:65536", "0.0.0.0:80",
    "2001:db8::1", "2001:db8::1/128", "::", "::/0", "::1/128", "2001:DB8::1", "2001:db8:0:0::1", "::ffff:1.2.3.4",
    "fe80::1/64", "[2001:db8::1]:80", "eth0", "eth1", "eth+", "+", "all", "eth0.100", "abcdefghijklmno",
    "abcdefghijklmnop", "-", "-x", "--sport", "!", '"!"', '""', '"a"', '"a b"', '"a.b"', "a.b", "a", '"drop: "',
    '"a\\"b"', '"it\'s"', '"x', 'x"y"', "ACCEPT", "DROP", "LOG", "CHAIN", "OTHER", "é", '"é"', "x" * 28, "x" * 29,
    "x" * 30, "x" * 255, "x" * 256, '"' + "x " * 14 + '"', '"' + "x " * 15 + '"', '"' + "x " * 127 + '"',
    '"' + "x " * 128 + '"',
)  # fmt: skip
LINES = (
    "-A {}", "-A {} -j DROP", "-A INPUT -j {}", "-A INPUT -g {}", "-A INPUT -j {} -p 6", "[1:2] -A INPUT -s {}",
    "-AINPUT -s {}", "-p tcp -A INPUT -s {}", "-s {} --append INPUT", "-s {} -A INPUT -j OTHER",
    "-A INPUT -c 1 2 -s {}", "-A INPUT -s {} -d {}", "-A INPUT -p tcp --dport {}", "-A INPUT -d {} -s {} -j X",
    "-I INPUT -s {}", "-A INPUT -p {}", "-A INPUT -m {}", "\t-A  INPUT -s {}", "-A INPUT -s {} ",
)  # fmt: skip
PIECES = (
    "-s", "-d", "-i", "-o", "-j", "-p tcp", "-p udp", "-m comment --comment", "--dport", "-m tcp", "!", "-g", "-f",
    "-m multiport --dports", "-m mark --mark", "-j LOG --log-prefix", "-j DNAT --to-destination", "-j REJECT",
    "-m state --state NEW",
)  # fmt: skip
STARTS = ("", "-p tcp ", "-p udp ", "-p icmp ")


def formatted(lines: list[str], family: int) -> list[str]:
    return format_source(Source("f", "\n".join(lines)), family).split("\n")


def check(lines: list[str], family: int) -> None:
    alone = [formatted([line], family)[0] for line in lines]
    assert formatted(lines, family) == alone
    assert formatted(lines[::-1], family) == alone[::-1]


def quick_options() -> list[tuple[str, str, Option]]:
    """Every option with a quick way: what loads its module, and its name."""
    found = [("", f"-{letter}", option) for letter, option in LETTERS.items()]
    for name in sorted(registry.match_names()):
        found += [(f"-m {name} ", f"--{option.name}", option) for option in registry.match(name).options]
    for name in sorted(registry.target_names()):
        found += [(f"-j {name} ", f"--{option.name}", option) for option in registry.target(name).options]
    return [item for item in found if item[2].codec.settled is not None]


OPTIONS = quick_options()


def test_there_are_quick_options() -> None:
    assert len(OPTIONS) > 30
    assert {"-s", "-i", "--dport", "--dports", "--comment", "--log-prefix", "--mark", "--set-xmark"} <= {
        name for _, name, _ in OPTIONS
    }


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(("load", "name", "option"), OPTIONS, ids=[f"{load}{name}" for load, name, _ in OPTIONS])
def test_values_of_one_option(load: str, name: str, option: Option, family: int) -> None:
    for start, mark in product(STARTS, ("", "! ")):
        check([f"-A INPUT {start}{load}{mark}{name} {word}" for word in WORDS], family)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("line", LINES)
def test_values_elsewhere(line: str, family: int) -> None:
    check([line.replace("{}", word) for word in WORDS], family)


@given(
    st.lists(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(WORDS)), max_size=4), min_size=2, max_size=8),
    st.sampled_from([4, 6]),
)
def test_lines_of_any_kind(lines: list[list[tuple[str, str]]], family: int) -> None:
    check(["-A INPUT " + " ".join(f"{piece} {word}" for piece, word in line) for line in lines], family)


def test_a_shape_is_read_once() -> None:
    shapes = Shapes[object](4)
    line = "-A INPUT -s 192.0.2.{}/32 -p tcp -m tcp --dport {} -j ACCEPT"
    assert shapes.find(line.format(1, 80)) is None
    lines = [line.format(number, 80 + number) for number in range(200)]
    assert formatted(lines, 4) == lines


def read(lines: list[str], family: int) -> list[tuple[object, ...]]:
    """What each line gives, and the problems, with all places as if it stood on line 5."""
    text = "\n".join(["*filter", ":INPUT DROP [0:0]", ":OTHER - [0:0]", ":LOG - [0:0]", *lines, "COMMIT"])
    ruleset, problems = iptables.read(Source("f", text), family)
    found: dict[int, list[object]] = {}
    for name, chain in ruleset.tables["filter"].chains.items():
        for rule in chain.rules:
            assert rule.span is not None
            found.setdefault(rule.span.line, []).append((name, repr(rule)))
    for problem in problems:
        found.setdefault(problem.span.line, []).append(repr(problem))
    return [
        tuple(str(each).replace(f"line={number}", "line=5") for each in found.get(number, ()))
        for number in range(5, 5 + len(lines))
    ]


def check_read(lines: list[str], family: int) -> None:
    assert read(lines, family) == [read([line], family)[0] for line in lines]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(("load", "name", "option"), OPTIONS, ids=[f"{load}{name}" for load, name, _ in OPTIONS])
def test_reading_values_of_one_option(load: str, name: str, option: Option, family: int) -> None:
    for start in ("", "-p tcp ", "-p udp ! "):
        check_read([f"-A INPUT {start}{load}{name} {word}" for word in WORDS if word != '"x'], family)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("line", [line for line in LINES if not line.startswith("-A {}")])  # chains that are missing
def test_reading_values_elsewhere(line: str, family: int) -> None:
    check_read([line.replace("{}", word) for word in WORDS], family)
