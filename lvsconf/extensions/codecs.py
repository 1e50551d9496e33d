"""Codecs that many options share: each parses what iptables accepts and prints what iptables-save prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lvsconf.extensions import settled
from lvsconf.extensions.names import number_of, protocol_name, protocol_number
from lvsconf.extensions.options import Codec, Odd, OptionError

Range = tuple[int, int]


class Text(str):
    """A word that iptables prints through xtables_save_string: quoted unless it is letters, digits, `_` and `-`."""

    __slots__ = ()


class Quoted(str):
    """A word that iptables always prints in double quotes, with a backslash before `"` and backslashes."""

    __slots__ = ()


def number(text: str, low: int, high: int) -> int:
    """A number between `low` and `high`, as xtables_strtoui reads it."""
    value = number_of(text)
    if value is None or not low <= value <= high:
        raise OptionError(f"{text!r} is not a number from {low} to {high}")
    return value


def flag() -> Codec:
    """An option without a value."""
    return Codec(0, lambda words, family: None, lambda value, family: (), "nothing")


def integer(low: int = 0, high: int = 0xFFFFFFFF, base: str = "d") -> Codec:
    """One number; `base` is the format letter it prints with, `#x` for 0x…"""
    return Codec(
        1,
        lambda words, family: number(words[0], low, high),
        lambda value, family: (format(value, base),),
        f"a number from {low} to {high}",
    )


def low_bits(bits: int) -> Codec:
    """A number of 32 bits, of which iptables keeps the lowest."""
    top = (1 << bits) - 1

    def parse(words: tuple[str, ...], family: int) -> int | Odd:
        value = number(words[0], 0, 0xFFFFFFFF)
        return value if value <= top else Odd(value & top, f"iptables keeps {bits} bits of {words[0]}: {value & top}")

    return Codec(1, parse, lambda value, family: (str(value),), f"a number from 0 to {top}")


def cut(text: str, limit: int) -> str:
    """The first `limit` bytes of a text."""
    return text.encode("utf-8", "surrogateescape")[:limit].decode("utf-8", "surrogateescape")


def cut_string(limit: int, least: int = 0) -> Codec:
    """Free text of which iptables keeps `limit` bytes (xtopt_parse_string), printed quoted where needed."""

    def parse(words: tuple[str, ...], family: int) -> str:
        if len(words[0].encode("utf-8", "surrogateescape")) < least:
            raise OptionError("the text is empty")
        return cut(words[0], limit)

    return Codec(
        1,
        parse,
        lambda value, family: (Text(value),),
        f"a text, of which {limit} bytes are kept",
        settled=settled.text(limit),
    )


def word(expects: str = "a word") -> Codec:
    """One word that is kept and printed as it stands."""
    return Codec(1, lambda words, family: words[0], lambda value, family: (value,), expects)


def components(text: str, high: int, most: int = 2, separator: str = ":") -> list[int]:
    """Numbers between separators (xtopt_parse_mint): the first is 0 where it is left out, the second the limit."""
    parts = text.split(separator)
    if len(parts) > most:
        raise OptionError(f"{text!r} has more than {most} parts")
    return [number(part, 0, high) if part else (high if place == 1 else 0) for place, part in enumerate(parts)]


def number_range(high: int, single: bool = True) -> Codec:
    """`n` or `a:b` (XTTYPE_UINT*RC); with `single`, a range of one number prints as that number."""

    def parse(words: tuple[str, ...], family: int) -> Range:
        found = components(words[0], high)
        if found[0] > found[-1]:  # iptables until 1.8.9 takes it, and it never matches
            raise OptionError(f"the range {words[0]!r} is the wrong way round")
        return found[0], found[-1]

    def show(value: Range, family: int) -> tuple[str, ...]:
        start, end = value
        return (str(start),) if single and start == end else (f"{start}:{end}",)

    return Codec(1, parse, show, f"a number or range from 0 to {high}, as a:b")


def mark_mask() -> Codec:
    """`value[/mask]`: a pair, printed without a full mask."""

    def show(value: tuple[int, int], family: int) -> tuple[str, ...]:
        mark, mask = value
        return (f"{mark:#x}" if mask == 0xFFFFFFFF else f"{mark:#x}/{mask:#x}",)

    return Codec(
        1,
        lambda words, family: parse_mark(words[0]),
        show,
        "a value or value/mask, 32 bits each",
        settled=settled.matching(settled.MARK),
    )


def parse_mark(text: str) -> tuple[int, int]:
    """`value[/mask]` as a pair; without a mask all 32 bits count."""
    value, found, mask = text.partition("/")
    return number(value, 0, 0xFFFFFFFF), number(mask, 0, 0xFFFFFFFF) if found else 0xFFFFFFFF


def protocol() -> Codec:
    """A protocol by name or number."""

    def parse(words: tuple[str, ...], family: int) -> int:
        found = protocol_number(words[0].lower())
        if found is None:
            raise OptionError(f"{words[0]!r} is not a known protocol")
        return found

    return Codec(1, parse, lambda value, family: (protocol_name(value),), "a protocol name or a number up to 255")


def choice(words: Iterable[str], aliases: Mapping[str, str] | None = None, fold: bool = False) -> Codec:
    """One of a few words; an alias is kept, and printed, as the word it stands for."""
    known = {item: item for item in words}
    accepted = {**known, **(aliases or {})}
    expects = "one of " + ", ".join(known)

    def parse(given: tuple[str, ...], family: int) -> str:
        text = given[0]
        for key, value in accepted.items():
            if key == text or (fold and key.lower() == text.lower()):
                return value
        raise OptionError(f"{text!r} is not {expects}")

    return Codec(1, parse, lambda value, family: (value,), expects)


def word_set(
    order: tuple[str, ...],
    *,
    fold: bool = True,
    cut: bool = False,
    tried: tuple[str, ...] = (),
    gaps: bool = False,
    separators: str = ",",
) -> Codec:
    """A list of known words, kept as a set and printed in the fixed order.

    With `cut` a word may be cut short: the first that begins so counts, in the order of `tried`. With `gaps` empty
    parts are skipped (strtok), and then the set may be empty.
    """
    known = tried or order

    def named(part: str) -> str | None:
        given = part.lower() if fold else part
        for item in known:
            name = item.lower() if fold else item
            if name == given or (cut and given and name.startswith(given)):
                return item
        return None

    def parse(given: tuple[str, ...], family: int) -> frozenset[str]:
        parts = re.split(f"[{separators}]", given[0])
        found = {part: named(part) for part in parts if part or not gaps}
        for part, item in found.items():
            if item is None:
                raise OptionError(f"{part!r} is not one of {', '.join(order)}")
        return frozenset(item for item in found.values() if item is not None)

    def show(value: Any, family: int) -> tuple[str, ...]:
        return (",".join(item for item in order if item in value),)

    return Codec(1, parse, show, "some of " + ", ".join(order))
