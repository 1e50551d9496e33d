"""`create`: a set's type and options, as the kernel keeps them (lib/ipset.c, and the create functions of each type)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lvsconf.extensions.addresses import BITS
from lvsconf.extensions.options import OptionError
from lvsconf.languages.ipset import numbers
from lvsconf.languages.ipset.faults import FaultError, unreadable
from lvsconf.languages.ipset.options import Given, options
from lvsconf.languages.ipset.parts import Addresses, address, addresses, port_numbers, show_address
from lvsconf.languages.ipset.types import BY_WORD, SetType
from lvsconf.languages.lines import Word
from lvsconf.languages.suggest import suggestion

LONGEST_NAME = 31
MOST_IN_A_BITMAP = 65536

_FAMILIES = {"inet": 4, "ipv4": 4, "-4": 4, "inet6": 6, "ipv6": 6, "-6": 6}
_FAMILY_NAMES = {4: "inet", 6: "inet6"}
_ALIASES = {"-4": "family", "-6": "family"}
_ENDS = {("ip",): ("from", "to", "network"), ("host", "mac"): ("from", "to", "network"), ("number",): ("from", "to")}
"""What older scripts have in place of `range`, by the parts of an element."""
_FLAGS = frozenset(name for name, option in numbers.CREATE.items() if option.flag)
_DEFAULTS = {"hashsize": 1024, "maxelem": 65536, "markmask": 0xFFFFFFFF, "bucketsize": 12, "size": 8}
"""ip_set_hash_gen.h, ip_set_list_set.c."""


@dataclass(slots=True)
class Header:
    """A set without its elements. `values` are the options as the kernel keeps them, `range` a bitmap's ends."""

    type: SetType
    family: int | None
    values: dict[str, Any] = field(default_factory=dict)
    range: tuple[int, int] | None = None

    @property
    def mask(self) -> int | None:
        """What addresses are cut with."""
        if "bitmask" in self.values:
            return int(self.values["bitmask"])
        if "netmask" not in self.values or self.family is None:
            return None
        bits = BITS[self.family]
        return (1 << bits) - (1 << (bits - int(self.values["netmask"])))

    def same(self, other: Header) -> bool:
        """Whether `create -exist` takes the other for this one (same_set: how big the hash is does not matter)."""
        mine, others = ([each.values.get(name, name in each.values) for name in _COMPARED] for each in (self, other))
        ends = (self.type, self.family, self.range, self.mask) == (other.type, other.family, other.range, other.mask)
        return ends and mine == others


_COMPARED = ("maxelem", "markmask", "timeout", "counters", "comment", "skbinfo", "size")


def check_name(word: Word) -> str:
    """The name of a set."""
    if len(word.text.encode("utf-8", "surrogateescape")) > LONGEST_NAME:
        raise unreadable(f"the name of a set has at most {LONGEST_NAME} bytes", word)
    return word.text


def create(words: Sequence[Word]) -> Header:
    """The type and the options after it; raises FaultError."""
    kind = BY_WORD.get(words[0].text)
    if kind is None:
        near = suggestion(words[0].text, BY_WORD)
        raise unreadable(f"`{words[0].text[:80]}` is no type of set", words[0], near)
    aliases = _ALIASES if "family" in kind.create else {}
    ends = _ENDS[kind.parts] if "range" in kind.create else ()
    known = {*kind.create, *kind.ignored, *ends}
    found = options(words[1:], known, _FLAGS, aliases, f"a {kind.name} set")
    return _Creation(kind, [each for each in found if each.name not in kind.ignored]).header()


