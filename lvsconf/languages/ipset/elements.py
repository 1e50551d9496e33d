"""An element as it is written, and the elements that the kernel makes of it (the uadt functions of each type)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import NamedTuple

from lvsconf.extensions.addresses import BITS
from lvsconf.extensions.options import OptionError
from lvsconf.languages.ipset.create import LONGEST_NAME, Header
from lvsconf.languages.ipset.numbers import mac, number, show_mac
from lvsconf.languages.ipset.parts import (
    Addresses,
    Ports,
    addresses,
    port_numbers,
    ports,
    show_address,
    show_port,
    split_once,
)
from lvsconf.model.ipset import Key, Part

_LONGEST_INTERFACE = 15

Values = range | tuple[Part, ...]
"""The values that one part of the text stands for."""


class Written(NamedTuple):
    """What the text of one element stands for: every combination of `values`, one sequence for each part."""

    values: tuple[Values, ...]

    @property
    def total(self) -> int:
        """How many elements."""
        return prod(map(len, self.values))

    def elements(self) -> Iterator[Key]:
        """The elements."""
        return product(*self.values)


def read_element(text: str, header: Header) -> Written:
    """The elements that a word stands for; raises OptionError where ipset or the kernel refuses it."""
    kind = header.type
    pieces = [text]
    while True:
        first, rest = split_once(pieces[-1], ",")
        if rest is None or len(pieces) > len(kind.parts):
            break
        pieces[-1:] = [first, rest]
    if not len(kind.parts) - kind.optional <= len(pieces) <= len(kind.parts):
        wanted = " and ".join(_WANTED[part] for part in kind.parts)
        raise OptionError(f"an element of a {kind.name} set is {wanted}, separated by commas")
    values = [_READ[part](piece, header) for part, piece in zip(kind.parts, pieces, strict=False)]
    values += [(None,)] * (len(kind.parts) - len(pieces))
    _check(header, values)
    return Written(tuple(values))


_WANTED = {
    "ip": "an address",
    "host": "an address",
    "net": "a network",
    "port": "a port",
    "number": "a port",
    "mac": "a link address",
    "mark": "a mark",
    "iface": "an interface",
    "set": "the name of a set",
}


def _ip(text: str, header: Header) -> Values:
    """Hosts: all of a range or network, of which the kernel adds one by one."""
    family = header.family or 4
    found = addresses(text, family)
    if family == 6:
        _one(found, text, prefix=True)
        return (_masked(found.first, header),)
    if found.length == 0:
        raise OptionError(f"`{text[:80]}` covers all addresses")
    if header.range is not None:
        return _in_bitmap(found, header)
    first = _masked(found.first, header)
    if not first and header.type.name == "hash:ip":
        raise OptionError(f"`{text[:80]}`: address 0 can't be stored")
    last = found.last
    if found.length is not None:
        size = 1 << (32 - found.length)
        first = first // size * size
        last = first + size - 1
    if last is None:
        return (first,)
    first, last = min(first, last), max(first, last)
    # hash:ip goes from network to network, the others from host to host, whatever the netmask.
    length = header.values.get("netmask", 32) if header.type.name == "hash:ip" else 32
    return range(first, last + 1, 1 << (32 - length))


def _in_bitmap(found: Addresses, header: Header) -> Values:
    low, high = header.range or (0, 0)
    first, last = found.first, found.first if found.last is None else found.last
    outside = OptionError(f"the element is out of the set's range, {show_address(low, 4)}-{show_address(high, 4)}")
    if not low <= first <= high:
        raise outside
    if found.length is not None:
        size = 1 << (32 - found.length)
        first = first // size * size
        last = first + size - 1
    first, last = min(first, last), max(first, last)
    if first < low or last > high:
        raise outside
    size = 1 << (32 - int(header.values.get("netmask", 32)))
    steps = range(first, last + 1, size)
    return range(steps[0] // size * size, steps[-1] // size * size + 1, size)


def _one(found: Addresses, text: str, *, prefix: bool) -> None:
    """A single address; with `prefix` the longest prefix length may stand with it."""
    if found.last is not None or (found.length is not None and not (prefix and found.length == 128)):
        raise OptionError(f"`{text[:80]}`: only a single address can stand here")


def _masked(value: int, header: Header) -> int:
    return value if header.mask is None else value & header.mask


def _host(text: str, header: Header) -> Values:
    family = header.family or 4
    found = addresses(text, family)
    _one(found, text, prefix=False)
    low, high = header.range or (0, (1 << BITS[family]) - 1)
    if not low <= found.first <= high:
        raise OptionError(f"the element is out of the set's range, {show_address(low, 4)}-{show_address(high, 4)}")
    return (found.first,)


def _net(text: str, header: Header) -> Values:
    """Networks; a range is the fewest networks that cover it."""
    family = header.family or 4
    bits = BITS[family]
    found = addresses(text, family)
    if found.length == 0 and not header.type.zero:
        raise OptionError(f"`{text[:80]}`: a network of prefix length 0 can't be stored in a {header.type.name} set")
    if found.last is None:
        length = bits if found.length is None else found.length
        mask = (1 << bits) - (1 << (bits - length))
        first = found.first & mask
        return ((first if header.mask is None else first & header.mask, length),)
    if family == 6:
        raise OptionError(f"`{text[:80]}`: ranges are for IPv4 only")
    first, last = min(found.first, found.last), max(found.first, found.last)
    if last - first == 0xFFFFFFFF:
        raise OptionError(f"`{text[:80]}` covers all addresses")
    return tuple(_networks(first, last))


def _networks(first: int, last: int) -> Iterator[tuple[int, int]]:
    """ip_set_range_to_cidr, again and again."""
    while first <= last:
        free = min(32 if not first else (first & -first).bit_length() - 1, (last - first + 1).bit_length() - 1)
        yield first, 32 - free
        first += 1 << free


def _port(text: str, header: Header) -> Values:
    found = ports(text, header.family or 4)
    last = found.first if found.last is None else found.last
    low, high = min(found.first, last), max(found.first, last)
    return tuple((found.proto or 0, port) for port in range(low, high + 1))


def _number(text: str, header: Header) -> Values:
    found: Ports = port_numbers(text)
    last = found.first if found.last is None else found.last
    low, high = header.range or (0, 0xFFFF)
    if min(found.first, last) < low or max(found.first, last) > high:
        raise OptionError(f"the element is out of the set's range, {low}-{high}")
    return range(min(found.first, last), max(found.first, last) + 1)


def _mac(text: str, header: Header) -> Values:
    value = mac(text)
    if not value and header.type.hashed:
        raise OptionError("a link address of zeros can't be stored in a hash")
    return (value,)


def _mark(text: str, header: Header) -> Values:
    return (number(text, 0, 0xFFFFFFFF) & int(header.values.get("markmask", 0xFFFFFFFF)),)


def _iface(text: str, _header: Header) -> Values:
    name = text.removeprefix("physdev:")
    if len(name.encode("utf-8", "surrogateescape")) > _LONGEST_INTERFACE:
        raise OptionError(f"`{name[:80]}`: the name of an interface has at most {_LONGEST_INTERFACE} bytes")
    return ((name, name != text),)


def _set(text: str, _header: Header) -> Values:
    if len(text.encode("utf-8", "surrogateescape")) > LONGEST_NAME:
        raise OptionError(f"the name of a set has at most {LONGEST_NAME} bytes")
    return (text,)


_READ = {
    "ip": _ip,
    "host": _host,
    "net": _net,
    "port": _port,
    "number": _number,
    "mac": _mac,
    "mark": _mark,
    "iface": _iface,
    "set": _set,
}


def _check(header: Header, values: list[Values]) -> None:
    """What the kernel refuses about an element as a whole."""
    single = [each[0] for each in values]
    zero = show_address(0, header.family or 4)
    # 6.1 still takes it in a hash:ip,port set without a netmask; newer kernels do not.
    if not single[0] and (header.type.name == "hash:ip,port" or (header.type.name == "hash:ip" and header.family == 6)):
        raise OptionError(f"{zero} can't be stored in a {header.type.name} set")
    # Since 6.2, and only in this family.
    if header.type.name == "hash:net,net" and single[0] == (0, 128):
        raise OptionError(f"{zero} can't be stored in a hash:net,net set")
    if header.type.name == "hash:ip,mark" and header.family == 4 and not single[0] and not single[1]:
        raise OptionError(f"{zero} with mark 0 can't be stored")


def show_key(header: Header, key: Key) -> str:
    """An element as `ipset save` prints it."""
    family = header.family or 4
    shown: list[str] = []
    for part, value in zip(header.type.parts, key, strict=True):
        match part, value:
            case (("ip" | "host"), int()):
                shown.append(show_address(value, family))
            case "net", (int() as first, int() as length):
                shown.append(show_address(first, family) + (f"/{length}" if length != BITS[family] else ""))
            case "port", (int() as proto, int() as port):
                shown.append(show_port(proto, port))
            case "mac", int():
                shown.append(show_mac(value))
            case "mark", int():
                shown.append(f"{value:#010x}")
            case "iface", (str() as name, bridged):
                shown.append(f"physdev:{name}" if bridged else name)
            case _, (int() | str()):
                shown.append(str(value))
    return ",".join(shown)
