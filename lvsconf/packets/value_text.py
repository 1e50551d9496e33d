"""Values of one field in words. Between the values that have to be in and those that may be, the shortest are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from itertools import islice

from lvsconf.extensions.icmp_types import IPV4, IPV6
from lvsconf.extensions.names import PROTOCOL_NAMES
from lvsconf.model.fields import (
    CT_MARK,
    CT_ORIG_DPORT,
    CT_ORIG_SPORT,
    CT_REPLY_DPORT,
    CT_REPLY_SPORT,
    CT_STATUS,
    DPORT,
    ICMP_TYPE,
    IIF,
    MARK,
    OIF,
    PROTO,
    PROTOCOLS,
    REALM,
    SPORT,
    TCP_FLAGS,
    TCP_OPTION_KINDS,
    TOS,
    CtStatus,
    Field,
    TcpFlags,
)
from lvsconf.packets.blocks import Listed, Scale, between, complement, listed
from lvsconf.packets.cubes import Cube, cubes
from lvsconf.packets.device_text import device, proper_names
from lvsconf.packets.occurring import NAMES
from lvsconf.packets.packet_set import Bounds, Interval, PacketSet
from lvsconf.packets.space import ADDRESSES, Space

PORTS = frozenset({SPORT, DPORT, CT_ORIG_SPORT, CT_ORIG_DPORT, CT_REPLY_SPORT, CT_REPLY_DPORT})
DEVICES = frozenset({IIF, OIF})
FLAGS: Mapping[Field, Mapping[int, str]] = {
    TCP_FLAGS: {bit: name for name, bit in vars(TcpFlags).items() if name.isupper()},
    CT_STATUS: {item.value: item.name or "" for item in CtStatus},
    TCP_OPTION_KINDS: {1 << kind: str(kind) for kind in range(TCP_OPTION_KINDS.bits)},
}
"""Fields of which each bit has a name."""
MASKED = frozenset({MARK, CT_MARK, REALM, TOS, *FLAGS})
"""Fields that are often compared under masks."""
HEXADECIMAL = frozenset({MARK, CT_MARK, REALM, TOS})
CUBES = 6
"""More values under masks than this are no help."""
JOINED = 1.2
"""What it costs to tell of values that are neither all that may be in nor all that have to."""
READ = 256
"""So many intervals of a field are read; what has more is cut."""
LISTED = 12
"""More items than this are not listed in full..."""
MANY_OFF = 8
"""More flags than a TCP header has: so many that are not set are no more told one by one."""
SHOWN = 6
"""...but so many of them."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a field, and the values meant; no text if every value that there can be is meant.

    `negative`: the text tells of all others. `cut`: there are more than those that are told. `conditional`: packets
    that do not have the field are meant as well.
    """

    text: str
    values: PacketSet
    cost: float
    cut: bool = False
    negative: bool = False
    conditional: bool = False


def value_words(space: Space, what: Field, values: Bounds) -> Words:
    """The values of a field: at least the lower ones, at most the upper ones."""
    reader = _Reader(space, what, values)
    found = reader.by_cubes() if what in MASKED else []
    if what not in FLAGS or not found:
        found += reader.by_intervals()
    if not found and what not in MASKED:
        found = reader.by_cubes()
    return min(found, key=lambda words: (words.cost, len(words.text))) if found else reader.cut()


class _Reader:
    def __init__(self, space: Space, what: Field, values: Bounds) -> None:
        self.space, self.what, self.values = space, what, values
        self.scale = Scale(space.width(what), 8, 8) if what in DEVICES else Scale(space.width(what))
        self.one = _printer(space, what)

    def by_intervals(self) -> list[Words]:
        """The ways to tell intervals, with those that may be in and without."""
        lower, upper = (self._intervals(values) for values in self.values)
        found = [self._told(choice) for choice in (upper, lower) if choice]
        if lower and upper:
            joined_up = between(lower, upper, self.scale)
            if joined_up not in (lower, upper):
                # What only fills gaps that do not matter says what nobody wrote.
                told = self._told(joined_up)
                found.append(replace(told, cost=told.cost + JOINED))
        return found

    def _intervals(self, values: PacketSet) -> list[Interval] | None:
        found = list(islice(self.space.intervals(values, self.what), READ + 1))
        return None if len(found) > READ else proper_names(found) if self.what in DEVICES else found

    def _told(self, intervals: list[Interval]) -> Words:
        lower, upper = self.values
        # Of what cannot be a name as much as has to be in.
        values = (self.space.within(self.what, intervals) | lower) & upper
        whole = (0, (1 << self.scale.bits) - 1)
        if self.what in ADDRESSES or self.what in DEVICES:
            told = listed(intervals, self.scale)
        else:
            told = self._numbers(intervals, whole)
        negative = told.items == (whole,) and bool(told.exceptions)
        if told.items == (whole,) and not negative:
            return Words("", values, 0)
        shown = told.exceptions if negative else told.items
        cut = len(shown) > LISTED or len(told.exceptions) > LISTED
        if self.what in ADDRESSES:
            text, negative = self._addresses(told, negative), False
        else:
            text = self._list(shown, " or ")
            if told.exceptions and not negative:
                text += f" except {self._list(told.exceptions, ' and ')}"
        return Words(text, values, told.cost, cut, negative)

    def _numbers(self, intervals: list[Interval], whole: Interval) -> Listed:
        named = NAMES.get(self.what)
        if named is not None:
            plain = [(value, value) for value in named if any(low <= value <= high for low, high in intervals)]
            others = [(value, value) for value in named if (value, value) not in plain]
        else:
            plain, others = intervals, complement(intervals, whole)
            if self.what in (PROTO, ICMP_TYPE):
                plain, others = _taken_apart(plain), _taken_apart(others)
        # Nobody thinks of protocols and types as numbers in a row.
        wide = 2 if self.what in (PROTO, ICMP_TYPE) else 0.3
        # `not NEW` is clear, `not INVALID or NEW` has to be thought about.
        but = 1.6 if named is not None and len(others) > 1 else 0.6
        options = [Listed(tuple(plain), (), sum(1 + wide * (low < high) for low, high in plain))]
        options.append(Listed((whole,), tuple(others), but + sum(1 + wide * (low < high) for low, high in others)))
        return min(options, key=lambda option: option.cost)

    def _addresses(self, told: Listed, negative: bool) -> str:
        if negative:
            return f"anywhere but {self._list(told.exceptions, ' or ')}"
        text = self._list(told.items, " or ")
        if not told.exceptions:
            return text
        (low, high), alone = told.items[0], len(told.items) == 1
        if alone and self.scale.bits == 32 and low >> 8 == high >> 8:
            short = [f".{low & 255}" if low == high else f".{low & 255}-.{high & 255}" for low, high in told.exceptions]
            return f"{text} except {joined(short, ' and ')}"
        return f"{text} except {self._list(told.exceptions, ' and ')}"

    def _list(self, intervals: Sequence[Interval], last: str) -> str:
        if len(intervals) > LISTED:
            texts = [self._interval(item) for item in intervals[:SHOWN]]
            return f"{', '.join(texts)} and {len(intervals) - SHOWN} more"
        return joined([self._interval(item) for item in intervals], last)

    def _interval(self, interval: Interval) -> str:
        low, high = interval
        free = self.scale.length(interval)
        if self.what in DEVICES:
            return device(low, high, free)
        if free == 0:
            return self.one(low)
        if self.what in ADDRESSES and free is not None:
            return f"{self.one(low)}/{self.scale.bits - free}"
        if self.what in (PROTO, ICMP_TYPE):
            return f"{'protocols ' * (self.what is PROTO)}{low}-{high}"
        return f"{self.one(low)}-{self.one(high)}"

    def by_cubes(self) -> list[Words]:
        """The same by bits, and by the bits that others have."""
        lower, upper = self.values
        found = []
        for negative, (some, most) in enumerate(((lower, upper), (~upper, ~lower))):
            parts = cubes(self.space, some, most, self.what, CUBES)
            if not parts or (0, 0) in parts:
                continue
            values = self.space.nothing
            for value, mask in parts:
                values |= self.space.masked(self.what, value, mask)
            text = joined([self._cube(part) for part in parts], " or ")
            if negative and self.what in ADDRESSES:
                text = f"anywhere but {text}"
            # What has no names of its own is easier to read as intervals.
            dear = 1 if self.what in FLAGS else 1.5
            cost = len(parts) * dear + 0.6 * negative
            values = ~values if negative else values
            found.append(Words(text, values, cost, negative=bool(negative) and self.what not in ADDRESSES))
        return found

    def _cube(self, cube: Cube) -> str:
        value, mask = cube
        full = (1 << self.scale.bits) - 1
        if self.what in FLAGS:
            return _flags(FLAGS[self.what], value, mask, full)
        if self.what in ADDRESSES:
            return f"{self.one(value)}/{self.one(mask)}"
        return self.one(value) if mask == full else f"{value:#x}/{mask:#x}"

    def cut(self) -> Words:
        """The first of very many values, or of those that are not meant where the least and the highest are."""
        values = self.values.upper
        ends = (self.space.within(self.what, ((end, end),)) for end in (0, (1 << self.scale.bits) - 1))
        negative = all(values & end for end in ends)
        some = list(islice(self.space.intervals(~values if negative else values, self.what), SHOWN))
        text = ", ".join(self._interval(item) for item in some) + " and many more"
        if negative and self.what in ADDRESSES:
            return Words(f"anywhere but {text}", values, READ, cut=True)
        return Words(text, values, READ, cut=True, negative=negative)


def _printer(space: Space, what: Field) -> Callable[[int], str]:
    if what in ADDRESSES:
        return lambda value: str(IPv4Address(value) if space.family == 4 else IPv6Address(value))
    if what is PROTO:
        return protocol
    if what is ICMP_TYPE:
        types = _icmp_types(space.family)
        return lambda value: types.get(value, str(value))
    if what in NAMES:
        return lambda value: NAMES[what].get(value, str(value))
    return hex if what in HEXADECIMAL else str


def _icmp_types(family: int) -> dict[int, str]:
    named = {4: IPV4, 6: IPV6}[family]
    return {
        kind: name
        for name, (kind, first, last) in reversed(named.items())
        if (first, last) == (0, 255) and name != "any"
    }


def icmp_names(family: int) -> dict[tuple[str, ...], str]:
    """Names of a type's codes, by the words of the type and the code."""
    types, named = _icmp_types(family), {4: IPV4, 6: IPV6}[family]
    return {
        (types[kind], str(first)): name
        for name, (kind, first, last) in reversed(named.items())
        if first == last and kind in types
    }


