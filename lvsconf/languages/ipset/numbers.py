"""Numbers, link addresses and the options' values, as ipset reads and prints them (lib/parse.c, lib/print.c)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import OptionError

_HEX = r"(?:0[xX])?[0-9a-fA-F]+"
_MAC = re.compile(rf"[+-]?{_HEX}(?::[+-]?{_HEX}){{5}}")
_SKBMARK = re.compile(rf"0x\s*[+-]?(?P<mark>{_HEX})(?:/0x\s*[+-]?(?P<mask>{_HEX}))?")
_SKBPRIO = re.compile(rf"\s*(?P<major>{_HEX}):\s*(?P<minor>{_HEX})")
_U64 = (1 << 64) - 1


def number(text: str, low: int, high: int) -> int:
    """A number as strtoull(3) reads it with base 0: hexadecimal, octal, and a sign that wraps around."""
    value = number_of(text[1:] if text[:1] in ("+", "-") else text)
    if value is not None and text[:1] == "-":
        value = -value & _U64
    if value is None or value > _U64:
        raise OptionError(f"`{text[:80]}` is not a number")
    if not low <= value <= high:
        raise OptionError(f"`{text[:80]}` is not a number from {low} to {high}")
    return value


def mac(text: str) -> int:
    """A link address; each of the six parts is hexadecimal, with one digit or two."""
    if len(text) <= 17 and _MAC.fullmatch(text):
        parts = [int(part, 16) for part in text.split(":")]
        if all(0 <= part <= 255 for part in parts):
            return int.from_bytes(bytes(parts), "big")
    raise OptionError(f"`{text[:80]}` is not a link address such as 02:00:00:aa:bb:cc")


def show_mac(value: int) -> str:
    """`02:00:00:AA:BB:CC`."""
    return ":".join(f"{byte:02X}" for byte in value.to_bytes(6, "big"))


def skbmark(text: str) -> tuple[int, int]:
    """`0xMARK` or `0xMARK/0xMASK`; what follows is not looked at (sscanf)."""
    found = _SKBMARK.match(text)
    if found is None:
        raise OptionError(f"`{text[:80]}` is not a mark such as 0x1 or 0x1/0xff")
    mark, mask = (int(part or "ffffffff", 16) & 0xFFFFFFFF for part in found.group("mark", "mask"))
    return mark, mask


def show_skbmark(value: tuple[int, int]) -> str:
    """With its mask, unless that covers everything."""
    mark, mask = value
    return f"{mark:#x}" if mask == 0xFFFFFFFF else f"{mark:#x}/{mask:#x}"


def skbprio(text: str) -> tuple[int, int]:
    """`MAJOR:MINOR`, hexadecimal."""
    found = _SKBPRIO.match(text)
    if found is None:
        raise OptionError(f"`{text[:80]}` is not a class such as 1:10")
    return int(found["major"], 16) & 0xFFFF, int(found["minor"], 16) & 0xFFFF


def comment(text: str) -> str:
    """At most 255 bytes; quotes are gone by now."""
    if len(text.encode("utf-8", "surrogateescape")) > 255:
        raise OptionError("a comment has at most 255 bytes")
    return text


@dataclass(frozen=True, slots=True)
class Option:
    """An option of create or add: a flag, or a value with what reads it and what prints it.

    `shown` False: `ipset save` does not print this value.
    """

    parse: Callable[[str], Any] | None = None
    show: Callable[[Any], str] = str
    shown: Callable[[Any], bool] = lambda _: True

    @property
    def flag(self) -> bool:
        """Whether it has no value."""
        return self.parse is None


def _integer(high: int, show: Callable[[Any], str] = str) -> Option:
    return Option(lambda text: number(text, 0, high), show)


_U32 = 0xFFFFFFFF
LONGEST_TIMEOUT = 2147483

CREATE: dict[str, Option] = {
    "hashsize": _integer(_U32),
    "maxelem": _integer(_U32),
    "netmask": _integer(255),
    "markmask": _integer(_U32, "{:#010x}".format),
    "timeout": _integer(LONGEST_TIMEOUT),
    "counters": Option(),
    "comment": Option(),
    "forceadd": Option(),
    "skbinfo": Option(),
    "bucketsize": _integer(255),
    "initval": _integer(_U32, "{:#010x}".format),
    "size": _integer(_U32),
}
"""Options of create whose value needs no other option; family, range and bitmask are in create.py."""

ADD: dict[str, Option] = {
    "timeout": _integer(LONGEST_TIMEOUT),
    "nomatch": Option(),
    "wildcard": Option(),
    "packets": _integer(_U64 - 1),
    "bytes": _integer(_U64 - 1),
    "comment": Option(comment, '"{}"'.format),
    "skbmark": Option(skbmark, show_skbmark, any),
    "skbprio": Option(skbprio, lambda value: f"{value[0]:x}:{value[1]:x}", any),
    "skbqueue": Option(lambda text: number(text, 0, 0xFFFF), str, bool),
    "before": Option(str),
    "after": Option(str),
}
"""Options of add; before and after are of del, too."""
