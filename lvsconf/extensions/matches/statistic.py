"""`-m statistic`: a share of all packets, by chance or by count."""

from __future__ import annotations

import re

from lvsconf.extensions.codecs import choice, integer
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.model.netfilter import Arguments
from lvsconf.model.preds import Const, Opaque, Pred, Query, negate
from lvsconf.model.questions import NthQuestion

_ONE = 0x80000000
_DECIMAL = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_HEXADECIMAL = re.compile(r"\s*[+-]?0[xX][0-9A-Fa-f]*\.?[0-9A-Fa-f]*(?:[pP][+-]?[0-9]{1,4})?", re.ASCII)


def _number(text: str) -> float:
    """As strtod reads it, -1 for no number."""
    try:
        if _DECIMAL.fullmatch(text):
            return float(text)
        return float.fromhex(text) if _HEXADECIMAL.fullmatch(text) else -1.0
    except (ValueError, OverflowError):
        return -1.0


def _parse(words: tuple[str, ...], family: int) -> int:
    value = _number(words[0])
    if not 0 <= value <= 1:
        raise OptionError(f"{words[0]!r} is not a probability between 0 and 1")
    return int(value * _ONE + 0.5)


_PROBABILITY = Codec(1, _parse, lambda value, family: (f"{value / _ONE:.11f}",), "a probability between 0 and 1")

OPTIONS = (
    Option("mode", "mode", choice(("random", "nth")), required=True),
    Option("probability", "probability", _PROBABILITY, invert=True),
    Option("every", "every", integer(1), invert=True),
    Option("packet", "packet", integer(0)),
)


def check(arguments: Arguments, family: int) -> None:
    """A probability for chance, and for counting both numbers."""
    counted = [key for key in ("every", "packet") if key in arguments]
    if arguments["mode"].value == "random":
        if "probability" not in arguments:
            raise OptionError("-m statistic --mode random needs --probability")
    elif len(counted) < 2:
        raise OptionError("-m statistic --mode nth needs --every and --packet")
    if counted and "probability" in arguments:
        raise OptionError("-m statistic takes either --probability or --every and --packet")
    if len(counted) == 2 and arguments["packet"].value >= arguments["every"].value:
        raise OptionError("-m statistic counts packets from 0: --packet must be below --every")


def meaning(arguments: Arguments, family: int) -> Pred:
    """Every so many packets, or by chance, which nobody can tell (net/netfilter/xt_statistic.c)."""
    if arguments["mode"].value == "nth":
        every = arguments["every"]
        return negate(Query(NthQuestion(every.value, arguments["packet"].value)), every.inverted)
    given = arguments["probability"]
    if given.value in (0, _ONE):
        return Const(bool(given.value) != given.inverted)
    return negate(Opaque(f"chance with probability {given.value / _ONE:.3g}"), given.inverted)


MODULE = MatchModule(name="statistic", meaning=meaning, options=OPTIONS, check=check)