def _taken_apart(intervals: Sequence[Interval]) -> list[Interval]:
    """Intervals of two or three numbers as so many numbers."""
    found: list[Interval] = []
    for low, high in intervals:
        found += [(value, value) for value in range(low, high + 1)] if high - low < 3 else [(low, high)]
    return found


def protocol(number: int) -> str:
    """The name of an IP protocol, or its number after the word."""
    return PROTOCOLS.get(number) or PROTOCOL_NAMES.get(number) or f"protocol {number}"


def joined(texts: Sequence[str], last: str) -> str:
    """One, two and three."""
    return last.join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def _flags(names: Mapping[int, str], value: int, mask: int, full: int) -> str:
    on = [name for bit, name in names.items() if value & mask & bit]
    off = [name for bit, name in names.items() if ~value & mask & bit]
    there = joined(on, " and ")
    if mask & sum(names) == full & sum(names):
        return f"only {there}" if on else "none"
    if not off:
        return there
    free = [name for bit, name in names.items() if not mask & bit]
    if len(off) > MANY_OFF > len(free):
        # Of hundreds of names, those that may be set are told rather than all that may not.
        return f"only {there} and perhaps {joined(free, ' or ')}" if on else f"none but {joined(free, ' or ')}"
    return f"{there} without {joined(off, ' or ')}".lstrip()
