"""`-m dst` and `-m hbh`: the two IPv6 headers that hold a list of options."""

from __future__ import annotations

from lvsconf.extensions.codecs import integer, number
from lvsconf.extensions.ipv6_headers import absent
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError

_LIMIT = 16
_ANY_LENGTH = 0xFF
_TOP = 0xFFFFFFFFFFFFFFFE
"""iptables keeps the lowest eight bits (libip6t_hbh.c, parse_options)."""


def _parse(words: tuple[str, ...], family: int) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for part in words[0].split(","):
        kind, colon, length = part.partition(":")
        option = number(kind, 0, _TOP) & 0xFF
        if colon and not option:
            raise OptionError("the option 0 has no length")
        if colon and len(found) == _LIMIT - 1:
            raise OptionError(f"an option with a length is not the {_LIMIT}th")
        found.append((option, number(length, 0, _TOP) & 0xFF if colon else _ANY_LENGTH))
    if len(found) > _LIMIT:
        raise OptionError(f"more than {_LIMIT} options")
    return tuple(found)


def _show(value: tuple[tuple[int, int], ...], family: int) -> tuple[str, ...]:
    return (",".join(str(kind) if length == _ANY_LENGTH else f"{kind}:{length}" for kind, length in value),)


_OPTIONS = Codec(1, _parse, _show, f"at most {_LIMIT} options, as type or type:length")


def options_header(name: str) -> MatchModule:
    """The match on one of them."""
    return MatchModule(
        name=name,
        options=(
            Option(f"{name}-len", f"{name}_len", integer(), invert=True),
            Option(f"{name}-opts", f"{name}_opts", _OPTIONS),
        ),
        meaning=absent("hop-by-hop options" if name == "hbh" else "destination options"),
        families=frozenset({6}),
    )
