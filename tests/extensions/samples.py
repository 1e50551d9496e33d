"""Values for options, by what a codec says it expects: right ones, ones at the limits, and slightly wrong ones.

A codec that expects something not listed here has no samples: `words_for` then fails, and VALUES wants a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lvsconf.extensions.names import PROTOCOL_NAMES
from lvsconf.extensions.options import Codec, Option
from tests.extensions.namespace import ACCOUNTS, ESTIMATORS, SETS

Words = SearchStrategy[str]
Sampler = Callable[[re.Match[str], int], Words]

_DATA: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("samples.yaml").read_text(encoding="utf-8"))


def _some(name: str, *more: str) -> Words:
    return st.sampled_from([*_DATA[name], *more])


def _number(low: int, high: int) -> Words:
    near = {low - 1, low, low + 1, (low + high) // 2, high - 1, high, high + 1, 0, 1, 5, 10, 42}
    odd = [hex(max(low, 1)), f"0{low:o}", f"+{low + 1}", f" {low + 1}", "", "x"]
    shown = [str(value) for value in sorted(near)] + odd
    return st.sampled_from(shown) | st.integers(low, min(high, low + 100)).map(str) | st.integers(low, high).map(str)


def _pair(first: Words, separator: str, second: Words) -> Words:
    return st.builds(lambda a, b: f"{a}{separator}{b}", first, second)


def _ranges(one: Words, sep: str = ":") -> Words:
    return one | _pair(one, sep, one) | st.sampled_from([sep, f"{sep}5", f"5{sep}", f"1{sep}2{sep}3", f"7{sep}7"])


def _lists(one: Words, limit: int = 3) -> Words:
    several = st.lists(one, min_size=1, max_size=limit).map(",".join)
    return several | st.sampled_from(["", ","]) | one.map(lambda x: x + ",")


def _around(limit: int, item: str) -> Words:
    """Lists of nearly so many items."""
    return st.sampled_from([",".join([item] * count) for count in (limit, limit + 1)])


def _words(*texts: str) -> Words:
    """Words as they are, in other cases, cut short, and some that are none of them."""
    every = st.sampled_from(texts)
    cut = every.map(lambda x: x[:3])
    return every | every | every | every.map(str.swapcase) | cut | st.sampled_from(["", "x", "0", "1"])


def _named(name: str) -> Words:
    return _words(*_DATA[name])


def _sized(limit: int, *more: int) -> Words:
    return st.sampled_from([("ab" * size)[:size] for size in (limit - 1, limit, limit + 1, *more)])


def _limited(limit: int) -> Words:
    return _some("texts") | _some("texts") | _sized(limit, limit + 9)


def _names(limit: int) -> Words:
    return _some("names") | _sized(limit)


def _masked(value: Words, mask: Words) -> Words:
    return value | _pair(value, "/", mask)


_U32 = _number(0, 0xFFFFFFFF)
_HEX32 = st.integers(0, 0xFFFFFFFF).map(hex) | _U32
_PORT = _some("ports") | st.integers(0, 65535).map(str)
_RATES = _some("rates") | _pair(st.integers(1, 20000).map(str), "/", st.sampled_from(["s", "min", "hour", "day"]))
_ICMP = _named("icmp") | _masked(_number(0, 255), _ranges(_number(0, 255)))


@cache
def _address(family: int) -> Words:
    return _some(f"addresses {family}")


def _translated(family: int) -> Words:
    addresses = _address(family) | _pair(_address(family), "-", _address(family))
    shown = addresses.map(lambda text: f"[{text}]") | addresses if family == 6 else addresses
    ports = _pair(_PORT, "-", _PORT) | _PORT | _some("a port range")
    return addresses | _pair(shown, ":", ports) | ports.map(lambda text: f":{text}") | st.just("")


def _set_names(family: int) -> Words:
    return st.sampled_from([words.split()[0] for words in SETS[family]])


def _of(strategy: Words) -> Sampler:
    return lambda found, family: strategy


def _of_number(make: Callable[[int], Words]) -> Sampler:
    """Samples that depend on the limit that the text names."""
    return lambda found, family: make(int(found["limit"], 0))


def _of_family(make: Callable[[int], Words]) -> Sampler:
    return lambda found, family: make(family)


VALUES: tuple[tuple[str, Sampler], ...] = (
    (r"a number from (?P<low>\d+) to (?P<high>\d+)", lambda found, _: _number(int(found["low"]), int(found["high"]))),
    (r"a number up to (?P<limit>\w+)(; .*)?", _of_number(lambda high: _number(0, high))),
    (r"a number or range from 0 to (?P<limit>\d+), as a:b", _of_number(lambda high: _ranges(_number(0, high)))),
    (r"a node from 1 to (?P<limit>\d+)", _of_number(lambda high: _number(1, high))),
    (r"a number of packets in a second, or nothing", _of(_U32)),
    (r"a number of packets, or of bytes", _of(_number(1, 10000) | _some("rates of bytes"))),
    (r"a number, or a range a:b", _of(_ranges(_number(0, 0xFFFFFFFFFFFFFFFF)))),
    (r"a numeric id, or a range of ids a-b", _of(_ranges(_U32, "-") | st.sampled_from(["root", "0-0", "nosuchuser"]))),
    (r"32 bits", _of(_HEX32)),
    (r"a value or value/mask, 32 bits each", _of(_masked(_HEX32, _HEX32))),
    (r"a value, value/mask, or '(?P<name>\w+)'", lambda found, _: _masked(_HEX32 | st.just(found["name"]), _HEX32)),
    (r"a value, value/mask,? or (a )?name.*", _of(_masked(_number(0, 255), _number(0, 255)) | _named("TOS names"))),
    (r"a class such as EF, AF11, CS1", _of(_named("DSCP classes"))),
    (r"a date .*", _of(_some("dates"))),
    (r"a time of day .*", _of(_some("times"))),
    (r"days of the week", _of(_lists(_named("days")))),
    (r"days of the month", _of(_lists(_number(1, 31)))),
    (r"a label by number, up to 127", _of(_number(0, 127))),
    (r"a level from 0 to 7, or its name", _of(_number(0, 7) | _named("levels"))),
    (r"a link address.*|a multicast address", _of(_some("link addresses"))),
    (r"a name of at most 31 bytes", _of(st.sampled_from([*ACCOUNTS, *ACCOUNTS, "", "a" * 32, "a" * 40]))),
    (r"a name of at most 15 bytes", _of(st.sampled_from([*ESTIMATORS, *ESTIMATORS, "", "a" * 16]))),
    (r"a name, of which (?P<limit>\d+) bytes are kept", _of_number(_limited)),
    (r"a text of at most (?P<limit>\d+) bytes", _of_number(_limited)),
    (r"a text of 1 to (?P<limit>\d+) bytes", _of_number(_limited)),
    (r"a text, of which (?P<limit>\d+) bytes are kept", _of_number(_limited)),
    (r"a word, of which (?P<limit>\d+) bytes are kept", _of_number(_names)),
    (r"a text", _of(_limited(128))),
    (r"a text with bytes as \|0a\|", _of(_some("a text with bytes as |0a|") | _limited(128))),
    (r"the name of a list", _of(_names(199))),
    (r"the name of a table", _of(_names(15) | st.sampled_from(["c" * 254, "c" * 255]))),
    (r"the name of a bridge port.*|an interface name.*", _of(_some("an interface name"))),
    (r"the name of a set, .*", _of_family(_set_names)),
    (r"all, any or only, and a list of chunk types", _of(_words("all", "any", "only", "none"))),
    (r"two lists of flags.*", _of(_lists(_named("flags")))),
    (r"a port or a range a:b", _of(_ranges(_PORT))),
    (r"a port or a range port-port", _of(_ranges(_PORT, "-") | _some("a port range"))),
    (r"a port(, 0 for that of the packet)?", _of(_PORT)),
    (
        r"at most 15 ports or ranges, separated by commas",
        _of(_lists(_ranges(_PORT), 9) | _around(15, "1") | _around(7, "1:2")),
    ),
    (r"a protocol name or( a)? number.*", _of(_some("protocols", *PROTOCOL_NAMES.values()) | _some("protocols"))),
    (r"a prefix length", _of_family(lambda family: _some(f"masks {family}"))),
    (r"a probability .*", _of(st.floats(0, 1).map(lambda value: f"{value:.6f}") | _some("a probability"))),
    (r"a program as .*", _of(_some("programs"))),
    (
        r"a range of addresses a-b",
        _of_family(lambda family: _pair(_address(family), "-", _address(family)) | _address(family)),
    ),
    (r"a rate such as 10/minute or 512kb/s", _of(_RATES | _some("rates of bytes"))),
    (r"a rate such as 10/minute", _of(_RATES)),
    (r"a rate such as 512kbit, or nothing", _of(_some("a rate such as 512kbit"))),
    (r"a size without the headers", _of(_number(0, 65535) | st.sampled_from(["65495", "65496", "65475", "65476"]))),
    (r"a time: a number and s, ms or us", _of(_some("a time with its unit"))),
    (r"a type by number or name, or a range", _of(_ranges(_number(0, 255) | _named("mobility")))),
    (r"a zone from 0 to 65535, or mark", _of(_number(0, 65535) | st.just("mark"))),
    (r"address\[-address\]\[:port\[-port\]\]", _of_family(_translated)),
    (r"ah, esp or ipcomp", _of(_named("ipsec"))),
    (r"an ICMP type: .*", _of(_ICMP)),
    (
        r"an address, or address/(mask|prefix)",
        _of_family(lambda family: _masked(_address(family), _some(f"masks {family}"))),
    ),
    (r"an address", _of_family(_address)),
    (
        r"at most 16 addresses, separated by commas",
        _of_family(lambda family: _lists(_address(family)) | _around(16, "::1")),
    ),
    (r"at most 16 options, as type or type:length", _of(_lists(_ranges(_number(0, 255))) | _around(16, "1"))),
    (r"kinds of TCP options .*", _of(_lists(_number(2, 255) | _named("TCP options")))),
    (r"major:minor in hexadecimal", _of(_some("major:minor"))),
    (r"milliseconds, or inf", _of(_U32 | _words("inf", "infinite"))),
    (r"names of headers", _of(_lists(_named("headers")))),
    (r"one of the ICMP errors, or tcp-reset", _of_family(lambda family: _named(f"errors {family}"))),
    (r"one of (?P<words>.*)", lambda found, _: _words(*found["words"].split(", "))),
    (r"prefix/length, at most /64", _of(_some("a prefix of HMARK"))),
    (r"some of (?P<words>.*?)(, separated by commas)?", lambda found, _: _lists(_words(*found["words"].split(", ")))),
    (r"tests such as .*", _of(_some("tests"))),
)
"""By what the codec expects; the first that fits counts."""

SECOND_WORDS: dict[str, Words] = {
    "all, any or only, and a list of chunk types": _lists(_named("chunks")),
    "the name of a set, and src or dst for each dimension": _some("directions"),
    "two lists of flags: those to look at, and those of them that are set": _lists(_named("flags")),
}
"""What stands after the first word, for codecs of two words."""

OF_OPTIONS: dict[tuple[str, str], Words] = {
    ("RATEEST", "rateest-name"): st.sampled_from(["est", "E2", "", "ab" * 8, "a b", "ab" * 7 + "c"]),
    ("CT", "helper"): st.just(""),  # others name what the kernel at hand may have
    ("CT", "timeout"): st.just(""),
    ("TEE", "oif"): st.sampled_from(["lo", "eth0", "", "a" * 15, "a" * 16, "e h"]),
}
"""Where the values that a codec takes are not the values that a kernel at hand takes."""

OF_THE_MACHINE = {("bpf", "object-pinned"), ("cgroup", "path"), ("SECMARK", "selctx")}
"""Options whose values are refused or not by what there is on the machine: a file, a control group, SELinux."""


def words_for(
    codec: Codec, family: int, module: str = "", option: Option | None = None
) -> SearchStrategy[tuple[str, ...]]:
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
    return st.tuples(first, SECOND_WORDS[codec.expects])


def _first(expects: str, family: int) -> Words:
    for pattern, sampler in VALUES:
        if found := re.fullmatch(pattern, expects):
            return sampler(found, family)
    raise LookupError(f"no samples for a codec that expects {expects!r}: it wants a line in VALUES")