class _Creation:
    def __init__(self, kind: SetType, given: Sequence[Given]) -> None:
        self.kind = kind
        self.given = {each.name: each for each in given}
        self.header_ = Header(kind, min(kind.families, default=None))

    def header(self) -> Header:
        header = self.header_
        if "family" in self.given:
            header.family = self._family(self.given["family"])
        for name, each in self.given.items():
            try:
                self._value(name, each)
            except FaultError:
                raise
            except OptionError as error:
                raise unreadable(str(error), each.value) from None
        if "range" in self.kind.create:
            self._bitmap()
        for name in self.kind.create:
            if name in _DEFAULTS:
                header.values.setdefault(name, _DEFAULTS[name])
        return header

    def _family(self, each: Given) -> int | None:
        word = each.value or each.word
        text = word.text if each.value is not None else word.text.removeprefix("--")
        family = _FAMILIES.get(text)
        if family is not None:
            return family
        if text in ("any", "unspec"):
            raise FaultError(f"a {self.kind.name} set holds addresses of one family: inet or inet6", word)
        raise unreadable(f"`{text[:80]}` is no address family: inet or inet6", word, suggestion(text, _FAMILIES))

    def _value(self, name: str, each: Given) -> None:
        option = numbers.CREATE.get(name)
        values = self.header_.values
        if name == "bitmask":
            values[name] = self._bitmask(each)
        elif option is not None and option.parse is None:
            values[name] = True
        elif option is not None and option.parse is not None and each.value is not None:
            value = option.parse(each.value.text)
            values[name] = _KEPT[name](value) if name in _KEPT else value
            if name == "netmask":
                self._netmask(value, each)

    def _netmask(self, length: int, each: Given) -> None:
        if "bitmask" in self.given:
            raise FaultError("a set has a netmask or a bitmask, not both", each.word)
        longest = BITS[self.header_.family or 4]
        if not 1 <= length <= longest:
            raise OptionError(f"a netmask is a number from 1 to {longest}")
        if length == longest:
            del self.header_.values["netmask"]

    def _bitmask(self, each: Given) -> int:
        word = each.value or each.word
        mask = address(word.text, self.header_.family or 4)
        if not mask:
            raise FaultError("a bitmask of zeros leaves nothing of an address", word)
        return mask

    # -- bitmaps ---------------------------------------------------------------------------------------------------

    def _bitmap(self) -> None:
        word, found = self._range()
        if self.kind.parts == ("number",):
            self.header_.range = found
            return
        low, high = found
        netmask = int(self.header_.values.get("netmask", 32))
        count = high - low + 1
        if netmask < 32:
            low, high = low >> (32 - netmask) << (32 - netmask), high | (1 << (32 - netmask)) - 1
            count = self._networks(low, high, netmask, word)
        if count > MOST_IN_A_BITMAP:
            raise FaultError(f"a bitmap holds at most {MOST_IN_A_BITMAP} elements, this range has {count}", word)
        self.header_.range = low, high

    def _networks(self, low: int, high: int, netmask: int, word: Word) -> int:
        """How many networks a range has; it must begin where a network with a shorter prefix does (range_to_mask)."""
        length = next((bits for bits in range(31, 0, -1) if high >> (32 - bits) << (32 - bits) == low), 0)
        if (not length and (low, high) != (0, 0xFFFFFFFF)) or netmask <= length:
            raise FaultError(f"with `netmask {netmask}` the range has to be a network with a shorter prefix", word)
        return 1 << (netmask - length)

    def _range(self) -> tuple[Word, tuple[int, int]]:
        try:
            return self._ends()
        except OptionError as error:
            given = self.given.get("range") or self.given.get("from") or self.given.get("network")
            raise unreadable(str(error), given.value if given else None) from None

    def _ends(self) -> tuple[Word, tuple[int, int]]:
        starts = [self.given[name] for name in ("range", "from", "network") if name in self.given]
        if len(starts) > 1:
            raise FaultError(f"`{starts[1].name}` contradicts `{starts[0].name}`", starts[1].word)
        if not starts or starts[0].value is None:
            raise FaultError(f"a {self.kind.name} set needs a range")
        start, word = starts[0], starts[0].value
        end = self.given["to"].value if "to" in self.given else None
        first: int
        last: int | None
        if self.kind.parts == ("number",):
            ports = port_numbers(word.text)
            first, last = ports.first, ports.last if end is None else port_numbers(end.text).first
        elif start.name == "from":
            first, last = address(word.text, 4), None if end is None else address(end.text, 4)
        else:
            found = addresses(word.text, 4)
            if found.length == 32 and end is None:
                raise FaultError("a network of one address is no range for a bitmap", word)
            first, last = _bounds(found) if end is None else (found.first, address(end.text, 4))
        if last is None:
            raise FaultError(
                f"a {self.kind.name} set needs a range: `{word.text[:80]}` is only its first element", word
            )
        return word, (min(first, last), max(first, last))


def _bounds(found: Addresses) -> tuple[int, int | None]:
    if found.length is None:
        return found.first, found.last
    size = 1 << (32 - found.length)
    first = found.first // size * size
    return first, first + size - 1


def _markmask(value: int) -> int:
    if not value:
        raise OptionError("a markmask of 0 leaves nothing of a mark")
    return value


def _hashsize(value: int) -> int:
    """A power of two, at least 64."""
    size = 1 << (max(value, 64) - 1).bit_length()
    if size > 1 << 31:
        raise OptionError("a hash can't be that big")
    return size


def _bucketsize(value: int) -> int:
    """An even number from 2 to 12 (AHASH_MAX_SIZE)."""
    return min(max(value + value % 2, 2), 12)


_KEPT: dict[str, Callable[[int], int]] = {
    "markmask": _markmask,
    "hashsize": _hashsize,
    "bucketsize": _bucketsize,
    "size": lambda value: max(value, 4),
}
"""What the kernel makes of a value; raises OptionError where it refuses."""


def show_header(header: Header) -> Iterator[str]:
    """The words after the set's name, as `ipset save` prints them.

    An initval that is not given is drawn by the kernel. `ipset save` forgets `forceadd`; leaving it out here would
    change the set.
    """
    yield header.type.name
    family = header.family or 4
    for name in header.type.create:
        if name == "family":
            yield from ("family", _FAMILY_NAMES[family])
        elif name == "range" and header.range is not None:
            ends = [str(end) if header.type.parts == ("number",) else show_address(end, 4) for end in header.range]
            yield from ("range", "-".join(ends))
        elif name == "bitmask" and name in header.values:
            if header.values[name] != (1 << BITS[family]) - 1:
                yield from (name, show_address(header.values[name], family))
        elif name in header.values:
            option = numbers.CREATE[name]
            yield name
            if not option.flag:
                yield option.show(header.values[name])
