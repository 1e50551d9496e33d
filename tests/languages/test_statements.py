"""What must and must not get through, as `lvsconf.toml` says it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsconf.languages.statements import read
from lvsconf.languages.toml_tables import Table, tables
from lvsconf.model.statements import Statement
from lvsconf.source import Source

GOOD = '[[must-not-reach]]\nto = "tcp:192.0.2.100:22"\n'


def reading(text: str) -> tuple[tuple[Statement, ...], list[tuple[str, str, str]]]:
    """The statements, and each problem as the text it points at, its message and its help."""
    source = Source("lvsconf.toml", text)
    found, problems = read(source)
    told = []
    for problem in problems:
        span = problem.span
        assert (problem.code, span.file) == ("LVS002", "lvsconf.toml")
        assert span.line == span.end_line
        told.append((source.lines[span.line - 1][span.column - 1 : span.end_column - 1], problem.message, problem.help))
    return found, told


def test_all_keys():
    text = """\
# what holds
[[must-reach]]  # the web
to = "tcp:192.0.2.100:http"
from = [
  "203.0.113.0/24", # office
  '198.51.100.7', "203.0.114.0-203.0.114.9",
]
"in" = "eth0"
host = "director1"

[[ must-not-reach ]]
to = "icmp:[2001:db8::1]"
from = "::/0"
in = ["eth0", "eth1", "eth0"]
"""
    (web, ping), told = reading(text)
    assert told == []
    assert (web.reaches, web.proto, web.address, web.port) == (True, 6, IPv4Address("192.0.2.100"), 80)
    ends = [(str(IPv4Address(low)), str(IPv4Address(high))) for low, high in web.sources]
    assert ends == [("198.51.100.7", "198.51.100.7"), ("203.0.113.0", "203.0.114.9")]
    assert (web.devices, web.host) == (("eth0",), "director1")
    assert web.text == "tcp 192.0.2.100:80 from 203.0.113.0/24, 198.51.100.7, 203.0.114.0-203.0.114.9 by eth0"
    assert (web.span.line, web.span.column, web.span.end_column) == (2, 1, 15)
    assert (ping.reaches, ping.proto, ping.address, ping.port) == (False, 58, IPv6Address("2001:db8::1"), None)
    assert ping.sources == ((0, (1 << 128) - 1),)
    assert (ping.devices, ping.host, ping.span.line) == (("eth0", "eth1"), None, 11)
    assert ping.text == "icmpv6 2001:db8::1 from ::/0 by eth0, eth1"


def test_long_lists_are_cut_short():
    listed = ", ".join(f'"10.0.0.{number}"' for number in range(0, 20, 2))
    (found,), told = reading(f'[[must-reach]]\nto = "udp:10.1.1.1:53"\nfrom = [{listed}]\n')
    assert told == []
    assert found.text == "udp 10.1.1.1:53 from 10.0.0.0, 10.0.0.2, 10.0.0.4 and 7 more"
    assert len(found.sources) == 10


TO = 'to = "tcp:192.0.2.100:80"\n'


@pytest.mark.parametrize(
    ("body", "at", "message", "advice"),
    [
        ("", "[[must-reach]]", "`to` is missing", "tcp:ADDRESS:PORT"),
        ("to = 80\n", "80", "not a number", ""),
        ("to = true\n", "true", "not a boolean", ""),
        ("to = 2024-01-01\n", "2024-01-01", "not a date or time", ""),
        ("to = {x = 1}\n", "{x = 1}", "not a table", ""),
        ('to = ["tcp:192.0.2.100:80"]\n', '["tcp:192.0.2.100:80"]', "one end", "a statement of each"),
        ('to = ""\n', '""', "protocol", ""),
        ('to = "192.0.2.100:80"\n', '"192.0.2.100:80"', "protocol", "`tcp:192.0.2.100:80`"),
        ('to = "TCP:192.0.2.100:80"\n', '"TCP:192.0.2.100:80"', "protocol", "`tcp:192.0.2.100:80`"),
        ('to = "gre:192.0.2.100"\n', '"gre:192.0.2.100"', "protocol", "expected"),
        ('to = "tcp:www:80"\n', '"tcp:www:80"', "not an address", "expected"),
        ('to = "tcp:192.0.2.0/24:80"\n', '"tcp:192.0.2.0/24:80"', "not an address", "expected"),
        ('to = "tcp:192.0.2.100"\n', '"tcp:192.0.2.100"', "port of tcp is missing", "tcp:ADDRESS:PORT"),
        ('to = "tcp:192.0.2.100:"\n', '"tcp:192.0.2.100:"', "not a port", ""),
        ('to = "tcp:192.0.2.100:0"\n', '"tcp:192.0.2.100:0"', "not a port", ""),
        ('to = "tcp:192.0.2.100:65536"\n', '"tcp:192.0.2.100:65536"', "not a port", ""),
        ('to = "icmp:192.0.2.100:80"\n', '"icmp:192.0.2.100:80"', "icmp has no ports", "`icmp:192.0.2.100`"),
        ('to = "icmpv6:192.0.2.100"\n', '"icmpv6:192.0.2.100"', "an IPv4 address", "`icmp:192.0.2.100`"),
        ('to = "tcp:2001:db8::1:80"\n', '"tcp:2001:db8::1:80"', "in brackets", "`tcp:[2001:db8::1]:80`"),
        ('to = "icmp:2001:db8::1"\n', '"icmp:2001:db8::1"', "in brackets", "`icmp:[2001:db8::1]`"),
        ('to = "tcp:[fe80::1%eth0]:80"\n', '"tcp:[fe80::1%eth0]:80"', "zone", "`in`"),
        (TO + 'form = "10.0.0.1"\n', "form", "unknown key `form`", "`from`"),
        (TO + "x.y = 1\n", "x.y", "unknown key `x`", "to, from, in and host"),
        (TO + "from.x = 1\n", "1", "not a table", ""),
        (TO + "from = []\n", "[]", "`from` is empty", "everybody"),
        (TO + "in = []\n", "[]", "`in` is empty", "any interface"),
        (TO + 'from = ""\n', '""', "no address, network or range", ""),
        (TO + 'from = ["10.0.0.1", 5]\n', "5", "not a number", ""),
        (TO + 'from = [["10.0.0.1"]]\n', '[["10.0.0.1"]]', "not a list", ""),
        (TO + 'from = "10.0.0.1/24"\n', '"10.0.0.1/24"', "a host in a network", "`10.0.0.0/24`"),
        (TO + 'from = "10.0.0.0/33"\n', '"10.0.0.0/33"', "no address, network or range", ""),
        (TO + 'from = "10.0.0.9-10.0.0.1"\n', '"10.0.0.9-10.0.0.1"', "does not go up", ""),
        (TO + 'from = "10.0.0.9-::1"\n', '"10.0.0.9-::1"', "does not go up", ""),
        (TO + 'from = ["10.0.0.1", "::1"]\n', '"::1"', "`::1` is IPv6, and `to` is IPv4", ""),
        (TO + 'in = "eth0/1"\n', '"eth0/1"', "not the name of an interface", ""),
        (TO + 'in = ["eth0", "sixteencharacter"]\n', '"sixteencharacter"', "not the name of an interface", ""),
        (TO + 'in = "eth+"\n', '"eth+"', "a pattern", "each interface"),
        (TO + "host = 1\n", "1", "not a number", ""),
        (TO + 'host = ""\n', '""', "not the name of a host", ""),
        ("to = tcp:192.0.2.100:80\n", "tcp:192.0.2.100:80", "no value", "quotes"),
        ("to = 192.0.2.100\n", ".2.100", "more follows", "quotes"),
        ('to = "tcp:192.0.2.100:80\n', 'to = "tcp:192.0.2.100:80', "string is not closed", ""),
        (TO + 'from = ["10.0.0.1",\n', 'from = ["10.0.0.1",', "breaks off", ""),
        (TO + 'from = """10.0.0.1\n', None, "string is not closed", ""),
        (TO + "from\n", "from", "`=` is missing", ""),
        (TO + TO, None, "stands twice", ""),
        (TO + f"from = {'[' * 40}{']' * 40}\n", None, "brackets", ""),
        (TO + f"from = {'9' * 5000}\n", None, "digits", ""),
        (TO + f"{'a.' * 100}a = 1\n", None, "a key of more than 32 words", ""),
    ],
)
def test_one_bad_statement_loses_no_other(body: str, at: str | None, message: str, advice: str):
    found, told = reading(f"{GOOD}[[must-reach]]\n{body}{GOOD}")
    assert [each.span.line for each in found] == [1, 4 + body.count("\n")]
    ((shown, said, help_text),) = told
    assert at is None or shown == at
    assert message in said
    assert advice in help_text


