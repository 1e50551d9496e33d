"""`-m connbytes`: how much a connection has carried so far (net/netfilter/xt_connbytes.c, connbytes_mt).

The rule itself switches the counting on, so that every connection that began after it was loaded is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lvsconf.extensions.codecs import choice, components
from lvsconf.extensions.conntrack_state import TRACKED
from lvsconf.extensions.options import Codec, MatchModule, Option, OptionError
from lvsconf.extensions.printing import option_words
from lvsconf.model.fields import CT_BYTES, CT_PACKETS, CT_REPLY_BYTES, CT_REPLY_PACKETS, Field
from lvsconf.model.netfilter import Arguments, Given
from lvsconf.model.preds import FALSE, Opaque, Pred, all_of, negate

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


_SIDES = {"original": (0,), "reply": (1,), "both": (0, 1)}
_COUNTERS = ((CT_PACKETS, CT_BYTES), (CT_REPLY_PACKETS, CT_REPLY_BYTES))


def _measure(mode: str, direction: str) -> Callable[[Mapping[Field, int]], int | None]:
    """What is counted; None where a counter is unknown."""

    def measure(values: Mapping[Field, int]) -> int | None:
        sides = [_COUNTERS[side] for side in _SIDES[direction]]
        if any(what not in values for side in sides for what in side):
            return None
        packets, octets = (sum(values[side[place]] for side in sides) for place in (0, 1))
        if mode == "avgpkt":
            return octets // packets if packets else 0
        return packets if mode == "packets" else octets

    return measure


def meaning(arguments: Arguments, family: int) -> Pred:
    """Packets without an entry never match, negated or not."""
    given = arguments.get("connbytes")
    if given is None or "mode" not in arguments or "dir" not in arguments:
        return FALSE
    low, high = given.value
    mode, direction = arguments["mode"].value, arguments["dir"].value
    measure = _measure(mode, direction)

    def one(values: Mapping[Field, int]) -> bool | None:
        found = measure(values)
        return None if found is None else low <= found <= high

    counted = Opaque(f"the connection's {mode} ({direction}) from {low} to {high}", one)
    # A negated range is kept with its ends exchanged, so that one of a single number is not negated at all.
    return all_of((TRACKED, negate(counted, given.inverted and low != high)))


OPTIONS = (
    Option("connbytes", "connbytes", Codec(1, _parse, _show, "a number, or a range a:b"), invert=True, required=True),
    Option("connbytes-mode", "mode", choice(("packets", "bytes", "avgpkt")), required=True),
    Option("connbytes-dir", "dir", choice(("original", "reply", "both")), required=True),
)

MODULE = MatchModule(name="connbytes", options=OPTIONS, meaning=meaning, conntrack=True, save=save)
