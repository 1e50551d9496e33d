"""Ranges of numbers in the headers of IPsec, IPv6 extensions and the like: `n`, `a:b`, `a:`, `:b`."""

from __future__ import annotations

from lvsconf.extensions.codecs import number_range
from lvsconf.extensions.options import Option
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import Pred, Query
from lvsconf.model.questions import BytesQuestion, Octets

WORD = 0xFFFFFFFF
IPV6_HEADER = 40


def range_option(name: str, high: int = WORD) -> Option:
    """An option with a range from 0 to `high`."""
    return Option(name, name.replace("-", "_"), number_range(high), invert=True)


def save_ranges(
    options: tuple[Option, ...], full: dict[str, int], arguments: Arguments, family: int
) -> tuple[str, ...]:
    """As saved: a range that covers everything up to its limit in `full` is left out unless it is negated."""
    kept = {
        key: given
        for key, given in arguments.items()
        if key not in full or given.inverted or given.value != (0, full[key])
    }
    return option_words(options, kept, family)


def header_number(said: str, place: int, width: int, given: Given, needs: int = 4) -> Pred:
    """Whether a number of `width` bytes, `place` bytes into what follows the IP header, lies in a range.

    A packet that is too short for the header, of `needs` bytes, is dropped (par->hotdrop).
    """
    low, high = given.value

    def holds(octets: Octets) -> bool | None:
        head = octets[0]
        if head is None:
            return None
        start = IPV6_HEADER if head >> 4 == 6 else (head & 0xF) * 4
        found = octets[start + place : start + place + width]
        if len(octets) < start + needs or None in found:
            return None
        value = int.from_bytes(bytes(octet or 0 for octet in found), "big")
        inside: bool = low <= value <= high
        return inside != given.inverted

    return Query(BytesQuestion(said, holds))
