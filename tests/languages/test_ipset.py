"""Reading and printing sets: what is refused and where, short forms, the state after every command, and big inputs."""

from __future__ import annotations

import time

import pytest

from lvsconf.languages import ipset, iptables
from lvsconf.languages.ipset import state
from lvsconf.languages.ipset.format import format_source
from lvsconf.languages.ipset.uses import check_uses
from lvsconf.model.ipset import Element, IpSet
from lvsconf.source import Source


def read(text: str) -> tuple[dict[str, IpSet], list[str]]:
    sets, problems = ipset.read(Source("f", text))
    lines = text.split("\n")
    told = []
    for each in problems:
        place = lines[each.span.line - 1][each.span.column - 1 : each.span.end_column - 1]
        told.append(f"{each.code} {each.span.line} <{place}> {each.message}" + (f"; {each.help}" if each.help else ""))
    return dict(sets), told


def parts(found: IpSet) -> list[object]:
    return [each.parts for each in found.elements]


HASH = "create a hash:ip timeout 0\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("craete a hash:ip\n", "LVS043 1 <craete> `craete` is no command; did you mean `create`?"),
        ("create a\n", "LVS043 1 <create a> `create` needs the name of a set and its type"),
        ("create a hash:ips\n", "LVS043 1 <hash:ips> `hash:ips` is no type of set; did you mean `hash:ip`?"),
        ("create a hash:ip familly inet6\n", "LVS043 1 <familly> `familly` is no option of a hash:ip set;"),
        ("create a hash:ip timeout\n", "LVS043 1 <timeout> `timeout` needs a value"),
        ("create a hash:ip family inet5\n", "LVS043 1 <inet5> `inet5` is no address family"),
        ("create a hash:ip netmask 33\n", "LVS043 1 <33> a netmask is a number from 1 to 32"),
        ("create a hash:ip timeout 2147484\n", "LVS043 1 <2147484> `2147484` is not a number from 0 to 2147483"),
        ("create a hash:ip timeout 1 timeout 2\n", "LVS044 1 <timeout> `timeout` is given twice"),
        ("create a bitmap:ip\n", "LVS044 1 <create a bitmap:ip> a bitmap:ip set needs a range"),
        ("create a bitmap:ip range 10.0.0.0/8\n", "LVS044 1 <10.0.0.0/8> a bitmap holds at most 65536 elements,"),
        (f"create {'x' * 32} hash:ip\n", f"LVS043 1 <{'x' * 32}> the name of a set has at most 31 bytes"),
        ("create a hash:ip\ncreate a hash:ip\n", "LVS044 2 <a> there is a set `a` already"),
        (HASH + "add b 10.0.0.1\n", "LVS044 2 <b> there is no set `b`"),
        (HASH + "add a 10.0.0.300\n", "LVS043 2 <10.0.0.300> `10.0.0.300` is not an IPv4 address"),
        (HASH + "add a www.example.net\n", "LVS043 2 <www.example.net> `www.example.net` is not an IPv4 address (host"),
        (HASH + "add a 10.0.0.1,80\n", "LVS043 2 <10.0.0.1,80> an element of a hash:ip set is an address"),
        (HASH + "add a 10.0.0.1 comment x\n", "LVS044 2 <comment> the set was created without `comment`"),
        (HASH + "add a 10.0.0.1 nomatch\n", "LVS043 2 <nomatch> `nomatch` is no option of an element of a hash:ip set"),
        (HASH + "del a 10.0.0.1\n", "LVS044 2 <10.0.0.1> 10.0.0.1 is not in the set"),
        (HASH + "del a 10.0.0.1 timeout 3\n", "LVS043 2 <timeout> `timeout` is no option of `del`"),
        (HASH + 'add a "10.0.0.1\n', 'LVS043 2 <"10.0.0.1> the quote is never closed'),
        (HASH + "test a 10.0.0.1\n", "LVS044 2 <test a 10.0.0.1> `test` ends `ipset restore`: nothing below is loaded"),
        (HASH + "quit\n", "LVS044 2 <quit> `quit` ends `ipset restore`: nothing below is loaded"),
        (HASH + "flush a b\n", "LVS043 2 <b> nothing more can stand here after `flush`"),
        (HASH + "add a 10.0.0.1 " + "x " * 40 + "\n", "LVS043 2 <x> ipset reads 30 words of a line at most"),
        (HASH + "# " + "x" * 1100 + "\n", f"LVS043 2 <# {'x' * 1100}> the line is longer than 1023 bytes"),
        (HASH + "add a 10.0.0.1\0\n", "LVS043 2 <\0> this line can't be read: a NUL byte"),
        ("create a hash:ip\nCOMMIT now\n", "LVS043 2 <COMMIT> `COMMIT` is no command"),
        ("create a hash:ip\nCOMMIT", "LVS043 2 <COMMIT> `COMMIT` counts only as a whole line"),
        ("create a hash:ip,port\nadd a 10.0.0.1,58:1/1\n", "LVS043 2 <10.0.0.1,58:1/1> `58` has no place in a set of"),
        ("create a hash:net,port\nadd a 10.0.0.1,gre:1\n", "LVS043 2 <10.0.0.1,gre:1> `gre` has no ports: `gre:0`"),
        ("create a hash:ip maxelem 1\nadd a 10.0.0.0/31\n", "LVS044 2 <10.0.0.0/31> the set is full (maxelem 1)"),
        ("create l list:set\nadd l l\n", "LVS044 2 <l> `l` is a list of sets, which can't be in another"),
        (HASH + "create l list:set\nadd l a\nrename a b\n", "LVS044 4 <a> `a` can't be renamed: it is in the list `l`"),
        (HASH + "create b hash:net\nswap a b\n", "LVS044 3 <b> sets that hold different things can't be swapped"),
    ],
)
def test_refused(text: str, told: str):
    found = read(text)[1]
    assert len(found) == 1, found
    assert found[0].startswith(told)


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("-N b iphash", "create b hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12"),
        ("n b nethash -6", "create b hash:net family inet6 hashsize 1024 maxelem 65536 bucketsize 12"),
        ("create b list:set size 2", "create b list:set size 4"),
        ("create b macipmap from 10.0.0.9 to 10.0.0.0", "create b bitmap:ip,mac range 10.0.0.0-10.0.0.9"),
        (
            "create b hash:mac initval 7 bucketsize 3",
            "create b hash:mac hashsize 1024 maxelem 65536 bucketsize 4 initval 0x00000007",
        ),
        ("create b hash:net forceadd gc", "create b hash:net forceadd gc"),
        ("a a 10.1 packets 0x10", "add a 10.0.0.1 timeout 0 packets 16 bytes 0"),
        ("--add a 10.0.0.1-10.0.0.1 --timeout 9", "add a 10.0.0.1 timeout 9 packets 0 bytes 0"),
        ("add a 10.0.0.0/30", "add a 10.0.0.0/30"),
        ('add a 10.0.0.1 comment x" y "z', 'add a 10.0.0.1 timeout 0 packets 0 bytes 0 comment "x y z"'),
        (
            "add a 10.0.0.1 skbprio 1:a skbmark 0x0010/0x00ff",
            "add a 10.0.0.1 timeout 0 packets 0 bytes 0 skbmark 0x10/0xff skbprio 1:a",
        ),
        ("-! -D a 10.0.0.1", "-exist del a 10.0.0.1"),
        ("x a", "destroy a"),
        ("  # kept", "  # kept"),
        ("COMMIT", "COMMIT"),
        ("save", "save"),
        ("nonsense  here", "nonsense  here"),
        ("add a  10.0.0.400", "add a  10.0.0.400"),
    ],
)  # fmt: skip
def test_printed(line: str, printed: str):
    before = "create a hash:ip timeout 0 counters comment skbinfo\n"
    text = format_source(Source("f", f"{before}{line}\n"))
    assert text.split("\n")[1] == printed
    assert format_source(Source("f", text)) == text


