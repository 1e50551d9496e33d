"""The parts of an element as they are written: an address or a range of them, a port, an interface … (lib/parse.c)."""

from __future__ import annotations

import re
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import NamedTuple

from lvsconf.extensions.addresses import BITS, parse_host, parse_one
from lvsconf.extensions.names import PROTOCOL_NAMES, number_of, protocol_name, protocol_number, service_port
from lvsconf.extensions.options import OptionError
from lvsconf.languages.ipset.icmp_names import ICMP, ICMPV6, code_of, name_of
from lvsconf.languages.ipset.numbers import number

TCP, UDP, SCTP, UDPLITE = 6, 17, 132, 136
WITH_PORTS = (TCP, UDP, SCTP, UDPLITE)


class Addresses(NamedTuple):
    """`first`, `first/length` or `first-last`, as written."""

    first: int
    length: int | None = None
    last: int | None = None


class Ports(NamedTuple):
    """A port of a protocol, or with `last` a range; `proto` None: of none in particular."""

    proto: int | None
    first: int
    last: int | None = None


def split_once(text: str, separator: str) -> tuple[str, str | None]:
    """The text before and after a separator, which is none at either end of the text (ipset_strchr)."""
    if separator not in text or text.startswith(separator) or text.endswith(separator):
        return text, None
    first, _, last = text.partition(separator)
    return first, last


def _range(text: str) -> tuple[str, str | None]:
    """`a-b`; a name with a dash of its own stands in brackets: `[a-b]-[c-d]`."""
    if not text.startswith("["):
        first, last = split_once(text, "-")
        return first, None if last is None else _without_brackets(last)
    inner, closed, rest = text[1:].partition("]")
    if not closed or (rest and not rest.startswith("-")):
        raise OptionError(f"`{text[:80]}` is no name in brackets, and no range of two")
    return inner, _without_brackets(rest[1:]) if rest else None


def _without_brackets(text: str) -> str:
    if not text.startswith("["):
        return text
    if not text.endswith("]"):
        raise OptionError(f"`{text[:80]}` lacks the closing bracket")
    return text[1:-1]


def address(text: str, family: int) -> int:
    """One address; a short IPv4 address is read as inet_aton(3) does: `10.1` is 10.0.0.1."""
    try:
        if family == 4:
            return int.from_bytes(inet_pton(AF_INET, text), "big")
        return parse_host(text, 6)
    except (OSError, UnicodeEncodeError, OptionError):
        return _short(text, family)


def _short(text: str, family: int) -> int:
    """An IPv4 address in another than its usual form; gethostbyname2(3) takes digits and dots only."""
    try:
        if family == 4 and _DIGITS_AND_DOTS.fullmatch(text):
            return parse_one(text, 4)
    except OptionError:
        pass  # what was expected is said here for all forms
    raise OptionError(f"`{text[:80]}` is not an IPv{family} address (host names are not looked up)")


_DIGITS_AND_DOTS = re.compile(r"[0-9][0-9.]*[0-9]|[0-9]")


def show_address(value: int, family: int) -> str:
    """As getnameinfo(3) prints it, which keeps the dots of an IPv4 address that is part of an IPv6 one."""
    if family == 4:
        return inet_ntop(AF_INET, value.to_bytes(4, "big"))
    return inet_ntop(AF_INET6, value.to_bytes(16, "big"))


def addresses(text: str, family: int) -> Addresses:
    """One address, a network or a range."""
    first, length = split_once(text, "/")
    if length is not None:
        return Addresses(address(_without_brackets(first), family), number(length, 0, BITS[family]))
    first, last = _range(text)
    return Addresses(address(first, family), None, None if last is None else address(last, family))


def protocol(text: str) -> int:
    """A protocol by number or name."""
    value = number_of(text)
    if value is None:
        # The names are those of /etc/protocols, which has each in small letters and in one other way.
        value = protocol_number(text) if text in _SMALL or not text.islower() else None
        if value is None or not value:
            raise OptionError(f"`{text[:80]}` is not a protocol")
    if value > 255:
        raise OptionError(f"`{text[:80]}` is not a protocol")
    return value


_SMALL = frozenset({*PROTOCOL_NAMES.values(), "icmpv6"})


def _port(text: str, proto: int) -> int:
    value = number_of(text)
    if value is None or value > 0xFFFF:
        value = service_port(text, (protocol_name(proto),)) if value is None else None
    if value is None:
        raise OptionError(f"`{text[:80]}` is not a {protocol_name(proto)} port")
    return value


def ports(text: str, family: int) -> Ports:
    """`80`, `80-90`, `udp:53`, `icmp:echo-request`, `icmp:8/0`, `gre:0`."""
    proto, rest = TCP, text
    before, after = split_once(text, ":")
    if after is not None:
        proto, rest = protocol(before), after
    if proto in WITH_PORTS:
        first, last = _range(rest)
        low = _port(first, proto)
        return Ports(proto, low, None if last is None else _port(last, proto))
    if proto in (ICMP, ICMPV6):
        if (proto == ICMP) is not (family == 4):
            raise OptionError(f"`{before}` has no place in a set of IPv{family} addresses")
        return Ports(proto, _icmp(rest, proto))
    if rest != "0":
        raise OptionError(f"`{before}` has no ports: `{before}:0` stands for all of it")
    if not proto:
        raise OptionError("protocol 0 can't be stored")
    return Ports(proto, 0)


def port_numbers(text: str) -> Ports:
    """Ports of bitmap:port, where a protocol only serves to look up names."""
    found = ports(text, 4)
    if found.proto not in (TCP, UDP):
        raise OptionError(f"`{text[:80]}`: only tcp and udp go with bitmap:port")
    return Ports(None, found.first, found.last)


def _icmp(text: str, proto: int) -> int:
    known = code_of(text, proto)
    if known is not None:
        return known
    kind, code = split_once(text, "/")
    if code is None:
        raise OptionError(f"`{text[:80]}` is neither an ICMP type by name nor type/code")
    return number(kind, 0, 255) << 8 | number(code, 0, 255)


def show_port(proto: int, port: int) -> str:
    """As `ipset save` prints it."""
    return f"{protocol_name(proto)}:{name_of(port, proto) if proto in (ICMP, ICMPV6) else port}"
