"""Values for options, by what a codec says it expects: right ones, ones at the limits, and ones that are slightly wrong.

A codec that expects something not listed here has no samples: `words_for` then fails, and the text wants a line in VALUES.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lvsconf.extensions.names import PROTOCOL_NAMES
from lvsconf.extensions.options import Codec, Option
from tests.extensions.namespace import ACCOUNTS, ESTIMATORS, SETS

Words = SearchStrategy[str]

TEXTS = (
    "x", "abc", "a b", 'quo"te', "back\\slash", "it's", "a,b", "a=b", "-dash", "--opt", "!", "", " lead", "trail ",
    "tab\there", "ümlaut", "|0a|", "#no", "[1:2]", "*star", "%s", "$x", "a;b", "COMMIT", "\\", '"', "\udce4\udcff",
)  # fmt: skip
NAMES = ("x", "abc", "A-b_c.d", "name1", "é", "a/b", "a b", "-n", "", "DEFAULT", ".", "..", "p$q", 'q"r', "it's")
ADDRESSES = {
    4: (
        "0.0.0.0", "10.0.0.1", "192.0.2.255", "255.255.255.255", "224.0.0.1", "10", "10.1", "10.1.2", "0x0a.1.2.3",
        "010.1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3", "127.1", "1.2.3.", "::1", "a.b.c.d", "1..2.3", "-1.2.3.4",
        "0xffffff.1", "192.0.2.1 ", "+1.2.3.4", "3232235777",
    ),
    6: (
        "::", "::1", "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "fe80::1", "ff02::1", "::ffff:192.0.2.1", "::192.0.2.1",
        "2001:db8::1:0:0:1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "2001:db8::g", "192.0.2.1", "fe80::1%lo", ":::",
        "12345::", "64:ff9b::192.0.2.33", "0:0:0:1::", "2001:db8:0:1:1:1:1:1", "::2:3:4:5:6:7:8",
    ),
}  # fmt: skip
MASKS = {
    4: ("0", "1", "8", "24", "31", "32", "33", "255.255.0.0", "255.0.255.0", "0x10", "010", "-1", "", "255.255", "0.0.0.0",
        "255.255.255.255", "24 ", "+24", "0.0.0.255"),
    6: ("0", "1", "32", "64", "65", "127", "128", "129", "ffff::", "ffff::ffff", "0x40", "0100", "-1", "", "::", "64 ",
        "ffff:ffff:ffff:ffff::"),
}  # fmt: skip
PORTS = ("0", "1", "22", "80", "65535", "65536", "ssh", "domain", "http", "ftp-data", "x11", "0x50", "010", "-1", "", "8a")


def _number(low: int, high: int) -> Words:
    near = {low - 1, low, low + 1, (low + high) // 2, high - 1, high, high + 1, 0, 1, 5, 10, 42}
    shown = [str(value) for value in sorted(near)] + [hex(max(low, 1)), f"0{low:o}", f"+{low + 1}", f" {low + 1}", "", "x"]
    return st.sampled_from(shown) | st.integers(low, min(high, low + 100)).map(str) | st.integers(low, high).map(str)


def _pair(first: Words, separator: str, second: Words) -> Words:
    return st.builds(lambda a, b: f"{a}{separator}{b}", first, second)


def _ranges(one: Words, separator: str = ":") -> Words:
    ends = st.sampled_from([separator, f"{separator}5", f"5{separator}", f"1{separator}2{separator}3", f"7{separator}7"])
    return one | _pair(one, separator, one) | ends


def _lists(one: Words, limit: int = 3) -> Words:
    return st.lists(one, min_size=1, max_size=limit).map(",".join) | st.sampled_from(["", ","]) | one.map(lambda x: x + ",")


def _words(*texts: str) -> Words:
    """Words as they are, in other cases, cut short, and some that are none of them."""
    every = st.sampled_from(texts)
    return every | every | every | every.map(str.swapcase) | every.map(lambda x: x[:3]) | st.sampled_from(["", "x", "0", "1"])


def _limited(limit: int) -> Words:
    near = [limit - 1, limit, limit + 1, limit + 9]
    return st.sampled_from(TEXTS) | st.sampled_from(TEXTS) | st.sampled_from([("ab" * size)[:size] for size in near])


def _names(limit: int) -> Words:
    return st.sampled_from(NAMES) | st.sampled_from([("ab" * size)[:size] for size in (limit - 1, limit, limit + 1)])


def _masked(value: Words, mask: Words) -> Words:
    return value | _pair(value, "/", mask)


_U32 = _number(0, 0xFFFFFFFF)
_HEX32 = st.integers(0, 0xFFFFFFFF).map(hex) | _U32
_PORT = st.sampled_from(PORTS) | st.integers(0, 65535).map(str)
_RATES = st.sampled_from(
    ["1/s", "10/minute", "3/hour", "5/day", "7", "10000/s", "10001/s", "1/sec", "1/min", "100/h", "0/s", "1/x", "1/", "/s",
     "600000/m", "600000000/min", "1/secondly", "1/SECOND", "1/Min", "999/day", "86400/day", "1/d", "4294967295/day", "-1/s",
     "1000000/s", "1000001/s", "2000000/s", "0x10/s", "1 /s"]
) | _pair(st.integers(1, 20000).map(str), "/", st.sampled_from(["s", "min", "hour", "day"]))  # fmt: skip
_BYTES = st.sampled_from(["512kb/s", "1mb/s", "10b/s", "512kb", "1mb/minute", "0b/s", "1kb/second", "4096mb/s", "15b", "1kb"])
_TIMES = st.sampled_from(
    ["00:00", "23:59:59", "24:00", "1:2", "01:02:03", "12:60", "12:30:60", "12", "", "1:2:3:4", "-1:00", "00:00:00", "9:5"]
)
_DATES = st.sampled_from(
    ["2030", "2030-01", "2030-01-31", "2030-02-31", "2030-01-31T12", "2030-01-31T12:00", "2030-01-31T12:00:59", "1970",
     "1970-01-01T00:00:00", "2038-01-19T03:14:07", "2038-12-31", "1969", "2039", "2030-13", "2030-1-1", "2030-01-32", "30",
     "2030-01-31T24", "2030-01-31T12:60", "2030-01-31 12:00", "2030-00-01", "2030T12", "02030", ""]
)  # fmt: skip
_MACS = st.sampled_from(
    ["00:11:22:aa:bb:cc", "0:1:2:a:b:c", "FF:FF:FF:FF:FF:FF", "01:00:5e:00:00:20", "00:11:22:33:44", "00:11:22:33:44:55:66",
     "00-11-22-33-44-55", "001:1:2:3:4:5", "0g:1:2:3:4:5", "", "00:11:22:33:44:5", ":1:2:3:4:5", "00:11:22:33:44:555"]
)  # fmt: skip
_ICMP = _words(
    "any", "echo-request", "echo-reply", "ping", "pong", "destination-unreachable", "port-unreachable", "redirect",
    "time-exceeded", "network-redirect", "router-solicitation", "neighbour-solicitation", "packet-too-big", "no-route",
    "address-mask-request", "mld-listener-query", "ttl-exceeded", "TOS-host-redirect", "e", "network-u", "bad-header",
) | _masked(_number(0, 255), _ranges(_number(0, 255)))  # fmt: skip
_U32_TESTS = st.sampled_from(
    ["6&0xff=1", "0=0", "0>>22&0x3c@4=0:0xffff,7", "0=", "=1", "0=1&&4=2", "0&=1", "4&0xFFFF=1,2,3", "0>>33=1", "0=1:",
     " 6 & 0xFF = 1 ", "0<<3=8", "0=5:3", "x=1", "0=1&&", "0=0x100000000", "0@1@2@3@4@5@6@7@8@9=1", "0@1@2@3@4@5@6@7@8@9@1=1",
     "&&".join(["0=1"] * 10), "&&".join(["0=1"] * 11), "0=" + ",".join("1" * 10), "0=" + ",".join("1" * 11), "0==1", "0=1;",
     "0=1 && 4=2", "0=08", "0=1 2", "0=-1"]
)  # fmt: skip
_PROGRAMS = st.sampled_from(
    ["4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0", "1,6 0 0 0", "1,6 0 0 0,", "2,6 0 0 0", "0,", "", "1,6 0 0", "1,x 0 0 0",
     "1,65536 0 0 0", "65,6 0 0 0", "1,6 0 0 4294967295", "1, 6 0 0 0", "1,6 256 0 0", "x,6 0 0 0", "1,6 0 0 0,6 0 0 0",
     "1,0x6 0 0 0", "1,6 0 0 -1", "1,21 0 1 6"]
)  # fmt: skip


def _set_names(family: int) -> list[str]:
    return [words.split()[0] for words in SETS[family]]


Sampler = Callable[[re.Match[str], int], Words]


def _of(strategy: Words) -> Sampler:
    return lambda found, family: strategy


def _address(found: re.Match[str], family: int) -> Words:
    return st.sampled_from(ADDRESSES[family])


def _network(found: re.Match[str], family: int) -> Words:
    return _masked(st.sampled_from(ADDRESSES[family]), st.sampled_from(MASKS[family]))


def _translated(found: re.Match[str], family: int) -> Words:
    one = st.sampled_from(ADDRESSES[family])
    addresses = one | _pair(one, "-", one)
    shown = addresses.map(lambda text: f"[{text}]") | addresses if family == 6 else addresses
    ports = _pair(_PORT, "-", _PORT) | _PORT | st.sampled_from(["10-20/5", "42-42/5", "20-10", "http-https", "1-2-3", "5-6/"])
    return addresses | _pair(shown, ":", ports) | ports.map(lambda text: f":{text}") | st.just("")


VALUES: tuple[tuple[str, Sampler], ...] = (
    (r"a number from (?P<low>\d+) to (?P<high>\d+)", lambda found, family: _number(int(found["low"]), int(found["high"]))),
    (r"a number up to (?P<high>\w+)(; .*)?", lambda found, family: _number(0, int(found["high"], 0))),
    (r"a number or range from 0 to (?P<high>\d+), as a:b", lambda found, family: _ranges(_number(0, int(found["high"])))),
    (r"a node from 1 to (?P<high>\d+)", lambda found, family: _number(1, int(found["high"]))),
    (r"a number of packets in a second, or nothing", _of(_U32)),
    (r"a number of packets, or of bytes", _of(_number(1, 10000) | _BYTES)),
    (r"a number, or a range a:b", _of(_ranges(_number(0, 0xFFFFFFFFFFFFFFFF)))),
    (r"a numeric id, or a range of ids a-b", _of(_ranges(_U32, "-") | st.sampled_from(["root", "0-0", "nosuchuser"]))),
    (r"32 bits", _of(_HEX32)),
    (r"a value or value/mask, 32 bits each", _of(_masked(_HEX32, _HEX32))),
    (r"a value, value/mask, or '(?P<name>\w+)'", lambda found, family: _masked(_HEX32 | st.just(found["name"]), _HEX32)),
    (
        r"a value, value/mask,? or (a )?name.*",
        _of(_masked(_number(0, 255), _number(0, 255)) | _words("Minimize-Delay", "Normal-Service", "Minimize-Cost")),
    ),
    (r"a class such as EF, AF11, CS1", _of(_words("EF", "AF11", "AF43", "CS0", "CS7", "BE", "AF14", "CS8", "0x20"))),
    (r"a date .*", _of(_DATES)),
    (r"a time of day .*", _of(_TIMES)),
    (r"days of the week", _of(_lists(_words("Mon", "Tue", "Sun", "Saturday", "1", "7", "8", "We", "M")))),
    (r"days of the month", _of(_lists(_number(1, 31)))),
    (r"a label by number, up to 127", _of(_number(0, 127))),
    (r"a level from 0 to 7, or its name", _of(_number(0, 7) | _words("debug", "emerg", "error", "warning", "warn", "panic"))),
    (r"a link address.*|a multicast address", _of(_MACS)),
    (r"a name of at most 31 bytes", _of(st.sampled_from([*ACCOUNTS, *ACCOUNTS, "", "a" * 32, "a" * 40]))),
    (r"a name of at most 15 bytes", _of(st.sampled_from([*ESTIMATORS, *ESTIMATORS, "", "a" * 16]))),
    (r"a name, of which (?P<limit>\d+) bytes are kept", lambda found, family: _limited(int(found["limit"]))),
    (r"a text of at most (?P<limit>\d+) bytes", lambda found, family: _limited(int(found["limit"]))),
    (r"a text of 1 to (?P<limit>\d+) bytes", lambda found, family: _limited(int(found["limit"]))),
    (r"a text, of which (?P<limit>\d+) bytes are kept", lambda found, family: _limited(int(found["limit"]))),
    (r"a word, of which (?P<limit>\d+) bytes are kept", lambda found, family: _names(int(found["limit"]))),
    (r"a text", _of(_limited(128))),
    (
        r"a text with bytes as \|0a\|",
        _of(
            st.sampled_from(
                ["|0a|", "|0a0B 0c|", "a|20|b", "|0|", "||", "|zz|", "|0a", "a\\|b", "\\\\", "|00|", "x" * 129, "|0a |", "|0A|",
                 "é", "\\", "|0a| |0b|", "|0a||0b|", "|0 a|", "| 0a|"]
            )  # fmt: skip
            | _limited(128)
        ),
    ),
    (r"the name of a list", _of(_names(199))),
    (r"the name of a table", _of(_names(15) | st.just("c" * 254) | st.just("c" * 255))),
    (r"the name of a conntrack helper", _of(st.sampled_from(["ftp", "sip", "nosuch", "", "ftp-0"]))),
    (r"the name of a timeout policy", _of(st.sampled_from(["", "a" * 32]))),
    (r"the name of a bridge port.*|an interface name.*", _of(
        st.sampled_from(["lo", "eth0", "eth+", "+", "", "a" * 15, "a" * 16, "a" * 14 + "+", "e/h", "e h", "et+h", "++", "-e",
                         "é", "eth0:1", "br0.5", "!", "x" * 15 + "+"])
    )),
    (r"the name of a set, .*", lambda found, family: st.sampled_from(_set_names(family))),
    (r"all, any or only, and a list of chunk types", _of(_words("all", "any", "only", "none"))),
    (r"two lists of flags.*", _of(_lists(_words("SYN", "ACK", "FIN", "RST", "URG", "PSH", "ALL", "NONE")))),
    (r"a port or a range a:b", _of(_ranges(_PORT))),
    (r"a port or a range port-port", _of(_ranges(_PORT, "-") | st.sampled_from(["10-20/5", "ftp-data", "20-10", "http-https"]))),
    (r"a port(, 0 for that of the packet)?", _of(_PORT)),
    (
        r"at most 15 ports or ranges, separated by commas",
        _of(_lists(_ranges(_PORT), 9) | st.sampled_from([",".join("1" * 15), ",".join("1" * 16), ",".join(["1:2"] * 8)])),
    ),
    (
        r"a protocol name or( a)? number.*",
        _of(
            st.sampled_from([*PROTOCOL_NAMES.values(), "all", "mh", "ipv6-mh", "icmpv6", "TCP", "0", "6", "0x11", "255", "256",
                             "", "ip", "hopopt", "nosuch", "tcp "])
            | st.sampled_from(["tcp", "udp", "icmp", "ipv6-icmp"])
        ),
    ),
    (r"a prefix length", lambda found, family: st.sampled_from(MASKS[family])),
    (
        r"a probability between 0 and 1",
        _of(
            st.floats(0, 1).map(lambda value: f"{value:.6f}")
            | st.sampled_from(["0", "1", "0.5", ".5", "1.0000001", "-0.1", "5e-1", "x", "", "0x0.8p0", "nan", "1e-12", " 0.5",
                               "inf", "0.33000000007", "0.5 "])
        ),
    ),
    (r"a program as .*", _of(_PROGRAMS)),
    (r"a range of addresses a-b", lambda found, family: _pair(_address(found, family), "-", _address(found, family))
        | _address(found, family)),
    (r"a rate such as 10/minute or 512kb/s", _of(_RATES | _BYTES)),
    (r"a rate such as 10/minute", _of(_RATES)),
    (
        r"a rate such as 512kbit, or nothing",
        _of(st.sampled_from(["512kbit", "1mbps", "8bit", "1000", "1.5mbit", "0bit", "x", "1kbitx", "1Gbit", "99999999999",
                             "123456bit", "7bit", "1tbit", "100KIBPS"])),
    ),
    (r"a size without the headers", _of(_number(0, 65535) | st.sampled_from(["65495", "65496", "65475", "65476"]))),
    (
        r"a time: a number and s, ms or us",
        _of(st.sampled_from(["250ms", "500ms", "1s", "2s", "4.5s", "8s", "16s", "100us", "1", "0", "250000", "1.5sec", "10 s",
                             "3msecs", "x", "", "1m", "9s", "1000000us"])),
    ),
    (r"a type by number or name, or a range", _of(_ranges(_number(0, 255) | _words("brr", "binding-update", "be", "hot", "b")))),
    (r"a zone from 0 to 65535, or mark", _of(_number(0, 65535) | st.just("mark"))),
    (r"address\[-address\]\[:port\[-port\]\]", _translated),
    (r"ah, esp or ipcomp", _of(_words("ah", "esp", "ipcomp", "50", "51", "108", "tcp"))),
    (r"an ICMP type: .*", _of(_ICMP)),
    (r"an address, or address/(mask|prefix)", _network),
    (r"an address", _address),
    (r"at most 16 addresses, separated by commas", lambda found, family: _lists(_address(found, family))
        | st.sampled_from([",".join(["::1"] * 16), ",".join(["::1"] * 17)])),
    (
        r"at most 16 options, as type or type:length",
        _of(_lists(_ranges(_number(0, 255))) | st.sampled_from([",".join("1" * 16), ",".join("1" * 17)])),
    ),
    (r"kinds of TCP options .*", _of(_lists(_number(2, 255) | _words("wscale", "mss", "sack-permitted", "timestamp", "md5")))),
    (
        r"major:minor in hexadecimal",
        _of(st.sampled_from(["1:ffff", "0:0", "ffff:ffff", "10000:1", "1:10000", "1", ":1", "1:", "g:1", "0x1:0x2", "00001:1",
                             "1:2:3", "AB:cd", " 1:2"])),
    ),
    (r"milliseconds, or inf", _of(_U32 | _words("inf", "infinite"))),
    (r"names of headers", _of(_lists(_words("hop", "hop-by-hop", "dst", "route", "frag", "auth", "esp", "none", "proto", "prot",
                                            "0", "60", "255", "6")))),
    (r"one of the ICMP errors, or tcp-reset", lambda found, family: _words(
        *{4: ("icmp-net-unreachable", "icmp-host-prohibited", "tcp-reset", "port-unreach", "icmp-admin-prohibited", "icmp-"),
          6: ("icmp6-no-route", "icmp6-adm-prohibited", "tcp-reset", "addr-unreach", "policy-fail", "icmp6-")}[family])),
    (r"one of (?P<words>.*)", lambda found, family: _words(*found["words"].split(", "))),
    (r"prefix/length, at most /64", _of(st.sampled_from(
        ["2001:db8::/32", "2001:db8:1:2::/64", "2001:db8::/65", "::/0", "2001:db8::1/64", "fd00::/8", "2001:db8::", "fd00::/",
         "fd00::/x", "fd00:0:0:1::/ffff:ffff:ffff:ffff::"]))),  # fmt: skip
    (r"some of (?P<words>.*?)(, separated by commas)?", lambda found, family: _lists(_words(*found["words"].split(", ")))),
    (r"tests such as .*", _of(_U32_TESTS)),
)
"""By what the codec expects; the first that fits counts."""

SECOND_WORDS: dict[str, Sampler] = {
    "all, any or only, and a list of chunk types": _of(
        _lists(_words("DATA", "INIT", "ABORT", "DATA:UBE", "ABORT:T", "SHUTDOWN_COMPLETE:Tt", "FORWARD_TSN", "ASCONF", "ALL",
                      "NONE", "DATA:", "DATA:x", "DATA:uBE", "INIT:a", "SACK", "DATA:Bb", "abort:t"))  # fmt: skip
    ),
    "the name of a set, and src or dst for each dimension": _of(
        st.sampled_from(["src", "dst", "src,dst", "dst,src", "SRC", "src,src,src", "x", "", "src,", "src,dst,src,dst,src,dst",
                         "src,dst,src,dst,src,dst,src"])  # fmt: skip
    ),
    "two lists of flags: those to look at, and those of them that are set": _of(
        _lists(_words("SYN", "ACK", "FIN", "RST", "URG", "PSH", "ALL", "NONE"))
    ),
}
"""What stands after the first word, for codecs of two words."""

OF_OPTIONS: dict[tuple[str, str], Words] = {
    ("RATEEST", "rateest-name"): st.sampled_from(["est", "E2", "", "ab" * 8, "a b", "ab" * 7 + "c"]),
    ("bpf", "object-pinned"): st.just("a" * 512),  # a right one names a file of the machine
    ("cgroup", "path"): st.just("a" * 512),
    ("SECMARK", "selctx"): st.just(""),  # a right one needs SELinux
    ("TEE", "oif"): st.sampled_from(["lo", "eth0", "", "a" * 15, "a" * 16, "e h"]),
}
"""Where the values that a codec takes are not the values that a kernel at hand takes."""


def words_for(codec: Codec, family: int, module: str = "", option: Option | None = None) -> SearchStrategy[tuple[str, ...]]:
    """Words for an option's value; raises LookupError for a codec that nobody has samples for."""
    if codec.words == 0:
        return st.just(())
    first = OF_OPTIONS.get((module, option.name)) if option is not None else None
    if first is None:
        first = _first(codec.expects, family)
    if codec.words == 1:
        return first.map(lambda word: (word,))
    if codec.words != 2 or codec.expects not in SECOND_WORDS:
        raise LookupError(f"no samples for the {codec.words} words of a codec that expects {codec.expects!r}")
    second = SECOND_WORDS[codec.expects](re.fullmatch("", "") or _never(), family)
    return st.tuples(first, second)


def _never() -> re.Match[str]:
    raise AssertionError("the empty pattern fits the empty text")


def _first(expects: str, family: int) -> Words:
    for pattern, sampler in VALUES:
        if found := re.fullmatch(pattern, expects):
            return sampler(found, family)
    raise LookupError(f"no samples for a codec that expects {expects!r}: it wants a line in VALUES")