@pytest.mark.parametrize(
    ("text", "at", "message", "advice"),
    [
        ("[tool.x]\ny = 1\n", "[tool.x]", "unknown table `tool.x`", "[[must-reach]]"),
        ("[[must-rech]]\nto = 1\n", "[[must-rech]]", "unknown table `must-rech`", "`must-reach`"),
        ("[[must_not_reach]]\n", "[[must_not_reach]]", "unknown table", "`must-not-reach`"),
        ("[must-reach]\n" + TO, "[must-reach]", "double brackets", "`[[must-reach]]`"),
        (TO, "to", "before the first statement", "[[must-reach]]"),
        ("must-reach = []\n", "must-reach", "no table of its own", "[[must-reach]]"),
        ("must-rech = 1\n", "must-rech", "unknown key", "`must-reach`"),
        (GOOD + "[must-not-reach.x]\n", "[must-not-reach.x]", "has no table `x`", ""),
        ("[[must-reach]\n" + TO, "]", "expected ']]'", ""),
    ],
)
def test_what_is_no_statement(text: str, at: str, message: str, advice: str):
    found, told = reading(text + "\n" + GOOD)
    assert len(found) == 1 + text.count(GOOD)
    ((shown, said, help_text),) = told
    assert shown == at
    assert message in said
    assert advice in help_text


