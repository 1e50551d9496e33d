"""What a mark is compared with, and the ways to write a change of it, which come down to `(mark & ~mask) ^ value`."""

from __future__ import annotations

from lvsconf.extensions.codecs import number, parse_mark
from lvsconf.extensions.options import Codec, Option
from lvsconf.extensions.settled import MARK, matching
from lvsconf.model.fields import Field
from lvsconf.model.netfilter import Given
from lvsconf.model.preds import FALSE, Pred, masked, negate

FULL = 0xFFFFFFFF
_PAIR = "a value or value/mask, 32 bits each"


def _show(value: tuple[int, int], family: int) -> tuple[str, ...]:
    return (f"{value[0]:#x}/{value[1]:#x}",)


def _set_mark(words: tuple[str, ...], family: int) -> tuple[int, int]:
    value, mask = parse_mark(words[0])
    # `--set-mark` ors the value in after clearing the mask's bits; as an xor that clears the value's bits too.
    return value, value | mask


def _bits(words: tuple[str, ...]) -> int:
    return number(words[0], 0, FULL)


_XMARK = Codec(1, lambda words, family: parse_mark(words[0]), _show, _PAIR, settled=matching(f"{MARK}/0xffffffff"))


def mark_options() -> tuple[Option, ...]:
    """All five share the key `xmark` and print as `--set-xmark`."""
    return (
        Option("set-xmark", "xmark", _XMARK),
        Option("set-mark", "xmark", Codec(1, _set_mark, _show, _PAIR)),
        Option("and-mark", "xmark", Codec(1, lambda words, family: (0, FULL ^ _bits(words)), _show, "32 bits")),
        Option("or-mark", "xmark", Codec(1, lambda words, family: (_bits(words), _bits(words)), _show, "32 bits")),
        Option("xor-mark", "xmark", Codec(1, lambda words, family: (_bits(words), 0), _show, "32 bits")),
    )


def mark_is(what: Field, given: Given) -> Pred:
    """`mark & mask == value`; a value with bits outside the mask is never met."""
    value, mask = given.value
    found: Pred = FALSE if value & ~mask else masked(what, value, mask)
    return negate(found, given.inverted)