def test_the_state_after_every_command():
    sets, told = read(
        "create a hash:net\nadd a 10.0.0.0/8\nadd a 10.1.0.0-10.1.0.2 nomatch\ndel a 10.1.0.2\n"
        "create b hash:ip,mark markmask 0xff\nadd b 10.0.0.1,0x1ff\ncreate c hash:net\nswap a c\n"
        "create l list:set\nadd l c\nadd l b before c\nadd l a,after,b\nrename l list\nflush b\n"
        "create gone hash:ip\ndestroy gone\n"
    )
    assert not told
    assert list(sets) == ["a", "b", "c", "list"]
    assert (sets["a"].elements, sets["b"].elements) == ((), ())
    assert sets["c"].elements == (
        Element((((10 << 24), 8),), line=2),
        Element((((10 << 24) + (1 << 16), 31),), nomatch=True, line=3),
    )
    assert parts(sets["list"]) == [("b",), ("a",), ("c",)]


def test_link_addresses_are_learnt():
    sets, told = read(
        "create a bitmap:ip,mac range 10.0.0.0/24\nadd a 10.0.0.1\nadd a 10.0.0.1,2:0:0:0:0:a\n"
        "add a 10.0.0.1,2:0:0:0:0:b\nadd -exist a 10.0.0.1\n"
    )
    assert [each.partition(">")[0] for each in told] == ["LVS044 4 <10.0.0.1,2:0:0:0:0:b"]
    assert parts(sets["a"]) == [(0x0A000001, 0x02000000000A)]


