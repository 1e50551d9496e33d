"""Codecs that many options share: each parses what iptables accepts and prints what iptables-save prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lvsconf.extensions import settled
from lvsconf.extensions.names import number_of, protocol_name, protocol_number, service_port
from lvsconf.extensions.options import Codec, OptionError

Range = tuple[int, int]
ANY_PORT: Range = (0, 0xFFFF)
TRANSPORTS = ("tcp", "udp", "sctp", "dccp", "udplite")


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


def string(limit: int) -> Codec:
    """Free text of at most `limit` bytes, printed quoted where needed."""

    def parse(words: tuple[str, ...], family: int) -> str:
        if len(words[0].encode("utf-8", "surrogateescape")) > limit:
            raise OptionError(f"the text is longer than {limit} bytes")
        return words[0]

    return Codec(
        1,
        parse,
        lambda value, family: (Text(value),),
        f"a text of at most {limit} bytes",
        settled=settled.text(limit),
    )


def cut_string(limit: int) -> Codec:
    """Free text that iptables cuts to `limit` bytes."""

    def parse(words: tuple[str, ...], family: int) -> str:
        return words[0].encode("utf-8", "surrogateescape")[:limit].decode("utf-8", "surrogateescape")

    return Codec(1, parse, lambda value, family: (Text(value),), f"a text, of which {limit} bytes are kept")


def word(expects: str = "a word") -> Codec:
    """One word that is kept and printed as it stands."""
    return Codec(1, lambda words, family: words[0], lambda value, family: (value,), expects)


def number_range(low: int, high: int, separator: str = ":", single: bool = True) -> Codec:
    """`n` or `a:b`; with `single`, a range of one number prints as that number."""

    def parse(words: tuple[str, ...], family: int) -> Range:
        return split_range(words[0], low, high, separator)

    def show(value: Range, family: int) -> tuple[str, ...]:
        start, end = value
        return (str(start),) if single and start == end else (f"{start}{separator}{end}",)

    return Codec(1, parse, show, f"a number or range from {low} to {high}, as a{separator}b")


def split_range(text: str, low: int, high: int, separator: str = ":") -> Range:
    """Parse `n`, `a:b`, `a:`, `:b`; an open end is the limit."""
    first, found, last = text.partition(separator)
    start = number(first, low, high) if first or not found else low
    end = (number(last, low, high) if last else high) if found else start
    if start > end:
        raise OptionError(f"the range {text!r} is the wrong way round")
    return start, end


def port(text: str, protocols: tuple[str, ...] = TRANSPORTS) -> int:
    """A port number, or the number of a service name."""
    value = number_of(text)
    if value is None:
        value = service_port(text, protocols)
        if value is None:
            raise OptionError(f"{text!r} is neither a port number nor a known service name")
    if value > 0xFFFF:
        raise OptionError(f"port {text} is above 65535")
    return value


def parse_port_range(text: str, protocols: tuple[str, ...] = TRANSPORTS) -> Range:
    """`p`, `a:b`, `a:`, `:b`."""
    first, found, last = text.partition(":")
    start = port(first, protocols) if first or not found else 0
    end = (port(last, protocols) if last else 0xFFFF) if found else start
    if start > end:
        raise OptionError(f"the port range {text!r} is the wrong way round")
    return start, end


def show_port_range(value: Range) -> str:
    """As iptables-save prints a port or a range."""
    return str(value[0]) if value[0] == value[1] else f"{value[0]}:{value[1]}"


def port_range(*protocols: str) -> Codec:
    """A port or a range of ports of one of the protocols (for names)."""
    known = protocols or TRANSPORTS
    return Codec(
        1,
        lambda words, family: parse_port_range(words[0], known),
        lambda value, family: (show_port_range(value),),
        "a port or a range a:b",
        settled=settled.matching(settled.PORT),
    )


def port_list(limit: int) -> Codec:
    """Ports and ranges, at most `limit`, a range counts twice."""

    def parse(words: tuple[str, ...], family: int) -> tuple[Range, ...]:
        ranges = tuple(parse_port_range(part) for part in words[0].split(","))
        if sum(1 if ":" not in part else 2 for part in words[0].split(",")) > limit:
            raise OptionError(f"more than {limit} ports (a range counts twice)")
        return ranges

    def show(value: tuple[Range, ...], family: int) -> tuple[str, ...]:
        return (",".join(show_port_range(item) for item in value),)

    plain = settled.matching(rf"{settled.PORT}(?:,{settled.PORT}){{0,{limit - 1}}}")
    return Codec(1, parse, show, f"at most {limit} ports or ranges, separated by commas", settled=plain)


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
        found = protocol_number(words[0])
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


def word_set(order: tuple[str, ...], fold: bool = True) -> Codec:
    """A comma list of known words, kept as a set and printed in the fixed order."""
    by_name = {item.lower() if fold else item: item for item in order}

    def parse(given: tuple[str, ...], family: int) -> frozenset[str]:
        found = set()
        for part in given[0].split(","):
            item = by_name.get(part.lower() if fold else part)
            if item is None:
                raise OptionError(f"{part!r} is not one of {', '.join(order)}")
            found.add(item)
        return frozenset(found)

    def show(value: Any, family: int) -> tuple[str, ...]:
        return (",".join(item for item in order if item in value),)

    return Codec(1, parse, show, "some of " + ", ".join(order))
