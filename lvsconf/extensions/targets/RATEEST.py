"""`-j RATEEST`: packets count towards an estimated rate; the packet goes on.

The kernel knows only intervals of a quarter of a second times a power of two, and averages over 2^n of them:
iptables-save prints what became of the numbers, not the numbers.
"""

from __future__ import annotations

import math
import re

from lvsconf.extensions.options import Codec, Option, OptionError, TargetModule
from lvsconf.extensions.printing import option_words
from lvsconf.extensions.texts import cut_word
from lvsconf.model.netfilter import Arguments

_TIME = re.compile(r"(\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})(s|secs?|ms|msecs?|us|usecs?)?", re.ASCII | re.IGNORECASE)
_MICROSECONDS = {"s": 1_000_000, "m": 1_000, "u": 1}
_QUARTER = 250_000
_STEPS = range(6)
"""The interval is a quarter of a second doubled so many times."""


def _parse(words: tuple[str, ...], family: int) -> int:
    found = _TIME.fullmatch(words[0])
    if found is None:
        raise OptionError(f"{words[0]!r} is not a time such as 250ms or 2s")
    # iptables keeps 32 bits of microseconds, and takes a bare number for microseconds.
    return int(float(found[1]) * _MICROSECONDS[(found[2] or "u")[0].lower()]) & 0xFFFFFFFF


def _given(arguments: Arguments, key: str) -> int:
    return int(arguments[key].value) if key in arguments else 0


def estimate(arguments: Arguments) -> tuple[int, int]:
    """The interval in microseconds and the logarithm of how many of them are averaged."""
    interval, average = _given(arguments, "interval"), _given(arguments, "ewmalog")
    steps = next((step for step in _STEPS if interval <= _QUARTER << step), None)
    if steps is None:
        raise OptionError(f"the interval of -j RATEEST is longer than {(_QUARTER << _STEPS[-1]) // 1_000_000} s")
    longer = (log for log in range(1, 32) if average < -interval / math.log(1 - 1 / (1 << log)))
    log = next(longer, 32) - 1
    if not 1 <= log < 31:
        raise OptionError("--rateest-ewmalog must be longer than 1.44 times --rateest-interval, and both are needed")
    return _QUARTER << steps, log


def check(arguments: Arguments, family: int) -> None:
    """Both times are such as the kernel has."""
    estimate(arguments)


def _show(microseconds: int) -> str:
    kept = microseconds & 0xFFFFFFFF
    if kept < 1_000:
        return f"{kept}us"
    return f"{kept / 1e6:.1f}s" if kept >= 1_000_000 else f"{kept / 1e3:.1f}ms"


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """The times that the kernel uses."""
    interval, log = estimate(arguments)
    name = option_words(MODULE.options[:1], arguments, family)
    return (*name, "--rateest-interval", _show(interval), "--rateest-ewmalog", _show(interval << log))


_CODEC = Codec(1, _parse, lambda value, family: (f"{value}us",), "a time: a number and s, ms or us")

MODULE = TargetModule(
    name="RATEEST",
    options=(
        Option("rateest-name", "name", cut_word(15), required=True),
        Option("rateest-interval", "interval", _CODEC),
        Option("rateest-ewmalog", "ewmalog", _CODEC),
    ),
    effects=lambda arguments, family: (),
    check=check,
    save=save,
)
