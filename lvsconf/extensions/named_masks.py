"""Numbers under a mask that also have names: device groups and routing realms."""

from __future__ import annotations

from lvsconf.extensions.codecs import parse_mark
from lvsconf.extensions.options import Codec, OptionError

_FULL = 0xFFFFFFFF


def named_mask(of_zero: str) -> Codec:
    """`value[/mask]`. Only the name of 0 is the same on every machine; it is printed where there is no mask."""

    def parse(words: tuple[str, ...], family: int) -> tuple[int, int]:
        if words[0] == of_zero:
            return 0, _FULL
        try:
            return parse_mark(words[0])
        except OptionError as error:
            raise OptionError(f"{error} (of the names only {of_zero!r} is known)") from None

    def show(value: tuple[int, int], family: int) -> tuple[str, ...]:
        number, mask = value
        if mask == _FULL:
            return (f"{number:#x}" if number else of_zero,)
        return (f"{number:#x}/{mask:#x}",)

    return Codec(1, parse, show, f"a value, value/mask, or {of_zero!r}")
