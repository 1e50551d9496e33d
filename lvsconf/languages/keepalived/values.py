"""What may follow a keyword: the kinds of values of keywords.txt.

The numbers are those of lib/parser.c (read_unsigned, read_int, read_decimal_unsigned, check_true_false).
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from lvsconf.languages.suggest import suggestion
from lvsconf.model.ipvs import Address

BOOLEANS = ("on", "off", "true", "false", "yes", "no")
LARGEST = 4294967295
_INTEGER = re.compile(r"[ \t]*[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(r"[0-9]{0,20}(?:\.([0-9]*))?")
_RANGE = re.compile(r"(-?[0-9]+)\.\.(-?[0-9]*)")
_PLACES = 6


def check(kind: str, text: str) -> None:
    """Raise ValueError with what was expected, where `text` is no value of that kind."""
    if kind in ("word", "text", "secret", "any...", "method"):
        return
    if kind == "bool":
        _one_of(text, BOOLEANS)
    elif kind == "address":
        address(text)
    elif kind.startswith("seconds:"):
        low, _, high = kind.removeprefix("seconds:").partition("..")
        seconds(text, Decimal(low), Decimal(high) if high else None)
    elif kind.startswith("~"):
        _one_of(text.upper(), tuple(kind[1:].split("|")))
    elif (found := _RANGE.fullmatch(kind)) is not None:
        integer(text, int(found[1]), int(found[2]) if found[2] else LARGEST)
    else:
        _one_of(text, tuple(kind.split("|")))


def integer(text: str, low: int, high: int) -> int:
    """A whole number within bounds."""
    if not text.isascii() or not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
        raise ValueError(f"expected a number from {low} to {high}")
    return int(text)


def seconds(text: str, low: Decimal, high: Decimal | None) -> Decimal:
    """A time with up to six decimals."""
    found = _DECIMAL.fullmatch(text) if text.isascii() and text not in ("", ".") else None
    if found is None or len(found[1] or "") > _PLACES:
        raise ValueError("expected a time in seconds, such as 3 or 0.5")
    value = Decimal(f"0{text}")
    if value < low or (high is not None and value > high):
        above = f"from {low} to {high}" if high is not None else f"of {low} or more"
        raise ValueError(f"expected a time {above} seconds")
    return value


@cache
def address(text: str) -> Address:
    """An address; host names are not looked up."""
    try:
        return IPv6Address(text) if ":" in text else IPv4Address(text)
    except AddressValueError:
        raise ValueError("expected an address") from None


def _one_of(text: str, words: tuple[str, ...]) -> None:
    if text in words:
        return
    near = suggestion(text, words)
    if len(words) == 1:
        raise ValueError(f"expected `{words[0]}`")
    raise ValueError(near or f"expected one of {', '.join(words)}")