def test_a_header_in_a_string_or_a_list_is_none():
    text = '[[must-reach]]\nto = """\n[[must-not-reach]]\n"""\nhost = "x"\n'
    found, problems = read(Source("f", text))
    assert found == ()
    assert [(each.span.line, each.span.end_line) for each in problems] == [(2, 4)]


# -- any text ----------------------------------------------------------------------------------------------------------

PIECES = (
    "[[must-reach]]", "[[must-not-reach]]", "[must-reach]", "[x.y]", "[[", "]]", "[", "]", "{", "}", "to", "from", "in",
    "host", "=", " = ", ",", ".", '"', "'", '"""', "'''", "\\", "#", "\n", "\r\n", "\r", "\t", "\0", "\udce9", "1",
    '"tcp:192.0.2.1:80"', '"10.0.0.0/8"', '"::1"', '"eth0"', "to = ", 'from = ["10.0.0.1",\n', "x = 1\n", "true",
)  # fmt: skip


@given(st.one_of(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.text(max_size=60)))
def test_any_text_is_read_and_no_table_is_lost(text: str):
    source = Source("f", text)
    found, problems = read(source)
    assert all(1 <= each.span.line <= max(len(source.lines), 1) for each in problems)
    try:
        whole = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    # What tomllib reads as one is read piece by piece, with the same values, and each key has its place.
    pieces = list(tables(source))
    assert all(isinstance(each, Table) and set(each.entries) == set(each.values) for each in pieces)
    for name in ("must-reach", "must-not-reach"):
        own = [each for each in pieces if each.path[:1] == (name,)]
        if own and all(each.repeated and len(each.path) == 1 for each in own):
            assert [each.values for each in own] == whole[name]
            assert len([each for each in found if each.reaches is (name == "must-reach")]) <= len(own)


# -- round trip --------------------------------------------------------------------------------------------------------


@st.composite
def stated(draw: st.DrawFn) -> tuple[Statement, str]:
    """A statement and its text."""
    family = draw(st.sampled_from((4, 6)))
    addresses = st.ip_addresses(v=family)
    name, proto = draw(st.sampled_from((("tcp", 6), ("udp", 17), ("sctp", 132), ("icmp", 1 if family == 4 else 58))))
    port = None if name == "icmp" else draw(st.integers(1, 65535))
    address = draw(addresses)
    shown = f"[{address}]" if family == 6 else str(address)
    reaches = draw(st.booleans())
    numbers: set[tuple[int, int]] = set()
    words = []
    for _ in range(draw(st.integers(0, 4))):
        low, high = sorted((draw(addresses), draw(addresses)))
        if draw(st.booleans()):
            network = ip_network((low, draw(st.integers(0, low.max_prefixlen))), strict=False)
            low, high = network[0], network[-1]
            words.append(str(network))
        else:
            words.append(f"{low}-{high}" if low != high else str(low))
        numbers.add((int(low), int(high)))
    devices = tuple(dict.fromkeys(draw(st.lists(st.from_regex(r"[a-z]{1,8}[0-9.]{0,7}", fullmatch=True), max_size=3))))
    host = draw(st.none() | st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True))
    lines = [f'to = "{name}:{shown}{"" if port is None else f":{port}"}"']
    lines += [f"from = {_list(words, draw)}"] if words else []
    lines += [f"in = {_list(devices, draw)}"] if devices else []
    lines += [f"host = '{host}'"] if host is not None else []
    lines = [line + draw(st.sampled_from(("", "  # a remark, with [[must-reach]] in it"))) for line in lines]
    end = draw(st.sampled_from(("\n", "\r\n")))
    text = end.join([f"[[{'must-reach' if reaches else 'must-not-reach'}]]", *draw(st.permutations(lines)), ""])
    return Statement(reaches, proto, address, port, tuple(numbers), devices, host, None, ""), text


def _list(words: Sequence[str], draw: st.DrawFn) -> str:
    if len(words) == 1 and draw(st.booleans()):
        return f'"{words[0]}"'
    between = draw(st.sampled_from((", ", ",", ",\n  ", ", # ]\n ")))
    return "[" + between.join(f'"{word}"' for word in words) + "]"


@given(st.lists(stated(), max_size=4))
def test_round_trip(drawn):
    text = "# first\n" + "\n".join(each for _, each in drawn)
    found, told = reading(text)
    assert told == []
    assert len(found) == len(drawn)
    for (wanted, _), got in zip(drawn, found, strict=True):
        assert (got.reaches, got.proto, got.address, got.port) == (
            wanted.reaches, wanted.proto, wanted.address, wanted.port,
        )  # fmt: skip
        assert (got.devices, got.host) == (wanted.devices, wanted.host)
        assert text.split("\n")[got.span.line - 1].startswith("[[must-")
        # The same addresses, in intervals that ascend and do not touch.
        assert all(one[1] + 1 < other[0] for one, other in zip(got.sources, got.sources[1:], strict=False))
        ends = sorted({end + step for pair in (*wanted.sources, *got.sources) for end in pair for step in (-1, 0, 1)})
        for end in ends:
            assert _within(end, wanted.sources) == _within(end, got.sources), ip_address(max(end, 0))


def _within(number: int, intervals: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= number <= high for low, high in intervals)
