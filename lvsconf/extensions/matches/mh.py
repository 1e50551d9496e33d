"""`-m mh`: the type of a Mobile IPv6 message."""

from __future__ import annotations

from lvsconf.extensions.codecs import number
from lvsconf.extensions.header_ranges import save_ranges
from lvsconf.extensions.names import number_of
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError

_TYPES = (
    ("binding-refresh-request", "brr"), ("home-test-init", "hoti"), ("careof-test-init", "coti"), ("home-test", "hot"),
    ("careof-test", "cot"), ("binding-update", "bu"), ("binding-acknowledgement", "ba"), ("binding-error", "be"),
)  # fmt: skip
_TOP = 255


def _type(text: str) -> int:
    """A number, a name, or the start of one, of which the first that fits counts."""
    if number_of(text) is not None:
        return number(text, 0, _TOP)
    wanted = text.lower()  # an empty one is the start of the first
    for fits in (wanted.__eq__, lambda name: name.startswith(wanted)):
        for value, names in enumerate(_TYPES):
            if any(fits(name) for name in names):
                return value
    raise OptionError(f"{text!r} is not a type of Mobile IPv6 message")


def _parse(words: tuple[str, ...], family: int) -> tuple[int, int]:
    first, found, last = words[0].partition(":")
    low = _type(first) if first or not found else 0
    high = (_type(last) if last else _TOP) if found else low
    if low > high:
        raise OptionError(f"the range {words[0]!r} is the wrong way round")
    return low, high


def _show(value: tuple[int, int], family: int) -> tuple[str, ...]:
    return (str(value[0]) if value[0] == value[1] else f"{value[0]}:{value[1]}",)


OPTIONS = (Option("mh-type", "mh_type", Codec(1, _parse, _show, "a type by number or name, or a range"), invert=True),)

MODULE = MatchModule(
    name="mh",
    options=OPTIONS,
    families=frozenset({6}),
    protocols=frozenset({135}),
    save=lambda arguments, family: save_ranges(OPTIONS, {"mh_type": _TOP}, arguments, family),
)
