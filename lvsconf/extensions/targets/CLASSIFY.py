"""`-j CLASSIFY`: a class for traffic control; the packet goes on."""

from __future__ import annotations

import re

from lvsconf.extensions.options import Codec, Odd, Option, OptionError, TargetModule

_PART = r"\s*(?:0[xX])?([0-9A-Fa-f]{1,8})"
_CLASS = re.compile(f"{_PART}:{_PART}", re.ASCII)
_LOW = 0xFFFF


def _parse(words: tuple[str, ...], family: int) -> tuple[int, int] | Odd:
    """As sscanf with `%x:%x`: what follows is not looked at, and 16 bits of each number are kept."""
    found = _CLASS.match(words[0])
    if found is None:
        raise OptionError(f"{words[0]!r} is not major:minor in hexadecimal")
    given = int(found[1], 16), int(found[2], 16)
    value = given[0] & _LOW, given[1] & _LOW
    if value != given or found.end() != len(words[0]):
        return Odd(value, f"iptables takes {words[0]!r} for {value[0]:x}:{value[1]:x}")
    return value


_CODEC = Codec(1, _parse, lambda value, family: (f"{value[0]:04x}:{value[1]:04x}",), "major:minor in hexadecimal")

MODULE = TargetModule(
    name="CLASSIFY",
    options=(Option("set-class", "set_class", _CODEC, required=True),),
    effects=lambda arguments, family: (),
    chains=frozenset({"FORWARD", "OUTPUT", "POSTROUTING"}),
)
