"""`-j CLASSIFY`: a class for traffic control; the packet goes on."""

from __future__ import annotations

import re

from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule

_CLASS = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{1,4}):(?:0[xX])?([0-9A-Fa-f]{1,4})")


def _parse(words: tuple[str, ...], family: int) -> tuple[int, int]:
    found = _CLASS.fullmatch(words[0])
    if found is None:
        raise OptionError(f"{words[0]!r} is not major:minor in hexadecimal")
    return int(found[1], 16), int(found[2], 16)


_CODEC = Codec(1, _parse, lambda value, family: (f"{value[0]:04x}:{value[1]:04x}",), "major:minor in hexadecimal")

MODULE = TargetModule(
    name="CLASSIFY",
    options=(Option("set-class", "set_class", _CODEC, required=True),),
    effects=lambda arguments, family: (),
    chains=frozenset({"FORWARD", "OUTPUT", "POSTROUTING"}),
)