def test_exist_holds_for_the_rest_of_the_file():
    assert not read("create a hash:ip\nadd a 10.0.0.1\n-exist add a 10.0.0.1\nadd a 10.0.0.1\ndel a 10.0.0.9\n")[1]


def test_a_line_that_can_not_be_read_leaves_its_set_unknown():
    sets, told = read("create a hash:ip\nadd a nonsense\nadd a 10.0.0.1\ncreate b hash:ipp\nadd b 10.0.0.1\n")
    assert len(told) == 2
    assert (sets["a"].whole, sets["b"].whole, sets["b"].type) == (False, False, "")
    assert read("create a hash:ip\nadd a nonsense\nflush a\n")[0]["a"].whole


def test_ranges_are_followed_so_far(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(state, "MOST_ELEMENTS", 1024)
    sets, told = read("".join(f"create s{number} hash:ip\nadd s{number} 10.0.0.0/24\n" for number in range(6)))
    assert not told
    assert [len(each.elements) for each in sets.values()] == [256] * 4 + [0] * 2
    assert [each.whole for each in sets.values()] == [True] * 4 + [False] * 2
    sets, told = read("create all hash:ip maxelem 4000000000\nadd all 10.0.0.0/2\n")
    assert (told, sets["all"].whole) == ([], False)


def test_a_big_set():
    def seconds(count: int) -> float:
        lines = (f"add a 10.{n >> 16}.{n >> 8 & 255}.{n & 255},tcp:80 timeout 0\n" for n in range(count))
        text = "create a hash:ip,port maxelem 1000000 timeout 0\n" + "".join(lines)
        started = time.process_time()
        sets, problems = ipset.read(Source("f", text))
        assert not problems
        assert len(sets["a"].elements) == count
        return time.process_time() - started

    small, big = seconds(10_000), seconds(100_000)
    assert big < 20
    assert big < 30 * small


RULES = """*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m set --match-set {} -j ACCEPT
-A FORWARD -j SET --add-set {}
COMMIT
"""
SETS = """create web hash:ip,port
create lan hash:net
create six hash:ip family inet6
create ports bitmap:port range 0-9
create l list:set
add l web
create l2 list:set
create lost hash:netz
"""


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("ports2 src", "LVS045 there is no set `ports2` did you mean `ports`?"),
        ("six src", "LVS045 set `six` holds IPv6 addresses: IPv4 rules can't name it "),
        ("web src", "LVS046 this matches nothing: `web` (hash:ip,port) needs 2 directions, not 1 "),
        ("web src,dst", ""),
        ("lan src,dst,dst", "LVS046 `dst,dst` is never looked at: `lan` (hash:net) takes 1 direction "),
        ("l src", "LVS046 this matches nothing: `l` (list:set) needs 2 directions, not 1 "),
        ("l src,src,src", ""),
        ("l2 src", ""),
        ("ports dst", ""),
        ("lost src", ""),
    ],
)
def test_uses(use: str, message: str):
    sets, _ = ipset.read(Source("ipset.rules", SETS))
    source = Source("iptables.rules", RULES.format(use, use))
    ruleset, problems = iptables.read(source, 4)
    assert not problems
    found = list(check_uses(ruleset, sets, {source.name: source}))
    told = [f"{each.code} {each.message} {each.help}" for each in found]
    assert told == ([message, message.replace("matches", "adds")] if message else [])
    for each in found:
        pointed = source.lines[each.span.line - 1][each.span.column - 1 : each.span.end_column - 1]
        assert pointed in (use.split() if each.code == "LVS045" else (use.split()[1], "dst,dst"))


def test_latin_1_and_carriage_returns():
    sets, told = read("create a hash:ip comment\r\nadd a 10.0.0.1 comment \udce9\r\nCOMMIT\r\n")
    assert not told
    assert len(sets["a"].elements) == 1
