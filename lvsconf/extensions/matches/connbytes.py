"""`-m connbytes`: how much a connection has carried so far."""

from __future__ import annotations

from lvsconf.extensions.codecs import choice, components
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import Pred, Query
from lvsconf.model.questions import CarriedQuestion

_TOP = 0xFFFFFFFFFFFFFFFF


def _parse(words: tuple[str, ...], family: int) -> tuple[int, int]:
    """A number alone is where the range begins."""
    found = components(words[0], _TOP)
    start, end = found[0], found[1] if len(found) == 2 else _TOP
    if end < start:
        raise OptionError(f"the range {words[0]!r} is the wrong way round")
    return start, end


def _show(value: tuple[int, int], family: int) -> tuple[str, ...]:
    return (str(value[0]) if value[1] in (0, _TOP) else f"{value[0]}:{value[1]}",)


def save(arguments: Arguments, family: int) -> tuple[str, ...]:
    """A negated range is kept with its ends exchanged, which a range of one number does not show."""
    given = arguments["connbytes"]
    low, high = given.value
    return option_words(OPTIONS, {**arguments, "connbytes": Given(given.value, given.inverted and low != high)}, family)


OPTIONS = (
    Option("connbytes", "connbytes", Codec(1, _parse, _show, "a number, or a range a:b"), invert=True, required=True),
    Option("connbytes-mode", "mode", choice(("packets", "bytes", "avgpkt")), required=True),
    Option("connbytes-dir", "dir", choice(("original", "reply", "both")), required=True),
)


def meaning(arguments: Arguments, family: int) -> Pred:
    """What the entry has counted; without an entry neither a range nor its negation fits (xt_connbytes.c)."""
    given = arguments["connbytes"]
    low, high = given.value
    # The kernel sees a negation by the ends being exchanged, which those of one number are not.
    question = CarriedQuestion(
        arguments["mode"].value, arguments["dir"].value, low, high or _TOP, given.inverted and low != high
    )
    return Query(question)


MODULE = MatchModule(name="connbytes", meaning=meaning, options=OPTIONS, conntrack=True, save=save)
