"""Ports: one, a range, a list, in the two ways in which iptables reads them."""

from __future__ import annotations

import re
from collections.abc import Callable

from lvsconf.extensions import settled
from lvsconf.extensions.names import number_of, service_port
from lvsconf.extensions.options import Codec, Odd, OptionError

Range = tuple[int, int]
TOP = 0xFFFF
ANY_PORT: Range = (0, TOP)
TRANSPORTS = ("tcp", "udp", "sctp", "dccp", "udplite")
_DECIMAL = re.compile(r"[ \t\n\v\f\r]*[+]?([0-9]{1,20})", re.ASCII)
_INT = 1 << 32


def port(text: str, protocols: tuple[str, ...] = TRANSPORTS) -> int:
    """A port by number or by the name of a service (xtables_parse_port)."""
    value = number_of(text)
    if value is None:
        value = service_port(text, protocols)
        if value is None:
            raise OptionError(f"{text!r} is neither a port number nor a known service name")
    if value > TOP:
        raise OptionError(f"port {text} is above {TOP}")
    return value


def looked_up(text: str) -> int | Odd:
    """A port as getaddrinfo finds it (xtables_getportbyname): decimal, of which 16 bits are kept, or any service."""
    found = _DECIMAL.fullmatch(text)
    value = int(found[1]) % _INT if found else None
    if value is None or value >= _INT >> 1:
        value = service_port(text, TRANSPORTS)
        if value is None:
            raise OptionError(f"{text!r} is neither a port number in decimal nor a known service name")
    return value if value <= TOP else Odd(value & TOP, f"iptables takes {text} for port {value & TOP}")


def show_range(value: Range) -> str:
    """As iptables-save prints a port or a range."""
    return str(value[0]) if value[0] == value[1] else f"{value[0]}:{value[1]}"


def checked_range(protocol: str) -> Codec:
    """A port or a range in order; names are those of one protocol. For `-m tcp` and `-m sctp`."""

    def parse(words: tuple[str, ...], family: int) -> Range:
        first, found, last = words[0].partition(":")
        start = port(first, (protocol,)) if first or not found else 0
        end = (port(last, (protocol,)) if last else TOP) if found else start
        if start > end:
            raise OptionError(f"the port range {words[0]!r} is the wrong way round")
        return start, end

    return _range(parse)


def port_range() -> Codec:
    """A port or a range (XTTYPE_PORTRC), with names of any protocol."""

    def parse(words: tuple[str, ...], family: int) -> Range | Odd:
        parts = words[0].split(":")
        if len(parts) > 2:
            raise OptionError(f"{words[0]!r} has more than two ends")
        found = [looked_up(part) if part else limit for part, limit in zip(parts, ANY_PORT, strict=False)]
        odd = next((end.why for end in found if isinstance(end, Odd)), "")
        ends = [end.value if isinstance(end, Odd) else end for end in found]
        if ends[0] > ends[-1]:  # iptables until 1.8.9 takes it, and it never matches
            raise OptionError(f"the port range {words[0]!r} is the wrong way round")
        value = (ends[0], ends[-1])
        return Odd(value, odd) if odd else value

    return _range(parse)


def _range(parse: Callable[[tuple[str, ...], int], Range | Odd]) -> Codec:
    return Codec(
        1,
        parse,
        lambda value, family: (show_range(value),),
        "a port or a range a:b",
        settled=settled.matching(settled.PORT),
    )


def one_port(expects: str = "a port") -> Codec:
    """One port (XTTYPE_PORT)."""
    return Codec(1, lambda words, family: looked_up(words[0]), lambda value, family: (str(value),), expects)


class PortList(tuple[Range, ...]):
    """Ports and ranges, and the names of services that stood for some of them."""

    names: tuple[str, ...] = ()


def port_list(limit: int) -> Codec:
    """Ports and ranges in order, at most `limit`, a range counts twice."""

    def parse(words: tuple[str, ...], family: int) -> PortList:
        parts = words[0].split(",")
        ranges = PortList(_item(part) for part in parts)
        if sum(1 if ":" not in part else 2 for part in parts) > limit:
            raise OptionError(f"more than {limit} ports (a range counts twice)")
        ranges.names = tuple(end for part in parts for end in part.split(":") if number_of(end) is None)
        return ranges

    def show(value: tuple[Range, ...], family: int) -> tuple[str, ...]:
        return (",".join(show_range(item) for item in value),)

    plain = settled.matching(rf"{settled.PORT}(?:,{settled.PORT}){{0,{limit - 1}}}")
    return Codec(1, parse, show, f"at most {limit} ports or ranges, separated by commas", settled=plain)


def _item(text: str) -> Range:
    first, found, last = text.partition(":")
    start = port(first)
    end = port(last) if found else start
    if found and start >= end:
        raise OptionError(f"the port range {text!r} does not go up")
    return start, end
